import type { Sql, Transaction } from '../db/port.ts';

export interface EndpointRow {
  readonly endpoint_no: number;
  readonly endpoint_id: string;
  readonly name: string;
  readonly creator_id: string;
  readonly creator: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly description: string;
  readonly active_version: number | null;
  readonly pending_version: number | null;
  readonly last_update: string;
  readonly last_message: string;
  /** JSON, see `EndpointSettings`. */
  readonly settings: string;
}

const COLUMNS = `endpoint_no, endpoint_id, name, creator_id, creator, created_at, updated_at, description, active_version,
  pending_version, last_update, last_message, settings`;

/** @returns undefined where the name is taken */
export async function insertEndpoint(
  tx: Transaction,
  row: Omit<EndpointRow, 'endpoint_no' | 'active_version' | 'last_update' | 'last_message'>,
): Promise<number | undefined> {
  const numbers = await tx.insertNew<number>(
    'serving_endpoints',
    {
      endpoint_id: 'text',
      name: 'text',
      name_key: 'text',
      creator_id: 'text',
      creator: 'text',
      created_at: 'bigint',
      updated_at: 'bigint',
      description: 'text',
      pending_version: 'bigint',
      last_update: 'text',
      last_message: 'text',
      settings: 'text',
    },
    [
      [
        row.endpoint_id,
        row.name,
        row.name.toLowerCase(),
        row.creator_id,
        row.creator,
        row.created_at,
        row.updated_at,
        row.description,
        row.pending_version,
        'none',
        '',
        row.settings,
      ],
    ],
    'endpoint_no',
  );
  return numbers[0];
}

export async function findByName(sql: Sql, name: string): Promise<EndpointRow | undefined> {
  return sql.get<EndpointRow>(`SELECT ${COLUMNS} FROM serving_endpoints WHERE name_key = ?`, [
    name.toLowerCase(),
  ]);
}

/** As `findByName`; nobody else changes it until the commit. */
export async function holdByName(tx: Transaction, name: string): Promise<EndpointRow | undefined> {
  return tx.get<EndpointRow>(
    `SELECT ${COLUMNS} FROM serving_endpoints e WHERE name_key = ?${tx.dialect.forUpdate('e')}`,
    [name.toLowerCase()],
  );
}

export async function holdByNo(tx: Transaction, endpointNo: number): Promise<EndpointRow | undefined> {
  return tx.get<EndpointRow>(
    `SELECT ${COLUMNS} FROM serving_endpoints e WHERE endpoint_no = ?${tx.dialect.forUpdate('e')}`,
    [endpointNo],
  );
}

export async function findById(sql: Sql, endpointId: string): Promise<EndpointRow | undefined> {
  return sql.get<EndpointRow>(`SELECT ${COLUMNS} FROM serving_endpoints WHERE endpoint_id = ?`, [endpointId]);
}

export async function listEndpoints(sql: Sql): Promise<EndpointRow[]> {
  return sql.all<EndpointRow>(`SELECT ${COLUMNS} FROM serving_endpoints ORDER BY name_key`);
}

export interface EndpointChange {
  readonly active_version: number | null;
  readonly pending_version: number | null;
  readonly last_update: 'none' | 'failed' | 'canceled';
  readonly last_message: string;
  readonly updated_at: number;
}

export async function changeVersions(
  tx: Transaction,
  endpointNo: number,
  change: EndpointChange,
): Promise<void> {
  await tx.run(
    `UPDATE serving_endpoints SET active_version = ?, pending_version = ?, last_update = ?, last_message = ?, updated_at = ?
     WHERE endpoint_no = ?`,
    [
      change.active_version,
      change.pending_version,
      change.last_update,
      change.last_message,
      change.updated_at,
      endpointNo,
    ],
  );
}

export async function changeSettings(
  tx: Transaction,
  endpointNo: number,
  { settings, nowMs }: { readonly settings: string; readonly nowMs: number },
): Promise<void> {
  await tx.run('UPDATE serving_endpoints SET settings = ?, updated_at = ? WHERE endpoint_no = ?', [
    settings,
    nowMs,
    endpointNo,
  ]);
}

export async function deleteEndpoint(tx: Transaction, endpointNo: number): Promise<void> {
  await tx.run('DELETE FROM serving_endpoints WHERE endpoint_no = ?', [endpointNo]);
}

export interface TagRow {
  readonly endpoint_no: number;
  readonly key: string;
  readonly value: string;
}

export async function listTags(sql: Sql, endpointNos: readonly number[]): Promise<TagRow[]> {
  if (endpointNos.length === 0) return [];
  return sql.all<TagRow>(
    `SELECT endpoint_no, key, value FROM serving_endpoint_tags
     WHERE ${sql.dialect.inList('endpoint_no', 'bigint')} ORDER BY endpoint_no, key`,
    [sql.dialect.list(endpointNos)],
  );
}

export async function upsertTags(tx: Transaction, rows: readonly TagRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.insertMany(
    'serving_endpoint_tags',
    { endpoint_no: 'bigint', key: 'text', value: 'text' },
    rows.map((row) => [row.endpoint_no, row.key, row.value]),
    { onConflict: { key: ['endpoint_no', 'key'], update: ['value'] } },
  );
}

export async function deleteTags(
  tx: Transaction,
  endpointNo: number,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await tx.run(
    `DELETE FROM serving_endpoint_tags WHERE endpoint_no = ? AND ${tx.dialect.inList('key', 'text')}`,
    [endpointNo, tx.dialect.list(keys)],
  );
}
