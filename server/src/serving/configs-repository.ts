import type { Sql, Transaction } from '../db/port.ts';

/** See the table in README.md. */
export type ConfigState = 'ROLLING' | 'ACTIVE' | 'RETIRED' | 'FAILED' | 'CANCELED';

export interface ConfigRow {
  readonly endpoint_no: number;
  readonly config_version: number;
  /** JSON, see `EndpointConfig`. */
  readonly body: string;
  readonly made_by_id: string;
  readonly made_by: string;
  /** 'api', or 'alias' where an alias moved. */
  readonly cause: string;
  readonly state: ConfigState;
  readonly message: string;
  /** The entity that kept it from being ready. */
  readonly failed_entity: string | null;
  readonly created_at: number;
  readonly ended_at: number | null;
}

const COLUMNS =
  'endpoint_no, config_version, body, made_by_id, made_by, cause, state, message, failed_entity, created_at, ended_at';

export async function insertConfig(
  tx: Transaction,
  row: Omit<ConfigRow, 'failed_entity' | 'ended_at' | 'message'>,
): Promise<void> {
  await tx.insertMany(
    'serving_configs',
    {
      endpoint_no: 'bigint',
      config_version: 'bigint',
      body: 'text',
      made_by_id: 'text',
      made_by: 'text',
      cause: 'text',
      state: 'text',
      message: 'text',
      created_at: 'bigint',
    },
    [
      [
        row.endpoint_no,
        row.config_version,
        row.body,
        row.made_by_id,
        row.made_by,
        row.cause,
        row.state,
        '',
        row.created_at,
      ],
    ],
  );
}

export async function lastVersion(sql: Sql, endpointNo: number): Promise<number> {
  const row = await sql.get<{ last: number | null }>(
    'SELECT MAX(config_version) AS last FROM serving_configs WHERE endpoint_no = ?',
    [endpointNo],
  );
  return row?.last ?? 0;
}

/** Those of the configurations that endpoints serve, bring up, or last failed with. */
export async function listCurrent(sql: Sql): Promise<ConfigRow[]> {
  return sql.all<ConfigRow>(
    `SELECT ${COLUMNS.split(', ')
      .map((column) => `c.${column}`)
      .join(', ')}
     FROM serving_endpoints e JOIN serving_configs c ON c.endpoint_no = e.endpoint_no
       AND (c.config_version = e.active_version OR c.config_version = e.pending_version
         OR c.config_version = (SELECT MAX(l.config_version) FROM serving_configs l WHERE l.endpoint_no = e.endpoint_no))
     ORDER BY c.endpoint_no, c.config_version`,
  );
}

/** As `listCurrent`, of one endpoint. */
export async function listOfEndpoint(sql: Sql, endpointNo: number): Promise<ConfigRow[]> {
  return sql.all<ConfigRow>(
    `SELECT ${COLUMNS} FROM serving_configs WHERE endpoint_no = ? ORDER BY config_version DESC LIMIT 20`,
    [endpointNo],
  );
}

export async function findConfig(
  sql: Sql,
  endpointNo: number,
  version: number,
): Promise<ConfigRow | undefined> {
  return sql.get<ConfigRow>(
    `SELECT ${COLUMNS} FROM serving_configs WHERE endpoint_no = ? AND config_version = ?`,
    [endpointNo, version],
  );
}

