import type { Access } from '../governance/access.ts';
import type { Action, Securable } from '../governance/privileges.ts';
import { AppError } from '../kernel/errors.ts';

/** What a call is about, and what is said of it to those who may not know that it exists. */
export interface Target {
  readonly on: Securable;
  /** The error of a call about a thing that does not exist: to the letter that of the operation behind the route. */
  missing(): AppError;
  /** Instead of the need's, where what a call takes depends on the type of the thing that it names. */
  readonly action?: Action;
}

/** One thing that a route needs: an action on whatever the call is about. */
export interface Need<Call> {
  readonly action: Action;
  /** @throws AppError as the operation would for a call that names nothing, or nothing that exists. */
  target(call: Call): Target | readonly Target[] | Promise<Target | readonly Target[]>;
}

/**
 * What a route asks of its caller; a route that says nothing is for administrators alone.
 * - `open`: tells nothing of anybody's data, asked without credentials;
 * - `signed`: the signature of its URL is the permission;
 * - `filtered`: for whoever is signed in; the operation itself shows and counts only what `caller.access` sees;
 * - `admin`;
 * - needs, all of which must hold.
 */
export type RouteAccess<Call> = 'open' | 'signed' | 'filtered' | 'admin' | readonly Need<Call>[];

/** A rule in words, for lists of routes: `experiment.edit + model.see`. */
export const describeAccess = (rule: RouteAccess<never>): string =>
  typeof rule === 'string' ? rule : [...new Set(rule.map(({ action }) => action))].join(' + ');

/**
 * A promise only where something has to be waited for: most calls are judged from memory.
 * @throws AppError PermissionDenied, or the target's own error where the caller may not see it.
 */
export function requireAccess<Call>(
  access: Access,
  rule: RouteAccess<Call>,
  call: Call,
): Promise<void> | undefined {
  const { trail } = access;
  if (trail === undefined) return judge(access, rule, { call, isTold: false });
  const judging = judge(access, rule, { call, isTold: trail.asked(call as object) });
  return judging === undefined ? trail.admitted() : judging.then(() => trail.admitted());
}

/**
 * The same question of a call that goes on, which has been recorded: rights may have ended since.
 * @throws AppError as `requireAccess`
 */
export async function requireStill<Call>(access: Access, rule: RouteAccess<Call>, call: Call): Promise<void> {
  if (rule !== 'filtered') await judge(access, rule, { call, isTold: false });
}

function judge<Call>(
  access: Access,
  rule: RouteAccess<Call>,
  { call, isTold }: { readonly call: Call; readonly isTold: boolean },
): Promise<void> | undefined {
  if (rule === 'open' || rule === 'signed') return undefined;
  if (access.principal.isAdmin)
    return isTold && typeof rule !== 'string' ? tell(access, rule, call) : undefined;
  // What a list leaves out is refused silently: it is made by what holds now.
  if (rule === 'filtered') return access.catchUp?.();
  if (access.catchUp === undefined) return judgeRule(access, rule, call);
  try {
    return judgeRule(access, rule, call)?.catch((error: unknown) => judgeAnew(access, rule, { call, error }));
  } catch (error) {
    return judgeAnew(access, rule, { call, error });
  }
}

/**
 * Before a call is refused: by what all processes have committed. What is missing and what is hidden both come here, so
 * that neither shows by the time that it takes.
 */
async function judgeAnew<Call>(
  access: Access,
  rule: Asked<Call>,
  { call, error }: { readonly call: Call; readonly error: unknown },
): Promise<void> {
  if (!(error instanceof AppError) || error.code === 'Unavailable' || error.code === 'Internal') throw error;
  await access.catchUp?.();
  access.trail?.judgedAnew();
  // Others may have made an administrator of the caller.
  if (!access.principal.isAdmin) await judgeRule(access, rule, call);
}

type Asked<Call> = 'admin' | readonly Need<Call>[];

function judgeRule<Call>(access: Access, rule: Asked<Call>, call: Call): Promise<void> | undefined {
  if (rule === 'admin') throw denied(access, 'be an administrator');
  return judgeNeeds(access, rule, call);
}

/** The needs in their order: a later one is not even looked at where an earlier one does not hold. */
function judgeNeeds<Call>(
  access: Access,
  needs: readonly Need<Call>[],
  call: Call,
): Promise<void> | undefined {
  for (let i = 0; i < needs.length; i += 1) {
    const { action, target } = needs[i]!;
    const targets = target(call);
    if (targets instanceof Promise) {
      return targets.then((found) => {
        requireOn(access, action, listOf(found));
        return judgeNeeds(access, needs.slice(i + 1), call);
      });
    }
    requireOn(access, action, listOf(targets));
  }
  return undefined;
}

const listOf = (targets: Target | readonly Target[]): readonly Target[] =>
  'on' in targets ? [targets] : targets;

/**
 * One need, of things that only the body of a call names: for handlers, which have read it.
 * @throws AppError PermissionDenied, or the target's own error where the caller may not see it.
 */
export function requireOn(access: Access, action: Action, targets: readonly Target[]): void {
  if (access.principal.isAdmin) return;
  for (const { on, missing, action: needed = action } of targets) {
    const decision = access.decide(needed, on);
    access.trail?.judged(needed, on, decision);
    if (decision === 'hidden') throw missing();
    if (decision === 'denied') throw deniedAction(access, needed);
  }
}

/** What a call is about, where nothing hangs on it: what names nothing is the operation's to refuse. */
async function tell<Call>(access: Access, needs: readonly Need<Call>[], call: Call): Promise<void> {
  for (const { action, target } of needs) {
    try {
      const targets = await target(call);
      for (const { on, action: needed = action } of listOf(targets))
        access.trail?.judged(needed, on, 'allowed');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
}

/** The answer to whoever may know of a thing, and may not do that to it. */
export const deniedAction = (access: Access, action: Action): AppError =>
  denied(access, `have the right to ${action} on it`);

const denied = ({ principal }: Access, need: string): AppError =>
  new AppError('PermissionDenied', `Permission denied: ${principal.name} must ${need}.`);
