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

export async function deleteNode(tx: Transaction, nodeId: string): Promise<void> {
  await tx.run('DELETE FROM serving_nodes WHERE node_id = ?', [nodeId]);
}

/** Nodes that have not been heard of since. */
export async function deleteNodesSeenBefore(tx: Transaction, beforeMs: number): Promise<void> {
  await tx.run('DELETE FROM serving_nodes WHERE seen_at < ?', [beforeMs]);
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
    [
      [
        row.node_id,
        row.endpoint_no,
        row.config_version,
        row.state,
        row.entities,
        row.message,
        row.at_ms,
      ],
    ],
    {
      onConflict: {
        key: ['node_id', 'endpoint_no', 'config_version'],
        update: ['state', 'entities', 'message', 'at_ms'],
      },
    },
  );
}

export async function listStates(sql: Sql, endpointNos?: readonly number[]): Promise<NodeStateRow[]> {
  if (endpointNos === undefined)
    return sql.all<NodeStateRow>(`SELECT ${COLUMNS} FROM serving_node_states`);
  if (endpointNos.length === 0) return [];
  return sql.all<NodeStateRow>(
    `SELECT ${COLUMNS} FROM serving_node_states WHERE ${sql.dialect.inList('endpoint_no', 'bigint')}`,
    [sql.dialect.list(endpointNos)],
  );
}

export async function deleteStates(
  tx: Transaction,
  of: { readonly nodeId: string; readonly endpointNo: number; readonly version: number },
): Promise<void> {
  await tx.run(
    'DELETE FROM serving_node_states WHERE node_id = ? AND endpoint_no = ? AND config_version = ?',
    [of.nodeId, of.endpointNo, of.version],
  );
}

/** The digest of the files of a version, as they were when any process first prepared it. */
export async function findServedVersion(
  sql: Sql,
  { modelNo, version }: { readonly modelNo: number; readonly version: number },
): Promise<{ readonly files_digest: string; readonly files: string } | undefined> {
  return sql.get('SELECT files_digest, files FROM served_versions WHERE model_no = ? AND version = ?', [
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
    readonly files: string;
    readonly nowMs: number;
  },
): Promise<void> {
  await tx.insertMany(
    'served_versions',
    { model_no: 'bigint', version: 'bigint', files_digest: 'text', files: 'text', first_at: 'bigint' },
    [[row.modelNo, row.version, row.digest, row.files, row.nowMs]],
    { onConflict: 'ignore' },
  );
}
