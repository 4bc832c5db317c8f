import type { SqlFragment } from '../db/conditions.ts';
import type { Sql, SqlParam, Transaction } from '../db/port.ts';

export interface ModelRow {
  readonly model_no: number;
  readonly name: string;
  readonly description: string | null;
  readonly creation_time: number;
  readonly last_update_time: number;
  readonly last_version: number;
  readonly is_prompt: number;
  /** `catalog.schema` in lower case. */
  readonly schema_name: string;
  readonly created_by: string | null;
  readonly updated_by: string | null;
  readonly deployment_job_id: string | null;
}

const NAMES = [
  'model_no',
  'name',
  'description',
  'creation_time',
  'last_update_time',
  'last_version',
  'is_prompt',
  'schema_name',
  'created_by',
  'updated_by',
  'deployment_job_id',
];
const COLUMNS = NAMES.map((name) => `m.${name}`).join(', ');

export async function findModel(sql: Sql, name: string): Promise<ModelRow | undefined> {
  return sql.get<ModelRow>(`SELECT ${COLUMNS} FROM registered_models m WHERE m.name = ?`, [name]);
}

export async function findModels(sql: Sql, names: readonly string[]): Promise<Map<string, ModelRow>> {
  const rows = await sql.all<ModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m WHERE ${sql.dialect.inList('m.name', 'text')}`,
    [sql.dialect.list(names)],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

export interface NewModel {
  readonly name: string;
  readonly schemaName: string;
  readonly description: string | null;
  readonly nowMs: number;
  readonly isPrompt: boolean;
  readonly createdBy: string;
  readonly deploymentJobId: string | null;
}

/** Undefined when the name is taken. */
export async function insertModel(tx: Transaction, model: NewModel): Promise<ModelRow | undefined> {
  return tx.get<ModelRow>(
    `INSERT INTO registered_models (name, schema_name, description, creation_time, last_update_time, is_prompt,
       created_by, updated_by, deployment_job_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING ${NAMES.join(', ')}`,
    [
      model.name,
      model.schemaName,
      model.description,
      model.nowMs,
      model.nowMs,
      Number(model.isPrompt),
      model.createdBy,
      model.createdBy,
      model.deploymentJobId,
    ],
  );
}

export async function setDescription(
  tx: Transaction,
  modelNo: number,
  description: string,
  nowMs: number,
): Promise<void> {
  await tx.run('UPDATE registered_models SET description = ?, last_update_time = ? WHERE model_no = ?', [
    description,
    nowMs,
    modelNo,
  ]);
}

/** Versions, tags and aliases hang on the number and go along; the time of every version moves, as on the real server. */
export async function renameModel(
  tx: Transaction,
  modelNo: number,
  newName: { readonly name: string; readonly schemaName: string },
  nowMs: number,
): Promise<void> {
  await tx.run(
    'UPDATE registered_models SET name = ?, schema_name = ?, last_update_time = ? WHERE model_no = ?',
    [newName.name, newName.schemaName, nowMs, modelNo],
  );
  await tx.run('UPDATE model_versions SET last_update_time = ? WHERE model_no = ?', [nowMs, modelNo]);
}

export async function touchModel(tx: Transaction, modelNo: number, nowMs: number): Promise<void> {
  await tx.run('UPDATE registered_models SET last_update_time = ? WHERE model_no = ?', [nowMs, modelNo]);
}

/**
 * Raises the models' counters by as many versions as are wanted of each; the last number of each model. Counters are held
 * in one order by all, so that two servers never wait for each other.
 */
export async function reserveVersions(
  tx: Transaction,
  wanted: ReadonlyMap<number, number>,
  nowMs: number,
): Promise<Map<number, number>> {
  if (wanted.size === 0) return new Map();
  if (wanted.size > 1 && tx.dialect.name === 'postgres') {
    await tx.all(
      `SELECT model_no FROM registered_models m WHERE ${tx.dialect.inList('model_no', 'bigint')}
       ORDER BY model_no${tx.dialect.forUpdate('m')}`,
      [tx.dialect.list([...wanted.keys()])],
    );
  }
  const rows = await tx.allFor<{ model_no: number; last_version: number }>(
    { columns: ['counted_no', 'added'], types: ['bigint', 'bigint'], tuples: [...wanted] },
    `UPDATE registered_models SET last_version = last_version + k.added, last_update_time = ?
     FROM keys k WHERE model_no = k.counted_no RETURNING model_no, last_version`,
    [nowMs],
  );
  return new Map(rows.map((row) => [row.model_no, row.last_version]));
}

/** Models by name, held until the commit: whoever changes a model or what hangs on it comes before or after. */
export async function holdModels(tx: Transaction, names: readonly string[]): Promise<ModelRow[]> {
  // Held in one order by all, so that two servers never wait for each other.
  return tx.all<ModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m WHERE ${tx.dialect.inList('m.name', 'text')}
     ORDER BY m.model_no${tx.dialect.forUpdate('m')}`,
    [tx.dialect.list(names)],
  );
}

