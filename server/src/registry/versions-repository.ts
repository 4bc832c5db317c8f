import { type Sql, type Transaction, textFor } from '../db/port.ts';
import { DELETED_STAGE, STAGES, type Stage } from './model-rules.ts';
import type { ListQuery } from './models-repository.ts';

export interface VersionRow {
  readonly model_no: number;
  /** The name of the registered model. */
  readonly name: string;
  /** `catalog.schema` in lower case. */
  readonly schema_name: string;
  readonly version: number;
  readonly stage: Stage;
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
  readonly is_prompt: number;
  readonly updated_by: string | null;
  /** The workspace of the run, as its client told. */
  readonly run_workspace_id: string | null;
  /** JSON: what the version needs besides its files, as its client told. */
  readonly dependencies: string | null;
}

const COLUMNS = `v.model_no, m.name, m.schema_name, v.version, v.stage, v.description, v.user_id, v.source, v.storage_location, v.run_id,
  v.run_link, v.logged_model_id, v.status, v.status_message, v.creation_time, v.last_update_time, v.is_prompt, v.updated_by,
  v.run_workspace_id, v.dependencies`;
const FROM = 'model_versions v JOIN registered_models m ON m.model_no = v.model_no';

/** Never finds a deleted version; nor do the other readers here. */
export async function findVersion(sql: Sql, name: string, version: number): Promise<VersionRow | undefined> {
  return sql.get<VersionRow>(
    `SELECT ${COLUMNS} FROM ${FROM} WHERE m.name = ? AND v.version = ? AND v.stage <> '${DELETED_STAGE}'`,
    [name, version],
  );
}

/** Versions by name and number, in one query; deleted ones are not among them. */
export async function findVersions(
  sql: Sql,
  keys: readonly { readonly name: string; readonly version: number }[],
): Promise<(VersionRow & { readonly of_prompt: number })[]> {
  return sql.allFor<VersionRow & { readonly of_prompt: number }>(
    {
      columns: ['name', 'version'],
      types: ['text', 'bigint'],
      tuples: keys.map(({ name, version }) => [name, version]),
    },
    `SELECT ${COLUMNS}, m.is_prompt AS of_prompt FROM keys k
     ${sql.dialect.orderedJoin} registered_models m ON m.name = k.name
     ${sql.dialect.orderedJoin} model_versions v ON v.model_no = m.model_no AND v.version = k.version
     WHERE v.stage <> '${DELETED_STAGE}'`,
  );
}

/** A version with its tags and aliases, each as the text of a JSON array in no certain order. */
export type RenderedVersion = VersionRow & { readonly tags_json: string; readonly aliases_json: string };

const renderedColumns = textFor(
  (dialect) => `${COLUMNS},
  (SELECT ${dialect.jsonObjects({ key: 't.key', value: 't.value' })} FROM model_version_tags t
   WHERE t.model_no = v.model_no AND t.version = v.version) AS tags_json,
  (SELECT ${dialect.jsonList('l.alias')} FROM registered_model_aliases l
   WHERE l.model_no = v.model_no AND l.version = v.version) AS aliases_json`,
);

export async function findRenderedVersion(
  sql: Sql,
  name: string,
  version: number,
): Promise<RenderedVersion | undefined> {
  return sql.get<RenderedVersion>(
    `SELECT ${renderedColumns(sql.dialect)} FROM ${FROM} WHERE m.name = ? AND v.version = ? AND v.stage <> '${DELETED_STAGE}'`,
    [name, version],
  );
}

export async function findRenderedVersionByAlias(
  sql: Sql,
  name: string,
  alias: string,
): Promise<RenderedVersion | undefined> {
  return sql.get<RenderedVersion>(
    `SELECT ${renderedColumns(sql.dialect)} FROM registered_models m
     JOIN registered_model_aliases a ON a.model_no = m.model_no AND a.alias = ?
     JOIN model_versions v ON v.model_no = m.model_no AND v.version = a.version
     WHERE m.name = ? AND v.stage <> '${DELETED_STAGE}'`,
    [alias, name],
  );
}