/** @returns whether it was in that state; of racing processes one gets true. */
export async function moveConfig(
  tx: Transaction,
  of: { readonly endpointNo: number; readonly version: number },
  change: {
    readonly from: ConfigState;
    readonly to: ConfigState;
    readonly message: string;
    readonly failedEntity?: string | undefined;
    readonly nowMs: number;
  },
): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE serving_configs SET state = ?, message = ?, failed_entity = ?, ended_at = ?
     WHERE endpoint_no = ? AND config_version = ? AND state = ?`,
    [
      change.to,
      change.message,
      change.failedEntity ?? null,
      change.nowMs,
      of.endpointNo,
      of.version,
      change.from,
    ],
  );
  return changed > 0;
}

/** What lies below the newest configurations is of no use to anybody. */
export async function deleteOldConfigs(tx: Transaction, endpointNo: number, keepFrom: number): Promise<void> {
  await tx.run(
    `DELETE FROM served_entities WHERE endpoint_no = ? AND config_version < ?
       AND config_version NOT IN (SELECT COALESCE(active_version, 0) FROM serving_endpoints WHERE endpoint_no = ?)`,
    [endpointNo, keepFrom, endpointNo],
  );
  await tx.run(
    `DELETE FROM serving_configs WHERE endpoint_no = ? AND config_version < ?
       AND config_version NOT IN (SELECT COALESCE(active_version, 0) FROM serving_endpoints WHERE endpoint_no = ?)`,
    [endpointNo, keepFrom, endpointNo],
  );
}

export interface ServedEntityRow {
  readonly endpoint_no: number;
  readonly config_version: number;
  readonly name: string;
  readonly position: number;
  readonly model_no: number;
  /** The stored name when it was resolved. */
  readonly model_name: string;
  readonly version: number;
  readonly alias: string | null;
}

const ENTITY_COLUMNS = 'endpoint_no, config_version, name, position, model_no, model_name, version, alias';

export async function insertEntities(tx: Transaction, rows: readonly ServedEntityRow[]): Promise<void> {
  await tx.insertMany(
    'served_entities',
    {
      endpoint_no: 'bigint',
      config_version: 'bigint',
      name: 'text',
      position: 'bigint',
      model_no: 'bigint',
      model_name: 'text',
      version: 'bigint',
      alias: 'text',
    },
    rows.map((row) => [
      row.endpoint_no,
      row.config_version,
      row.name,
      row.position,
      row.model_no,
      row.model_name,
      row.version,
      row.alias,
    ]),
  );
}

/** The version of each entity, as it was resolved. */
export async function listEntities(
  sql: Sql,
  configs: readonly { readonly endpoint_no: number; readonly config_version: number }[],
): Promise<ServedEntityRow[]> {
  if (configs.length === 0) return [];
  return sql.allFor<ServedEntityRow>(
    {
      columns: ['of_endpoint', 'of_version'],
      types: ['bigint', 'bigint'],
      tuples: configs.map((row) => [row.endpoint_no, row.config_version]),
    },
    `SELECT ${ENTITY_COLUMNS} FROM keys k
     ${sql.dialect.orderedJoin} served_entities s ON s.endpoint_no = k.of_endpoint AND s.config_version = k.of_version
     ORDER BY s.endpoint_no, s.config_version, s.position`,
  );
}

export interface MovedAlias {
  readonly endpoint_no: number;
  readonly config_version: number;
}

/** Active configurations without a successor whose aliases point elsewhere now. */
export async function listMovedAliases(sql: Sql): Promise<MovedAlias[]> {
  return sql.all<MovedAlias>(
    `SELECT DISTINCT s.endpoint_no, s.config_version FROM served_entities s
     JOIN serving_endpoints e ON e.endpoint_no = s.endpoint_no AND e.active_version = s.config_version
       AND e.pending_version IS NULL
     JOIN registered_model_aliases a ON a.model_no = s.model_no AND a.alias = s.alias
     WHERE s.alias IS NOT NULL AND a.version <> s.version`,
  );
}

/** The name of an endpoint that serves the version, or brings it up; of any version for undefined. */
export async function findServing(
  sql: Sql,
  { stored, version }: { readonly stored: string; readonly version: number | undefined },
): Promise<{ readonly name: string; readonly version: number } | undefined> {
  return sql.get(
    `SELECT e.name, s.version FROM registered_models m
     JOIN served_entities s ON s.model_no = m.model_no
     JOIN serving_endpoints e ON e.endpoint_no = s.endpoint_no
       AND (e.active_version = s.config_version OR e.pending_version = s.config_version)
     WHERE m.name = ?${version === undefined ? '' : ' AND s.version = ?'} LIMIT 1`,
    version === undefined ? [stored] : [stored, version],
  );
}

/** One that was made and is not wanted after all. */
export async function deleteConfig(
  tx: Transaction,
  { endpointNo, version }: { readonly endpointNo: number; readonly version: number },
): Promise<void> {
  for (const table of ['served_entities', 'serving_configs'])
    await tx.run(`DELETE FROM ${table} WHERE endpoint_no = ? AND config_version = ?`, [endpointNo, version]);
}

/** Those before a version, the newest first; the newest of all for undefined. */
export async function listBefore(
  sql: Sql,
  endpointNo: number,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<ConfigRow[]> {
  return sql.all<ConfigRow>(
    `SELECT ${COLUMNS} FROM serving_configs WHERE endpoint_no = ?${before === undefined ? '' : ' AND config_version < ?'}
     ORDER BY config_version DESC LIMIT ?`,
    before === undefined ? [endpointNo, limit] : [endpointNo, before, limit],
  );
}

export interface ServingRow {
  readonly endpoint_id: string;
  readonly endpoint: string;
  readonly entity: string;
  readonly version: number;
  readonly alias: string | null;
  /** Of the configuration, JSON: `EndpointConfig`. */
  readonly body: string;
  readonly is_active: 0 | 1;
}

/** Where versions of a model are served or brought up, by the endpoints' names. */
export async function listServing(sql: Sql, stored: string): Promise<ServingRow[]> {
  return sql.all<ServingRow>(
    `SELECT e.endpoint_id, e.name AS endpoint, s.name AS entity, s.version, s.alias, c.body,
       CASE WHEN e.active_version = s.config_version THEN 1 ELSE 0 END AS is_active
     FROM registered_models m
     JOIN served_entities s ON s.model_no = m.model_no
     JOIN serving_endpoints e ON e.endpoint_no = s.endpoint_no
       AND (e.active_version = s.config_version OR e.pending_version = s.config_version)
     JOIN serving_configs c ON c.endpoint_no = s.endpoint_no AND c.config_version = s.config_version
     WHERE m.name = ? ORDER BY e.name_key, s.config_version, s.position`,
    [stored],
  );
}
