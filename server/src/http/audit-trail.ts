import type { Access, Decision, Principal, Trail } from '../governance/access.ts';
import type { Asker, Askers } from '../governance/askers.ts';
import type { AuditLog } from '../governance/audit-log.ts';
import type { AuditEntry, AuditOutcome } from '../governance/audit-record.ts';
import { type Action, keyOf, type Securable } from '../governance/privileges.ts';
import type { Clock } from '../kernel/clock.ts';
import { unavailable } from '../kernel/errors.ts';
import {
  type AuditClass,
  type AuditedRoute,
  auditClassOf,
  mainAction,
  routeName,
  runsStatements,
} from './audit-classes.ts';
import { detailsOf, isQuery, subjectOf } from './audit-subject.ts';
import { type AuditTally, createAuditTally } from './audit-tally.ts';
import { addressOf } from './caller-address.ts';
import type { HttpRequest } from './http-request.ts';

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
  /** Runs `work`, the answering of the request: what it changes of rights, the caller has asked for. */
  during(work: () => void): void;
  /** Where the answer's status does not say how the call ended: a browser that is sent back. */
  endedAs(outcome: AuditOutcome): void;
  /** Once the answer is known and before it is sent. */
  answered(status: number): Promise<void> | undefined;
}

export interface AuditTrailsOptions {
  readonly log: AuditLog;
  readonly clock: Clock;
  readonly askers: Pick<Askers, 'during'>;
  /** Whether nothing may happen without a record. */
  readonly required: boolean;
  readonly onError: (error: unknown) => void;
}

/** Where every surface passes: makes records of requests. */
export interface AuditTrails {
  /** To be told every route before the first request. */
  know(route: AuditedRoute): void;
  open(request: HttpRequest): RequestTrail;
  start(): void;
  /** Records what was counted so far. */
  stop(): void;
}

interface KnownRoute {
  readonly auditClass: AuditClass;
  readonly name: string;
  /** What a call is filed under once its rule is asked: the route's main action. */
  readonly filed: string;
  readonly runsStatements: boolean;
}

const UNKNOWN: KnownRoute = {
  auditClass: 'none',
  name: 'no such endpoint',
  filed: 'no such endpoint',
  runsStatements: false,
};

/** What the audits of all requests share. */
interface Book extends AuditTrailsOptions {
  readonly tally: AuditTally;
}

export function createAuditTrails(options: AuditTrailsOptions): AuditTrails {
  const routes = new Map<string, Map<string, KnownRoute>>();
  const tally = createAuditTally({ append: options.log.append, clock: options.clock });
  const book: Book = { ...options, tally };

  return {
    know(route) {
      const { method, path, access } = route;
      const ofMethod = routes.get(method) ?? new Map<string, KnownRoute>();
      const name = routeName(route);
      const actions = typeof access === 'object' ? access.map(({ action }) => action) : [];
      ofMethod.set(path, {
        auditClass: auditClassOf(route),
        name,
        filed: mainAction(actions) ?? name,
        runsStatements: runsStatements(route),
      });
      routes.set(method, ofMethod);
    },
    open(request) {
      const { url = '' } = request.routeOptions;
      // Colons that name no parameter are doubled for the router.
      const path = url.includes('::') ? url.replaceAll('::', ':') : url;
      return new RequestAudit(book, request, {
        path,
        known: routes.get(request.method)?.get(path) ?? UNKNOWN,
      });
    },
    start: tally.start,
    stop: tally.stop,
  };
}

/** One object a request, and nothing else made of it before something is recorded: most calls are only counted. */
class RequestAudit implements RequestTrail, Trail {
  readonly #book: Book;
  readonly #request: HttpRequest;
  readonly #path: string;
  readonly #known: KnownRoute;
  readonly #counted: boolean;
  #auditClass: AuditClass;
  #from: string | undefined;
  #principal = { id: '', name: '' };
  /** What the route is filed under; what is recorded may be more exact, where a need does not fit the call. */
  #filed: string;
  #action: string;
  #securable = '';
  #subject = '';
  #details = '';
  #decision: Decision | undefined;
  #outcome: AuditOutcome | undefined;
  #isAnswered = false;
  /** The key under which success is counted, once it can change no more. */
  #successKey: string | undefined;

  constructor(
    book: Book,
    request: HttpRequest,
    { path, known }: { readonly path: string; readonly known: KnownRoute },
  ) {
    this.#book = book;
    this.#request = request;
    this.#path = path;
    this.#known = known;
    this.#auditClass = known.auditClass;
    this.#counted = known.auditClass === 'data' || known.auditClass === 'files';
    this.#filed = known.name;
    this.#action = known.name;
  }

