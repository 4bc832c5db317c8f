import type { Access } from '../governance/access.ts';
import type { Action, Securable } from '../governance/privileges.ts';
import { AppError } from '../kernel/errors.ts';

/** What a call is about, and what is said of it to those who may not know that it exists. */
export interface Target {
  readonly on: Securable;
  /** The error of a call about a thing that does not exist: to the letter that of the operation behind the route. */
  missing(): AppError;
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

/** @throws AppError PermissionDenied, or the target's own error where the caller may not see it. */
export async function requireAccess<Call>(
  access: Access,
  rule: RouteAccess<Call>,
  call: Call,
): Promise<void> {
  if (access.principal.isAdmin || rule === 'open' || rule === 'signed' || rule === 'filtered') return;
  if (rule === 'admin') throw denied(access, 'be an administrator');
  for (const { action, target } of rule) {
    const targets = await target(call);
    for (const { on, missing } of 'on' in targets ? [targets] : targets) {
      const decision = access.decide(action, on);
      if (decision === 'hidden') throw missing();
      if (decision === 'denied') throw denied(access, `have the right to ${action} on it`);
    }
  }
}

const denied = ({ principal }: Access, need: string): AppError =>
  new AppError('PermissionDenied', `Permission denied: ${principal.name} must ${need}.`);
