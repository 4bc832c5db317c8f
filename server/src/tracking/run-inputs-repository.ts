import type { Sql } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { Tag } from './run-rules.ts';

export interface DatasetInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly tags: readonly Tag[];
}

export interface ModelLink {
  readonly modelId: string;
  readonly step: Int64;
}

interface DatasetRow {
  readonly input_no: number;
  readonly run_no: number;
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema_json: string | null;
  readonly profile: string | null;
}

/** The datasets that runs took as inputs, in the order in which they were logged. */
export async function listRunDatasets(
  sql: Sql,
  runNos: readonly number[],
): Promise<(DatasetInput & { readonly runNo: number })[]> {
  const rows = await sql.all<DatasetRow>(
    `SELECT i.input_no, i.run_no, d.name, d.digest, d.source_type, d.source, d.schema_json, d.profile
     FROM run_datasets i JOIN datasets d ON d.dataset_no = i.dataset_no
     WHERE ${sql.dialect.inList('i.run_no', 'bigint')} ORDER BY i.input_no`,
    [sql.dialect.list(runNos)],
  );
  if (rows.length === 0) return [];
  const tags = await sql.all<{ input_no: number; key: string; value: string }>(
    `SELECT input_no, key, value FROM run_dataset_tags WHERE ${sql.dialect.inList('input_no', 'bigint')} ORDER BY input_no, key`,
    [sql.dialect.list(rows.map((row) => row.input_no))],
  );
  const byInput = Map.groupBy(tags, (tag) => tag.input_no);
  return rows.map((row) => ({
    runNo: row.run_no,
    name: row.name,
    digest: row.digest,
    sourceType: row.source_type,
    source: row.source,
    schema: row.schema_json,
    profile: row.profile,
    tags: (byInput.get(row.input_no) ?? []).map(({ key, value }) => ({ key, value })),
  }));
}

export interface RunModelRow extends ModelLink {
  readonly runNo: number;
  readonly direction: 'input' | 'output';
}

/** The logged models that runs took as inputs or made as outputs. */
export async function listRunModels(sql: Sql, runNos: readonly number[]): Promise<RunModelRow[]> {
  const rows = await sql.all<{
    run_no: number;
    direction: 'input' | 'output';
    model_id: string;
    step: number | string | bigint;
  }>(
    `SELECT run_no, direction, model_id, ${sql.dialect.int64('step')} AS step FROM run_models
     WHERE ${sql.dialect.inList('run_no', 'bigint')}`,
    [sql.dialect.list(runNos)],
  );
  return rows.map((row) => ({
    runNo: row.run_no,
    direction: row.direction,
    modelId: row.model_id,
    step: int64(row.step),
  }));
}
