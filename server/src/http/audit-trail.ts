import type { FastifyRequest } from 'fastify';
import type { Access, Decision, Principal, Trail } from '../governance/access.ts';
import type { AuditLog } from '../governance/audit-log.ts';
import type { AuditEntry, AuditOutcome } from '../governance/audit-record.ts';
import { keyOf } from '../governance/privileges.ts';
import type { Clock } from '../kernel/clock.ts';
import { unavailable } from '../kernel/errors.ts';
import { type AuditClass, type AuditedRoute, auditClassOf, mainAction, routeName } from './audit-classes.ts';
import { detailsOf, isQuery, subjectOf } from './audit-subject.ts';
import { createAuditTally } from './audit-tally.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the audit log will hold of the request; undefined where no log is kept. */
    trail: RequestTrail | undefined;
  }
}

/** The audit of one request: it learns the caller from `authenticate`, the rest from `requireAccess`. */
export interface RequestTrail {
  /** The caller, and an access whose judgements are heard. */
  heard(access: Access): Access;
  /** Who signs in; the call itself is made by nobody yet. */
  signedIn(principal: Pick<Principal, 'id' | 'name'>): void;
  /** Once the answer is known and before it is sent. */
  answered(status: number): Promise<void> | undefined;
}

export interface AuditTrailsOptions {
  readonly log: AuditLog;
  readonly clock: Clock;
  /** Whether nothing may happen without a record. */
  readonly required: boolean;
  readonly onError: (error: unknown) => void;
}

/** Where every surface passes: makes records of requests. */
export interface AuditTrails {
  /** To be told every route before the first request. */
  know(route: AuditedRoute): void;
  open(request: FastifyRequest): RequestTrail;
  start(): void;
  /** Records what was counted so far. */
  stop(): void;
}

interface KnownRoute {
  readonly auditClass: AuditClass;
  readonly name: string;
}

const UNKNOWN: KnownRoute = { auditClass: 'none', name: 'no such endpoint' };

export function createAuditTrails({ log, clock, required, onError }: AuditTrailsOptions): AuditTrails {
  const routes = new Map<string, KnownRoute>();
  const tally = createAuditTally({ append: log.append, clock });

  function open(request: FastifyRequest): RequestTrail {
    // Colons that name no parameter are doubled for the router.
    const route = `${request.method} ${request.routeOptions.url?.replaceAll('::', ':') ?? ''}`;
    const { auditClass: classOfRoute, name } = routes.get(route) ?? UNKNOWN;
    const counted = classOfRoute === 'data' || classOfRoute === 'files';
    let auditClass = classOfRoute;
    let principal = { id: '', name: '' };
    /** What the route is filed under; what is recorded may be more exact, where a need does not fit the call. */
    let filed: string = name;
    let action: string = name;
    let securable = '';
    let subject = '';
    let details = '';
    let decision: Decision | undefined;
    let isAnswered = false;

    const keyFor = (outcome: AuditOutcome): string =>
      [principal.name, request.ip, filed, subject || securable, outcome].join('\n');

    const entry = (outcome: AuditOutcome): AuditEntry => ({
      atMs: clock.nowMs(),
      principal: principal.name,
      principalId: principal.id,
      address: request.ip ?? '',
      action,
      route,
      securable,
      subject,
      outcome,
      requestId: request.id,
      count: 1,
      details,
    });

    const trail: Trail = {
      asked(call, actions) {
        filed = mainAction(actions) ?? name;
        action = filed;
        if (auditClass === 'write' && isQuery(call)) auditClass = 'none';
        if (auditClass === 'none') return false;
        subject = subjectOf(call, counted ? 'data' : 'all');
        if (!counted) details = detailsOf(call);
        return !counted || subject === '' || !tally.has(keyFor('succeeded'));
      },
      judged(asked, on, judgement) {
        const isRefused = judgement !== 'allowed';
        if (isRefused) decision = judgement;
        if (!isRefused && securable !== '' && asked !== filed) return;
        action = asked;
        securable = keyOf(on);
      },
      admitted() {
        if (!required || auditClass === 'none') return undefined;
        if (counted && tally.has(keyFor('succeeded'))) {
          if (log.isWorking()) return undefined;
          throw unavailable('The audit log cannot be written: try again in a moment.');
        }
        return log.write(entry('attempted'));
      },
    };

    return {
      heard(access) {
        principal = access.principal;
        // The access itself is shared by all requests of its principal, and keeps telling who that is.
        return Object.create(access, { trail: { value: trail } }) as Access;
      },
      signedIn(signed) {
        principal = { id: signed.id, name: signed.name };
      },
      answered(status) {
        // An answer that breaks while it is sent is begun once more, as an error.
        if (isAnswered) return undefined;
        isAnswered = true;
        const outcome = outcomeOf(status, decision);
        if (auditClass === 'none' && outcome !== 'denied') return undefined;
        const written = (outcome === 'succeeded' || outcome === 'failed') && !counted;
        if (!written) {
          tally.add(keyFor(outcome), () => entry(outcome));
          return undefined;
        }
        const told = entry(outcome);
        return log.write(told).catch((error: unknown) => {
          // The change is made: its record is tried again.
          log.append(told);
          onError(error);
        });
      },
    };
  }

  return {
    know(route) {
      routes.set(`${route.method} ${route.path}`, {
        auditClass: auditClassOf(route),
        name: routeName(route),
      });
    },
    open,
    start: tally.start,
    stop: tally.stop,
  };
}

function outcomeOf(status: number, decision: Decision | undefined): AuditOutcome {
  // Whoever may not know that a thing exists is told that it does not.
  if (decision === 'denied' || decision === 'hidden' || status === 401 || status === 403) return 'denied';
  if (status < 400) return 'succeeded';
  return status < 500 ? 'refused' : 'failed';
}
