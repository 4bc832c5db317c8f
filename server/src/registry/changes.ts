import type { Transaction } from '../db/port.ts';
import type { Principal } from '../governance/access.ts';
import { insertChanges } from './changes-repository.ts';

/**
 * What can happen to a model and its versions. `alias`, `stage` and `tag` go from an old value to a new one, either of
 * which may be none; a `description` only changes: what people write stays where they wrote it.
 */
export type ChangeKind =
  | 'created'
  | 'renamed'
  | 'description'
  | 'tag'
  | 'alias'
  | 'stage'
  | 'registered'
  | 'deleted';

/** Something that happened to a model or, with its number, to a version. */
export interface RegistryChange {
  readonly modelNo: number;
  readonly kind: ChangeKind;
  readonly version?: number | undefined;
  /** The alias or the key of the tag. */
  readonly subject?: string | undefined;
  /** Of an alias the number of the version. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Values of tags may be long texts; the page shows their beginnings. */
const KEPT = 200;

export interface Change {
  /** Undefined for who has no name. */
  readonly by: string | undefined;
  readonly nowMs: number;
}

/** Without identities nobody has a name that would say anything. */
export const nameOf = (by: Principal): string | undefined => (by.kind === 'local' ? undefined : by.name);

/** Writes down, in the transaction of the change, what happened, by whom and when. */
export async function noteChanges(
  tx: Transaction,
  { by, nowMs }: Change,
  changes: readonly RegistryChange[],
): Promise<void> {
  await noteAll(
    tx,
    nowMs,
    changes.map((change) => ({ ...change, by })),
  );
}

export interface NotedChange extends RegistryChange {
  readonly by: string | undefined;
}

/** As `noteChanges`, for what many did together. */
export async function noteAll(
  tx: Transaction,
  nowMs: number,
  changes: readonly NotedChange[],
): Promise<void> {
  await insertChanges(
    tx,
    changes.map((change) => ({
      model_no: change.modelNo,
      at_ms: nowMs,
      made_by: change.by ?? null,
      kind: change.kind,
      version: change.version ?? null,
      subject: change.subject ?? null,
      old_value: kept(change.from),
      new_value: kept(change.to),
    })),
  );
}

function kept(value: string | undefined): string | null {
  if (value === undefined) return null;
  const letters = Array.from(value.slice(0, 2 * KEPT + 2));
  return letters.length > KEPT ? `${letters.slice(0, KEPT).join('')}…` : value;
}
