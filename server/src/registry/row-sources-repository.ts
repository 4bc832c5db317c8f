import type { Sql } from '../db/port.ts';
import type { VisibleModels } from '../governance/access.ts';
import type { VisibleExperiments } from '../tracking/visible-experiments.ts';
import { DELETED_STAGE } from './model-rules.ts';
import { renderVisible } from './schema-models-repository.ts';
import { renderOriginSeen } from './visible-origins.ts';

export interface ModelPage {
  readonly scope: 'all' | VisibleModels;
  /** Stored names that are wanted; all where undefined. */
  readonly names: readonly string[] | undefined;
  readonly after: string;
  readonly limit: number;
}

export interface ModelSourceRow {
  readonly model_no: number;
  readonly name: string;
  readonly schema_name: string;
  readonly description: string | null;
  readonly creation_time: number;
  readonly last_update_time: number;
}

/** Without prompts. */
export async function listModels(sql: Sql, page: ModelPage): Promise<ModelSourceRow[]> {
  const visible = renderVisible(sql.dialect, page.scope);
  const wanted = page.names === undefined ? '' : ` AND ${sql.dialect.inList('m.name', 'text')}`;
  return sql.all(
    `SELECT m.model_no, m.name, m.schema_name, m.description, m.creation_time, m.last_update_time
     FROM registered_models m WHERE m.is_prompt = 0 AND m.name > ? AND ${visible.text}${wanted}
     ORDER BY m.name LIMIT ?`,
    [
      page.after,
      ...visible.params,
      ...(page.names === undefined ? [] : [sql.dialect.list(page.names)]),
      page.limit,
    ],
  );
}

export type VersionSourceRow = readonly [
  modelNo: number,
  version: number,
  stage: string,
  description: string | null,
  userId: string | null,
  runId: string | null,
  status: string,
  creationTime: number,
  lastUpdateTime: number,
];

export async function listVersions(
  sql: Sql,
  modelNos: readonly number[],
  experiments: VisibleExperiments,
): Promise<VersionSourceRow[]> {
  const seen = renderOriginSeen(sql.dialect, experiments);
  return sql.rows(
    `SELECT v.model_no, v.version, v.stage, v.description, v.user_id, CASE WHEN ${seen.text} THEN v.run_id END AS run_id,
       v.status, v.creation_time, v.last_update_time
     FROM model_versions v WHERE ${sql.dialect.inList('v.model_no', 'bigint')} AND v.stage <> '${DELETED_STAGE}'`,
    [...seen.params, sql.dialect.list(modelNos)],
  );
}

export async function listAliases(
  sql: Sql,
  modelNos: readonly number[],
): Promise<[modelNo: number, alias: string, version: number][]> {
  return sql.rows(
    `SELECT a.model_no, a.alias, a.version FROM registered_model_aliases a WHERE ${sql.dialect.inList('a.model_no', 'bigint')}`,
    [sql.dialect.list(modelNos)],
  );
}

export async function listModelTags(
  sql: Sql,
  modelNos: readonly number[],
): Promise<[modelNo: number, key: string, value: string][]> {
  return sql.rows(
    `SELECT t.model_no, t.key, t.value FROM registered_model_tags t WHERE ${sql.dialect.inList('t.model_no', 'bigint')}`,
    [sql.dialect.list(modelNos)],
  );
}

export async function listVersionTags(
  sql: Sql,
  modelNos: readonly number[],
): Promise<[modelNo: number, version: number, key: string, value: string][]> {
  return sql.rows(
    `SELECT t.model_no, t.version, t.key, t.value FROM model_version_tags t WHERE ${sql.dialect.inList('t.model_no', 'bigint')}`,
    [sql.dialect.list(modelNos)],
  );
}
