import type { Sql } from '../db/port.ts';

export interface OwnedRow {
  readonly id: string;
  readonly experiment_no: number;
}

export async function listRunOwners(sql: Sql, runIds: readonly string[]): Promise<OwnedRow[]> {
  return sql.all<OwnedRow>(
    `SELECT run_id AS id, experiment_no FROM runs WHERE ${sql.dialect.inList('run_id', 'text')}`,
    [sql.dialect.list(runIds)],
  );
}

export async function listLoggedModelOwners(sql: Sql, modelIds: readonly string[]): Promise<OwnedRow[]> {
  return sql.all<OwnedRow>(
    `SELECT model_id AS id, experiment_no FROM logged_models WHERE ${sql.dialect.inList('model_id', 'text')}`,
    [sql.dialect.list(modelIds)],
  );
}

/** Experiments whose artifacts lie at one of these places. */
export async function listLocationOwners(sql: Sql, locations: readonly string[]): Promise<number[]> {
  const rows = await sql.all<{ experiment_no: number }>(
    `SELECT experiment_no FROM experiments WHERE ${sql.dialect.inList('artifact_location', 'text')}`,
    [sql.dialect.list(locations)],
  );
  return rows.map((row) => row.experiment_no);
}
