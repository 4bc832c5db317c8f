import type { Sql, Transaction } from '../db/port.ts';

export async function upsertNode(
  tx: Transaction,
  { nodeId, nowMs }: { readonly nodeId: string; readonly nowMs: number },
): Promise<void> {
  await tx.insertMany(
    'serving_nodes',
    { node_id: 'text', started_at: 'bigint', seen_at: 'bigint' },
    [[nodeId, nowMs, nowMs]],
    { onConflict: { key: ['node_id'], update: ['seen_at'] } },
  );
}

export async function deleteNodes(tx: Transaction, nodeIds: readonly string[]): Promise<void> {
  await tx.run(`DELETE FROM serving_nodes WHERE ${tx.dialect.inList('node_id', 'text')}`, [
    tx.dialect.list(nodeIds),
  ]);
}

export async function listNodes(sql: Sql): Promise<{ readonly node_id: string; readonly seen_at: number }[]> {
  return sql.all('SELECT node_id, seen_at FROM serving_nodes');
}

export async function listLiveNodes(sql: Sql, sinceMs: number): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    'SELECT node_id FROM serving_nodes WHERE seen_at >= ? ORDER BY node_id',
    [sinceMs],
  );
  return rows.map(([nodeId]) => nodeId);
}

/** How far a process is with a configuration. */
export interface NodeStateRow {
  readonly node_id: string;
  readonly endpoint_no: number;
  readonly config_version: number;
  readonly state: 'preparing' | 'ready' | 'failed';
  /** JSON: by entity its deployment state and message, see `EntityState`. */
  readonly entities: string;
  readonly message: string;
  readonly at_ms: number;
}

const COLUMNS = 'node_id, endpoint_no, config_version, state, entities, message, at_ms';

export async function upsertState(tx: Transaction, row: NodeStateRow): Promise<void> {
  await tx.insertMany(
    'serving_node_states',
    {
      node_id: 'text',
      endpoint_no: 'bigint',
      config_version: 'bigint',
      state: 'text',
      entities: 'text',
      message: 'text',
      at_ms: 'bigint',
    },
    [[row.node_id, row.endpoint_no, row.config_version, row.state, row.entities, row.message, row.at_ms]],
    {
      onConflict: {
        key: ['node_id', 'endpoint_no', 'config_version'],
        update: ['state', 'entities', 'message', 'at_ms'],
      },
    },
  );
}

export async function listStates(sql: Sql, endpointNos?: readonly number[]): Promise<NodeStateRow[]> {
  if (endpointNos === undefined) return sql.all<NodeStateRow>(`SELECT ${COLUMNS} FROM serving_node_states`);
  if (endpointNos.length === 0) return [];
  return sql.all<NodeStateRow>(
    `SELECT ${COLUMNS} FROM serving_node_states WHERE ${sql.dialect.inList('endpoint_no', 'bigint')}`,
    [sql.dialect.list(endpointNos)],
  );
}

/** What is known of a version since any process first prepared it. */
export interface ServedVersionRow {
  readonly files_digest: string;
  /** JSON: what its program said when it had loaded, see `LoadedFacts`; null before. */
  readonly facts: string | null;
}

export async function findServedVersion(
  sql: Sql,
  { modelNo, version }: { readonly modelNo: number; readonly version: number },
): Promise<ServedVersionRow | undefined> {
  return sql.get('SELECT files_digest, facts FROM served_versions WHERE model_no = ? AND version = ?', [
    modelNo,
    version,
  ]);
}

export async function insertServedVersion(
  tx: Transaction,
  row: {
    readonly modelNo: number;
    readonly version: number;
    readonly digest: string;
    readonly nowMs: number;
  },
): Promise<void> {
  await tx.insertMany(
    'served_versions',
    { model_no: 'bigint', version: 'bigint', files_digest: 'text', first_at: 'bigint' },
    [[row.modelNo, row.version, row.digest, row.nowMs]],
    { onConflict: 'ignore' },
  );
}

export async function setFacts(
  tx: Transaction,
  row: { readonly modelNo: number; readonly version: number; readonly facts: string },
): Promise<void> {
  await tx.run('UPDATE served_versions SET facts = ? WHERE model_no = ? AND version = ?', [
    row.facts,
    row.modelNo,
    row.version,
  ]);
}
