import type { Action, Securable } from './privileges.ts';

/** Who calls. */
export interface Principal {
  /** Decimal text; 0 for the local user of a server without identities and for the program itself. */
  readonly id: string;
  readonly kind: 'user' | 'service-principal' | 'local';
  /** A user's e-mail or name, a service principal's application id: what `user_id` and `created_by` show. */
  readonly name: string;
  readonly isAdmin: boolean;
}

/**
 * `denied` callers may know that the thing exists; to `hidden` ones it does not, and the answer must be the very one
 * that they would get if it did not.
 */
export type Decision = 'allowed' | 'denied' | 'hidden';

/** Which models a caller may see. */
export interface VisibleModels {
  /** All models of these schemas, as `catalog.schema` in lower case. */
  readonly schemas: readonly string[];
  /** These besides, by their stored names (`fraud`, `prod.ml.fraud_score`). */
  readonly models: readonly string[];
}

/** Where lists look for things by their names. */
export type NamedPlace =
  | { readonly type: 'volume' | 'table'; readonly catalog: string; readonly schema: string }
  | { readonly type: 'secret-scope' };

/** What one caller may do, at the moment of the call. Answers come from memory and cost microseconds. */
export interface Access {
  readonly principal: Principal;
  decide(action: Action, on: Securable): Decision;
  /** Experiments that the caller may read, for the conditions of searches; `all` without any condition. */
  visibleExperiments(): 'all' | readonly number[];
  visibleModels(): 'all' | VisibleModels;
  /**
   * Of the things in a place those that the caller may see, by their names as grants are kept under them: what is
   * hidden is never looked at, so that lists take no longer where there is much of it.
   */
  visibleNames(place: NamedPlace): 'all' | readonly string[];
  /**
   * Brings in what other processes have committed, so that whoever is about to be refused is judged by what holds now:
   * they may have made the thing, or got the right to it, through another process. Not there where this process is the
   * only one.
   */
  catchUp?(): Promise<void>;
  /** Hears how the call is judged; undefined where no audit log is kept. */
  readonly trail?: Trail;
}

/** What the audit log learns of one call while it is judged. */
export interface Trail {
  /**
   * Before anything is judged: `call` is what the surface made of the request.
   * @returns whether to judge also for those who may do everything, so that the record tells what the call is about.
   */
  asked(call: object): boolean;
  judged(action: Action, on: Securable, decision: Decision): void;
  /** What was judged so far counts no more: the call is judged anew. */
  judgedAnew(): void;
  /** Once the caller may go on. @throws AppError Unavailable where nothing may happen without a record. */
  admitted(): Promise<void> | undefined;
}

/** May do everything: the program itself, and everybody where the server runs without identities. */
export function fullAccess(principal: Principal): Access {
  return {
    principal,
    decide: () => 'allowed',
    visibleExperiments: () => 'all',
    visibleModels: () => 'all',
    visibleNames: () => 'all',
  };
}

/** Who calls where the server runs without identities. */
export const LOCAL_USER: Principal = { id: '0', kind: 'local', name: 'anonymous', isAdmin: true };
