import type { Transaction } from '../db/port.ts';
import type { Principal } from '../governance/access.ts';
import type { InferenceTableKind } from './recorder.ts';

/** A table that holds what endpoints were asked and answered, as the server keeps track of it. */
export interface InferenceTable {
  /** A UUID: the table's id in the catalog, and the name of its folder. */
  readonly tableId: string;
  readonly endpointNo: number;
  readonly kind: InferenceTableKind;
  readonly catalog: string;
  readonly schema: string;
  readonly prefix: string;
  /** `<prefix>_payload` */
  readonly name: string;
  readonly enabled: boolean;
  /** `PENDING` until it can be written; `FAILED` when it was dropped or altered outside, with the reason. */
  readonly status: 'PENDING' | 'READY' | 'FAILED';
  readonly message: string;
  /** Who made it; owned it then. */
  readonly owner: { readonly id: string; readonly name: string };
}

export interface WantedTable {
  readonly endpointNo: number;
  readonly kind: InferenceTableKind;
  readonly catalog: string;
  readonly schema: string;
  /** The endpoint's name where the caller says none. */
  readonly prefix: string;
  readonly enabled: boolean;
}

/**
 * The inference tables of endpoints. Whether the caller may make a table in the schema is decided before: nobody is
 * asked here.
 */
export interface InferenceTables {
  /**
   * Notes, within the transaction that changes an endpoint, which table it uses from then on; `prepare` makes it. The one
   * that it uses stays where it has the same name, and takes over `enabled`; another name is another table, and the rows
   * of the earlier one stay in it. One that has `FAILED` is begun anew.
   */
  want(tx: Transaction, wanted: WantedTable, by: Pick<Principal, 'id' | 'name'>): Promise<void>;
  /**
   * Makes what is `PENDING` of an endpoint: in the catalog, owned by whoever wanted it, and on its place, ready to be
   * written. Doing it again changes nothing, also after a crash half-way and from several processes at once. What can
   * never be made (the name is another table's, the schema is gone) has `FAILED` then, with the reason.
   * @throws AppError Unavailable: worth another try.
   */
  prepare(endpointNo: number): Promise<readonly InferenceTable[]>;
  /** Those in use by an endpoint: at most one of a kind. */
  ofEndpoint(endpointNo: number): Promise<readonly InferenceTable[]>;
  /** Ends the use of a kind, or of all, by an endpoint. The tables stay, with their rows. */
  release(tx: Transaction, endpointNo: number, kind?: InferenceTableKind): Promise<void>;
}
