import type { Sql, Transaction } from '../db/port.ts';
import type { ChangeKind } from './changes.ts';

export interface ChangeRow {
  readonly change_no: number;
  readonly at_ms: number;
  readonly made_by: string | null;
  readonly kind: ChangeKind;
  readonly version: number | null;
  readonly subject: string | null;
  readonly old_value: string | null;
  readonly new_value: string | null;
}

/** In the order in which they happened. */
export async function insertChanges(
  tx: Transaction,
  rows: readonly (Omit<ChangeRow, 'change_no'> & { readonly model_no: number })[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.insertMany(
    'registry_changes',
    {
      model_no: 'bigint',
      at_ms: 'bigint',
      made_by: 'text',
      kind: 'text',
      version: 'bigint',
      subject: 'text',
      old_value: 'text',
      new_value: 'text',
    },
    rows.map((row) => [
      row.model_no,
      row.at_ms,
      row.made_by,
      row.kind,
      row.version,
      row.subject,
      row.old_value,
      row.new_value,
    ]),
  );
}

/** The latest first. */
export async function listChanges(
  sql: Sql,
  modelNo: number,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<ChangeRow[]> {
  return sql.all<ChangeRow>(
    `SELECT change_no, at_ms, made_by, kind, version, subject, old_value, new_value FROM registry_changes
     WHERE model_no = ?${before === undefined ? '' : ' AND change_no < ?'} ORDER BY change_no DESC LIMIT ?`,
    [modelNo, ...(before === undefined ? [] : [before]), limit],
  );
}

/** What was written on a version goes with it; that something was written stays. */
export async function emptyChangesOfVersion(
  tx: Transaction,
  { modelNo, version }: { readonly modelNo: number; readonly version: number },
): Promise<void> {
  await tx.run(
    `UPDATE registry_changes SET old_value = NULL, new_value = NULL
     WHERE model_no = ? AND version = ? AND kind = 'tag'`,
    [modelNo, version],
  );
}

/** The value of a tag of a model; undefined where it has no such tag. */
export async function findModelTag(sql: Sql, modelNo: number, key: string): Promise<string | undefined> {
  const row = await sql.get<{ value: string }>(
    'SELECT value FROM registered_model_tags WHERE model_no = ? AND key = ?',
    [modelNo, key],
  );
  return row?.value;
}

/** The value of a tag of a version; undefined where it has no such tag. */
export async function findVersionTag(
  sql: Sql,
  { modelNo, version }: { readonly modelNo: number; readonly version: number },
  key: string,
): Promise<string | undefined> {
  const row = await sql.get<{ value: string }>(
    'SELECT value FROM model_version_tags WHERE model_no = ? AND version = ? AND key = ?',
    [modelNo, version, key],
  );
  return row?.value;
}
