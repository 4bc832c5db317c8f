import type { Sql, Transaction } from '../db/port.ts';

export interface HandleRow {
  readonly handle: number;
  readonly principal: string;
  readonly path: string;
  readonly overwrite: number;
  readonly blocks: number;
}

export async function insertHandle(
  tx: Transaction,
  row: Omit<HandleRow, 'handle' | 'blocks'> & { readonly nowMs: number },
): Promise<number> {
  const [handle] = await tx.insertNew<number>(
    'dbfs_handles',
    { principal: 'text', path: 'text', overwrite: 'bigint', blocks: 'bigint', touched_at: 'bigint' },
    [[row.principal, row.path, row.overwrite, 0, row.nowMs]],
    'handle',
  );
  return Number(handle);
}

export async function findHandle(sql: Sql, handle: number): Promise<HandleRow | undefined> {
  return sql.get<HandleRow>(
    'SELECT handle, principal, path, overwrite, blocks FROM dbfs_handles WHERE handle = ?',
    [handle],
  );
}

/** Takes the next number of a block. @returns 0 where the handle is gone */
export async function countBlock(tx: Transaction, handle: number, nowMs: number): Promise<number> {
  const row = await tx.get<{ blocks: number }>(
    'UPDATE dbfs_handles SET blocks = blocks + 1, touched_at = ? WHERE handle = ? RETURNING blocks',
    [nowMs, handle],
  );
  return Number(row?.blocks ?? 0);
}

export async function deleteHandle(tx: Transaction, handle: number): Promise<void> {
  await tx.run('DELETE FROM dbfs_handles WHERE handle = ?', [handle]);
}

/** Some of those that nobody has used since. */
export async function listIdle(sql: Sql, beforeMs: number, limit: number): Promise<number[]> {
  const rows = await sql.all<{ handle: number }>(
    'SELECT handle FROM dbfs_handles WHERE touched_at < ? ORDER BY touched_at LIMIT ?',
    [beforeMs, limit],
  );
  return rows.map((row) => Number(row.handle));
}