export async function findVersionByAlias(
  sql: Sql,
  name: string,
  alias: string,
): Promise<VersionRow | undefined> {
  return sql.get<VersionRow>(
    `SELECT ${COLUMNS} FROM registered_models m
     JOIN registered_model_aliases a ON a.model_no = m.model_no AND a.alias = ?
     JOIN model_versions v ON v.model_no = m.model_no AND v.version = a.version
     WHERE m.name = ? AND v.stage <> '${DELETED_STAGE}'`,
    [alias, name],
  );
}

/** The newest version of each of the stages, of each of the models: one index step a (model, stage). */
export async function listLatest(
  sql: Sql,
  modelNos: readonly number[],
  stages: readonly Stage[] = STAGES,
): Promise<VersionRow[]> {
  if (modelNos.length === 0) return [];
  return sql.allFor<VersionRow>(
    {
      columns: ['model_no', 'stage'],
      types: ['bigint', 'text'],
      tuples: modelNos.flatMap((modelNo) => stages.map((stage) => [modelNo, stage])),
    },
    `SELECT ${COLUMNS} FROM keys k ${sql.dialect.orderedJoin} model_versions v
       ON v.model_no = k.model_no
       AND v.version = CASE WHEN k.stage = 'None' THEN (SELECT n.version FROM model_versions n
           WHERE n.model_no = k.model_no AND n.stage = 'None' ORDER BY n.version DESC LIMIT 1)
         ELSE (SELECT max(x.version) FROM model_versions x
           WHERE x.model_no = k.model_no AND x.stage = k.stage AND x.stage <> 'None') END
     JOIN registered_models m ON m.model_no = v.model_no
     ORDER BY v.model_no, v.version`,
  );
}

export interface NewVersion {
  readonly modelNo: number;
  readonly version: number;
  readonly description: string | null;
  readonly source: string;
  readonly storageLocation: string;
  readonly runId: string | null;
  readonly runLink: string | null;
  readonly loggedModelId: string | null;
  readonly isPrompt: boolean;
  readonly nowMs: number;
  readonly status: string;
  readonly userId: string | null;
  readonly runWorkspaceId: string | null;
  readonly dependencies: string | null;
}

export async function insertVersions(tx: Transaction, versions: readonly NewVersion[]): Promise<void> {
  await tx.insertMany(
    'model_versions',
    {
      model_no: 'bigint',
      version: 'bigint',
      stage: 'text',
      description: 'text',
      source: 'text',
      storage_location: 'text',
      run_id: 'text',
      run_link: 'text',
      logged_model_id: 'text',
      status: 'text',
      creation_time: 'bigint',
      last_update_time: 'bigint',
      user_id: 'text',
      run_workspace_id: 'text',
      dependencies: 'text',
      is_prompt: 'bigint',
    },
    versions.map((v) => [
      v.modelNo,
      v.version,
      'None',
      v.description,
      v.source,
      v.storageLocation,
      v.runId,
      v.runLink,
      v.loggedModelId,
      v.status,
      v.nowMs,
      v.nowMs,
      v.userId,
      v.runWorkspaceId,
      v.dependencies,
      Number(v.isPrompt),
    ]),
  );
}

/** Identifies a version and says when it changes. */
export interface VersionChange {
  readonly modelNo: number;
  readonly version: number;
  readonly nowMs: number;
}

export async function setDescription(
  tx: Transaction,
  { modelNo, version, nowMs, by }: VersionChange & { readonly by: string },
  description: string | null,
): Promise<void> {
  await tx.run(
    `UPDATE model_versions SET description = ?, updated_by = ?, last_update_time = ?
     WHERE model_no = ? AND version = ?`,
    [description, by, nowMs, modelNo, version],
  );
}

export async function setStage(
  tx: Transaction,
  { modelNo, version, nowMs }: VersionChange,
  stage: Stage,
): Promise<void> {
  await tx.run(
    'UPDATE model_versions SET stage = ?, last_update_time = ? WHERE model_no = ? AND version = ?',
    [stage, nowMs, modelNo, version],
  );
}