export async function deleteModel(tx: Transaction, modelNo: number): Promise<void> {
  await tx.run('DELETE FROM registered_models WHERE model_no = ?', [modelNo]);
}

export interface ModelTagRow {
  readonly model_no: number;
  readonly key: string;
  readonly value: string;
}

export async function listModelTags(sql: Sql, modelNos: readonly number[]): Promise<ModelTagRow[]> {
  return sql.all<ModelTagRow>(
    `SELECT model_no, key, value FROM registered_model_tags
     WHERE ${sql.dialect.inList('model_no', 'bigint')} ORDER BY model_no, key`,
    [sql.dialect.list(modelNos)],
  );
}

export async function upsertModelTags(
  tx: Transaction,
  modelNo: number,
  tags: ReadonlyMap<string, string>,
): Promise<void> {
  if (tags.size === 0) return;
  await tx.insertMany(
    'registered_model_tags',
    { model_no: 'bigint', key: 'text', value: 'text' },
    Array.from(tags, ([key, value]) => [modelNo, key, value]),
    { onConflict: { key: ['model_no', 'key'], update: ['value'] } },
  );
}

export async function deleteModelTag(tx: Transaction, modelNo: number, key: string): Promise<boolean> {
  return (
    (await tx.run('DELETE FROM registered_model_tags WHERE model_no = ? AND key = ?', [modelNo, key])) > 0
  );
}

export async function setIsPrompt(tx: Transaction, modelNo: number, isPrompt: boolean): Promise<void> {
  await tx.run('UPDATE registered_models SET is_prompt = ? WHERE model_no = ?', [Number(isPrompt), modelNo]);
}

export interface ListQuery {
  readonly where: string;
  readonly orderBy: string;
  readonly params: readonly SqlParam[];
  readonly limit: number;
  readonly offset: number;
}

export async function selectModels(sql: Sql, query: ListQuery): Promise<ModelRow[]> {
  return sql.all<ModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m WHERE ${query.where} ORDER BY ${query.orderBy} LIMIT ? OFFSET ?`,
    [...query.params, query.limit, query.offset],
  );
}

/** What is undefined stays. */
export interface ModelFacts {
  readonly updatedBy: string;
  readonly deploymentJobId?: string | null | undefined;
}

export async function setFacts(tx: Transaction, modelNo: number, facts: ModelFacts): Promise<void> {
  const { updatedBy, deploymentJobId } = facts;
  await tx.run('UPDATE registered_models SET updated_by = ? WHERE model_no = ?', [updatedBy, modelNo]);
  if (deploymentJobId === undefined) return;
  await tx.run('UPDATE registered_models SET deployment_job_id = ? WHERE model_no = ?', [
    deploymentJobId,
    modelNo,
  ]);
}

export interface ModelPage {
  /** In lower case; undefined for all. */
  readonly catalog: string | undefined;
  readonly schemaName: string | undefined;
  readonly visible: SqlFragment;
  /** The name of the last one of the page before. */
  readonly after: string;
  readonly limit: number;
}

/** Without prompts, by name. */
export async function listModels(sql: Sql, page: ModelPage): Promise<ModelRow[]> {
  const { catalog, schemaName, visible } = page;
  const conditions = ['m.is_prompt = 0', 'm.name > ?', visible.text];
  const params: SqlParam[] = [page.after, ...visible.params];
  if (schemaName !== undefined) {
    conditions.push('m.schema_name = ?');
    params.push(schemaName);
  } else if (catalog !== undefined) {
    // '/' comes right after '.': the range of all schemas of the catalog.
    conditions.push('m.schema_name >= ? AND m.schema_name < ?');
    params.push(`${catalog}.`, `${catalog}/`);
  }
  return sql.all<ModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m WHERE ${conditions.join(' AND ')} ORDER BY m.name LIMIT ?`,
    [...params, page.limit],
  );
}