  heard(access: Access): Access {
    this.#principal = access.principal;
    const { decide, visibleExperiments, visibleModels, visibleNames, catchUp } = access;
    return {
      // The access is shared by all requests of its principal, and keeps telling who that is.
      get principal() {
        return access.principal;
      },
      decide,
      visibleExperiments,
      visibleModels,
      visibleNames,
      ...(catchUp !== undefined && { catchUp }),
      trail: this,
    };
  }

  during(work: () => void): void {
    this.#book.askers.during(() => this.#asker, work);
  }

  signedIn({ id, name }: Pick<Principal, 'id' | 'name'>): void {
    this.#principal = { id, name };
  }

  endedAs(outcome: AuditOutcome): void {
    this.#outcome = outcome;
  }

  asked(call: object): boolean {
    this.#filed = this.#known.filed;
    this.#action = this.#filed;
    if (this.#known.runsStatements && isQuery(call)) this.#auditClass = 'none';
    if (this.#auditClass === 'none') return false;
    this.#subject = subjectOf(call, this.#counted ? 'data' : 'all');
    if (!this.#counted) this.#details = detailsOf(call);
    if (!this.#counted || this.#subject === '') return true;
    this.#successKey = this.#keyFor('succeeded');
    return !this.#book.tally.has(this.#successKey);
  }

  judged(asked: Action, on: Securable, judgement: Decision): void {
    const isRefused = judgement !== 'allowed';
    if (isRefused) this.#decision = judgement;
    if (!isRefused && this.#securable !== '' && asked !== this.#filed) return;
    this.#action = asked;
    this.#securable = keyOf(on);
  }

  judgedAnew(): void {
    this.#decision = undefined;
    this.#securable = '';
    this.#action = this.#filed;
  }

  admitted(): Promise<void> | undefined {
    const { required, tally, log } = this.#book;
    if (!required || this.#auditClass === 'none') return undefined;
    if (this.#counted && tally.has(this.#keyFor('succeeded'))) {
      if (log.isWorking()) return undefined;
      throw unavailable('The audit log cannot be written: try again in a moment.');
    }
    return log.write(this.#entry('attempted'));
  }

  answered(status: number): Promise<void> | undefined {
    // An answer that breaks while it is sent is begun once more, as an error.
    if (this.#isAnswered) return undefined;
    this.#isAnswered = true;
    const outcome = this.#outcome ?? outcomeOf(status, this.#decision);
    if (this.#auditClass === 'none' && outcome !== 'denied') return undefined;
    const { tally, log, onError } = this.#book;
    const written = (outcome === 'succeeded' || outcome === 'failed') && !this.#counted;
    if (!written) {
      tally.add(this.#keyFor(outcome), () => this.#entry(outcome));
      return undefined;
    }
    const told = this.#entry(outcome);
    return log.write(told).catch((error: unknown) => {
      // The change is made: its record is tried again.
      log.append(told);
      onError(error);
    });
  }

  get #asker(): Asker {
    const { id, name } = this.#principal;
    return { principal: name, principalId: id, address: this.#address, requestId: this.#request.id };
  }

  get #address(): string {
    this.#from ??= addressOf(this.#request);
    return this.#from;
  }

  #keyFor(outcome: AuditOutcome): string {
    if (outcome === 'succeeded' && this.#successKey !== undefined) return this.#successKey;
    const about = this.#subject || this.#securable;
    return `${this.#principal.name}\n${this.#address}\n${this.#filed}\n${about}\n${outcome}`;
  }

  #entry(outcome: AuditOutcome): AuditEntry {
    return {
      atMs: this.#book.clock.nowMs(),
      principal: this.#principal.name,
      principalId: this.#principal.id,
      address: this.#address,
      action: this.#action,
      route: `${this.#request.method} ${this.#path}`,
      securable: this.#securable,
      subject: this.#subject,
      outcome,
      requestId: this.#request.id,
      count: 1,
      details: this.#details,
    };
  }
}

function outcomeOf(status: number, decision: Decision | undefined): AuditOutcome {
  // Whoever may not know that a thing exists is told that it does not.
  if (decision === 'denied' || decision === 'hidden' || status === 401 || status === 403) return 'denied';
  if (status < 400) return 'succeeded';
  return status < 500 ? 'refused' : 'failed';
}
