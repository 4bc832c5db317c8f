import type { Sql, Transaction } from '../db/port.ts';

export interface TagRow {
  readonly key: string;
  readonly value: string;
}

/** Of which securable, by its id, and of which part of it: a column of a table; the empty text for all of it. */
export interface TaggedPlace {
  readonly securable: string;
  readonly part: string;
}

export async function listTags(sql: Sql, { securable, part }: TaggedPlace, limit: number): Promise<TagRow[]> {
  return sql.all<TagRow>(
    'SELECT key, value FROM securable_tags WHERE securable = ? AND part = ? ORDER BY key LIMIT ?',
    [securable, part, limit],
  );
}

/** Sets them, whatever they were. */
export async function upsertTags(
  tx: Transaction,
  { securable, part }: TaggedPlace,
  tags: readonly TagRow[],
): Promise<void> {
  await tx.insertMany(
    'securable_tags',
    { securable: 'text', part: 'text', key: 'text', value: 'text' },
    tags.map(({ key, value }) => [securable, part, key, value]),
    { onConflict: { key: ['securable', 'part', 'key'], update: ['value'] } },
  );
}

export async function deleteTags(
  tx: Transaction,
  { securable, part }: TaggedPlace,
  keys: readonly string[],
): Promise<number> {
  return tx.run(
    `DELETE FROM securable_tags WHERE securable = ? AND part = ? AND ${tx.dialect.inList('key', 'text')}`,
    [securable, part, tx.dialect.list(keys)],
  );
}
