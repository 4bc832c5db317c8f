import type { Access } from './access.ts';

/** Who may do what, in memory: no request waits for the database to be judged. */
export interface Snapshot {
  /** Undefined for a principal that is not there or inactive. @throws AppError Unavailable when out of date for 5 s. */
  accessOf(principalId: string): Access | undefined;
  /** Whether the catalog exists, in any case; also where the server runs without identities. */
  hasCatalog(name: string): boolean;
  /** Catalogs and schemas as they are spelled, or undefined. */
  spelling(name: { readonly catalog: string; readonly schema: string }): { catalog: string; schema: string } | undefined;
  /** Brings in what has changed, of every process; awaited by writers before they answer. */
  refresh(): Promise<void>;
}