/** Archives every other version in the stage; their numbers. */
export async function archiveOthers(
  tx: Transaction,
  { modelNo, version, nowMs }: VersionChange,
  stage: Stage,
): Promise<number[]> {
  const rows = await tx.all<{ version: number }>(
    `UPDATE model_versions SET stage = 'Archived', last_update_time = ?
     WHERE model_no = ? AND stage = ? AND version <> ? RETURNING version`,
    [nowMs, modelNo, stage, version],
  );
  return rows.map((row) => row.version).sort((a, b) => a - b);
}

/** Empties the row and takes it out of sight. The words are the real server's. */
export async function redactVersion(
  tx: Transaction,
  { modelNo, version, nowMs }: VersionChange,
): Promise<void> {
  await tx.run(
    `UPDATE model_versions SET stage = '${DELETED_STAGE}', last_update_time = ?, description = NULL, user_id = NULL,
       source = 'REDACTED-SOURCE-PATH', storage_location = NULL, run_id = 'REDACTED-RUN-ID',
       run_link = 'REDACTED-RUN-LINK', logged_model_id = NULL, status_message = NULL, updated_by = NULL,
       run_workspace_id = NULL, dependencies = NULL
     WHERE model_no = ? AND version = ?`,
    [nowMs, modelNo, version],
  );
  for (const table of ['model_version_tags', 'model_version_files', 'model_version_comments']) {
    await tx.run(`DELETE FROM ${table} WHERE model_no = ? AND version = ?`, [modelNo, version]);
  }
}

export async function selectVersions(sql: Sql, query: ListQuery): Promise<VersionRow[]> {
  return sql.all<VersionRow>(
    `SELECT ${COLUMNS} FROM ${FROM} WHERE v.stage <> '${DELETED_STAGE}' AND ${query.where}
     ORDER BY ${query.orderBy} LIMIT ? OFFSET ?`,
    [...query.params, query.limit, query.offset],
  );
}

export interface VersionTagRow {
  readonly model_no: number;
  readonly version: number;
  readonly key: string;
  readonly value: string;
}

interface VersionKey {
  readonly model_no: number;
  readonly version: number;
}

export async function listVersionTags(sql: Sql, versions: readonly VersionKey[]): Promise<VersionTagRow[]> {
  const [only] = versions;
  if (only === undefined) return [];
  const text = 'SELECT t.model_no, t.version, t.key, t.value FROM';
  if (versions.length === 1) {
    return sql.all<VersionTagRow>(
      `${text} model_version_tags t WHERE t.model_no = ? AND t.version = ? ORDER BY t.key`,
      [only.model_no, only.version],
    );
  }
  return sql.allFor<VersionTagRow>(
    {
      columns: ['model_no', 'version'],
      types: ['bigint', 'bigint'],
      tuples: versions.map((row) => [row.model_no, row.version]),
    },
    `${text} keys k ${sql.dialect.orderedJoin} model_version_tags t ON t.model_no = k.model_no AND t.version = k.version
     ORDER BY t.model_no, t.version, t.key`,
  );
}

export async function upsertVersionTags(
  tx: Transaction,
  rows: readonly (readonly [modelNo: number, version: number, key: string, value: string])[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx.insertMany(
    'model_version_tags',
    { model_no: 'bigint', version: 'bigint', key: 'text', value: 'text' },
    rows,
    { onConflict: { key: ['model_no', 'version', 'key'], update: ['value'] } },
  );
}

export async function deleteVersionTag(
  tx: Transaction,
  { modelNo, version }: { readonly modelNo: number; readonly version: number },
  key: string,
): Promise<boolean> {
  const removed = await tx.run(
    'DELETE FROM model_version_tags WHERE model_no = ? AND version = ? AND key = ?',
    [modelNo, version, key],
  );
  return removed > 0;
}

export async function setIsPrompt(
  tx: Transaction,
  { modelNo, version }: { readonly modelNo: number; readonly version: number },
  isPrompt: boolean,
): Promise<void> {
  await tx.run('UPDATE model_versions SET is_prompt = ? WHERE model_no = ? AND version = ?', [
    Number(isPrompt),
    modelNo,
    version,
  ]);
}
