import type { Sql, Transaction } from '../db/port.ts';
import type { TransferredModel, TransferredVersion } from './transfer-entities.ts';

export async function insertModelRow(
  tx: Transaction,
  model: TransferredModel & {
    readonly isPrompt: boolean;
    readonly lastVersion: number;
    readonly schemaName: string;
  },
): Promise<number> {
  const row = await tx.get<{ model_no: number }>(
    `INSERT INTO registered_models
       (name, schema_name, description, creation_time, last_update_time, last_version, is_prompt)
     VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING model_no`,
    [
      model.name,
      model.schemaName,
      model.description,
      model.creationTimeMs,
      model.lastUpdateTimeMs,
      model.lastVersion,
      Number(model.isPrompt),
    ],
  );
  return row!.model_no;
}

export async function insertVersionRows(
  tx: Transaction,
  modelNo: number,
  versions: readonly (TransferredVersion & { readonly isPrompt: boolean })[],
): Promise<void> {
  await tx.insertMany(
    'model_versions',
    {
      model_no: 'bigint',
      version: 'bigint',
      stage: 'text',
      description: 'text',
      user_id: 'text',
      source: 'text',
      storage_location: 'text',
      run_id: 'text',
      run_link: 'text',
      logged_model_id: 'text',
      status: 'text',
      status_message: 'text',
      creation_time: 'bigint',
      last_update_time: 'bigint',
      is_prompt: 'bigint',
    },
    versions.map((v) => [
      modelNo,
      v.version,
      v.stage,
      v.description,
      v.userId,
      v.source,
      v.storageLocation,
      v.runId,
      v.runLink,
      v.loggedModelId,
      v.status,
      v.statusMessage,
      v.creationTimeMs,
      v.lastUpdateTimeMs,
      Number(v.isPrompt),
    ]),
  );
}

export async function insertAliasRows(
  tx: Transaction,
  modelNo: number,
  aliases: TransferredModel['aliases'],
): Promise<void> {
  await tx.insertMany(
    'registered_model_aliases',
    { model_no: 'bigint', alias: 'text', version: 'bigint' },
    aliases.map(({ alias, version }) => [modelNo, alias, version]),
  );
}

export async function listModelNames(sql: Sql, after: string, limit: number): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    'SELECT name FROM registered_models WHERE name > ? ORDER BY name LIMIT ?',
    [after, limit],
  );
  return rows.map(([name]) => name);
}

export interface StoredVersion {
  readonly model_no: number;
  readonly version: number;
  readonly stage: string;
  readonly description: string | null;
  readonly user_id: string | null;
  readonly source: string | null;
  readonly storage_location: string | null;
  readonly run_id: string | null;
  readonly run_link: string | null;
  readonly logged_model_id: string | null;
  readonly status: string;
  readonly status_message: string | null;
  readonly creation_time: number;
  readonly last_update_time: number;
}

/** Of all stages, the deleted ones included. */
export async function listAllVersions(sql: Sql, modelNos: readonly number[]): Promise<StoredVersion[]> {
  return sql.all<StoredVersion>(
    `SELECT * FROM model_versions WHERE ${sql.dialect.inList('model_no', 'bigint')} ORDER BY model_no, version`,
    [sql.dialect.list(modelNos)],
  );
}
