import type { Dialect, Sql } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import { nextTurn } from '../kernel/turns.ts';
import { RUN_COLUMNS } from './run-filter.ts';
import type { Attribute } from './run-table-columns.ts';
import { chunks } from './run-table-repository.ts';

/** Attributes with one value that the database knows. */
export type PlainAttribute = Exclude<Attribute, 'models' | 'datasets' | 'duration'>;

export type AttributeValue = string | Int64 | null;

const TIMES: ReadonlySet<string> = new Set(['start_time', 'end_time']);

const tagValue = (key: string) =>
  `(SELECT t.value FROM run_tags t WHERE t.run_no = r.run_no AND t.key = '${key}')`;

function expressionOf(dialect: Dialect, attribute: PlainAttribute): string {
  switch (attribute) {
    case 'start_time':
    case 'end_time':
      return dialect.int64(`r.${attribute}`);
    case 'experiment_id':
      return 'r.experiment_no';
    case 'experiment_name':
      return 'e.name';
    case 'source_name':
      return tagValue('mlflow.source.name');
    case 'parent_run_id':
      return tagValue('mlflow.parentRunId');
    case 'run_id':
    case 'run_name':
    case 'status':
    case 'user_id':
    case 'lifecycle_stage':
    case 'artifact_uri':
      return RUN_COLUMNS[attribute]!;
  }
}

export type AttributeRow = readonly [runNo: number, ...values: AttributeValue[]];

/** Attributes of runs, in no order: each row has the run's number and a value an attribute. Ids are texts. */
export async function* listAttributes(
  sql: Sql,
  runNos: Iterable<number>,
  attributes: readonly PlainAttribute[],
): AsyncGenerator<AttributeRow[]> {
  const { dialect } = sql;
  const columns = attributes.map((attribute) => expressionOf(dialect, attribute)).join(', ');
  const join = /\be\./.test(columns) ? 'JOIN experiments e ON e.experiment_no = r.experiment_no' : '';
  const text = `SELECT r.run_no, ${columns} FROM runs r ${join} WHERE ${dialect.inList('r.run_no', 'bigint')}`;
  for (const some of chunks(runNos)) {
    const rows = await sql.rows<[number, ...AttributeValue[]]>(text, [dialect.list(some)]);
    for (const row of rows) {
      for (const [i, attribute] of attributes.entries()) {
        const value = row[i + 1];
        if (value === null || value === undefined) continue;
        if (TIMES.has(attribute)) row[i + 1] = int64(value);
        else if (attribute === 'experiment_id') row[i + 1] = String(value);
      }
    }
    yield rows;
    await nextTurn();
  }
}

export interface RunModel {
  readonly runNo: number;
  /** Of the logged model; null for a registered version that was made from the run's files. */
  readonly modelId: string | null;
  readonly name: string;
  readonly versions: readonly { readonly name: string; readonly version: number }[];
}

/** The models that came out of runs: logged ones, and registered versions, each below the model it registers. */
export async function listModelsOf(sql: Sql, runNos: readonly number[]): Promise<RunModel[]> {
  const { dialect } = sql;
  const list = dialect.list(runNos);
  const logged = await sql.rows<readonly [number, string, string]>(
    `SELECT r.run_no, l.model_id, l.name FROM runs r ${dialect.orderedJoin} logged_models l ON l.source_run_id = r.run_id
     WHERE ${dialect.inList('r.run_no', 'bigint')} AND l.lifecycle_stage = 'active' ORDER BY l.creation_time, l.model_id`,
    [list],
  );
  const registered = await sql.rows<readonly [number, string | null, string, number]>(
    `SELECT r.run_no, v.logged_model_id, m.name, v.version FROM runs r
     ${dialect.orderedJoin} model_versions v ON v.run_id = r.run_id
     ${dialect.orderedJoin} registered_models m ON m.model_no = v.model_no
     WHERE ${dialect.inList('r.run_no', 'bigint')} AND v.is_prompt = 0 ORDER BY m.name, v.version`,
    [list],
  );
  const loggedIds = new Set(logged.map(([, modelId]) => modelId));
  const versions = registered.map(([runNo, modelId, name, version]) => ({
    runNo,
    modelId: modelId !== null && loggedIds.has(modelId) ? modelId : null,
    name,
    version: Number(version),
  }));
  const byModel = Map.groupBy(
    versions.filter(({ modelId }) => modelId !== null),
    ({ modelId }) => modelId,
  );
  const shown = ({ name, version }: { name: string; version: number }) => ({ name, version });
  return [
    ...logged.map(([runNo, modelId, name]) => ({
      runNo,
      modelId,
      name,
      versions: (byModel.get(modelId) ?? []).map(shown),
    })),
    ...versions
      .filter(({ modelId }) => modelId === null)
      .map((version) => ({
        runNo: version.runNo,
        modelId: null,
        name: version.name,
        versions: [shown(version)],
      })),
  ];
}

export interface RunDataset {
  readonly runNo: number;
  readonly name: string;
  readonly digest: string;
  readonly context: string | null;
}

/** The datasets that runs took as inputs, without their contents, in the order in which they were logged. */
export async function listDatasetsOf(sql: Sql, runNos: readonly number[]): Promise<RunDataset[]> {
  const rows = await sql.rows<readonly [number, string, string, string | null]>(
    `SELECT i.run_no, d.name, d.digest, t.value FROM run_datasets i JOIN datasets d ON d.dataset_no = i.dataset_no
     LEFT JOIN run_dataset_tags t ON t.input_no = i.input_no AND t.key = 'mlflow.data.context'
     WHERE ${sql.dialect.inList('i.run_no', 'bigint')} ORDER BY i.input_no`,
    [sql.dialect.list(runNos)],
  );
  return rows.map(([runNo, name, digest, context]) => ({ runNo, name, digest, context }));
}
