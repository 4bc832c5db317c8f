import type { ForeignDatabase } from '../../db/foreign.ts';
import type { TransferredExperiment } from '../../tracking/transfer-entities.ts';
import { PAGE_RUNS, type TrackerSource } from '../source.ts';
import { readHistories } from './sql-histories.ts';
import { readLoggedModels, readRegisteredModels } from './sql-models.ts';
import { listRunIds, readRuns } from './sql-runs.ts';
import { type MlflowSchema, readSchema } from './sql-schema.ts';

const PAGE = 100;

interface ExperimentRow {
  readonly experiment_id: number;
  readonly name: string;
  readonly artifact_location: string | null;
  readonly lifecycle_stage: TransferredExperiment['stage'] | null;
  readonly creation_time: number | null;
  readonly last_update_time: number | null;
}

/**
 * MLflow's own database, of releases 2.9 to 3.17, on SQLite or PostgreSQL.
 * Source: the tables of `mlflow/store/tracking/dbmodels/models.py` and `store/model_registry/dbmodels/models.py`.
 * @throws AppError InvalidArgument for other databases.
 */
export async function openSqlSource(database: ForeignDatabase, identity: string): Promise<TrackerSource> {
  const { sql } = database;
  const schema = await readSchema(database);

  async function readExperiments(after: number): Promise<TransferredExperiment[]> {
    const rows = await sql.all<ExperimentRow>(
      `SELECT experiment_id, name, artifact_location, lifecycle_stage,
         ${schema.column('experiments', 'creation_time')} AS creation_time,
         ${schema.column('experiments', 'last_update_time')} AS last_update_time
       FROM experiments WHERE experiment_id > ? ORDER BY experiment_id LIMIT ?`,
      [after, PAGE],
    );
    const tags = await readExperimentTags(
      schema,
      rows.map((row) => row.experiment_id),
    );
    return rows.map((row) => ({
      experimentId: String(row.experiment_id),
      name: row.name,
      artifactLocation: row.artifact_location ?? '',
      stage: row.lifecycle_stage ?? 'active',
      creationTimeMs: row.creation_time ?? 0,
      lastUpdateTimeMs: row.last_update_time ?? row.creation_time ?? 0,
      tags: (tags.get(row.experiment_id) ?? []).map(({ key, value }) => ({ key, value: value ?? '' })),
    }));
  }

  async function readExperimentTags({ has }: MlflowSchema, numbers: readonly number[]) {
    const rows = has('experiment_tags')
      ? await sql.all<{ experiment_id: number; key: string; value: string | null }>(
          `SELECT experiment_id, key, value FROM experiment_tags WHERE ${sql.dialect.inList('experiment_id', 'bigint')}`,
          [sql.dialect.list(numbers)],
        )
      : [];
    return Map.groupBy(rows, (row) => row.experiment_id);
  }

  return {
    identity,
    async *experiments() {
      for (let after = -1; ; ) {
        const page = await readExperiments(after);
        if (page.length === 0) return;
        after = Number(page.at(-1)!.experimentId);
        yield page;
      }
    },
    async *runs() {
      for (let after = ''; ; ) {
        const runIds = await listRunIds(sql, after, PAGE_RUNS);
        if (runIds.length === 0) return;
        after = runIds.at(-1)!;
        yield {
          runIds,
          load: (wanted) => readRuns(sql, schema, wanted),
          histories: (wanted) => readHistories(sql, wanted),
        };
      }
    },
    async *loggedModels() {
      if (!schema.has('logged_models')) return;
      for (let after = ''; ; ) {
        const page = await readLoggedModels(sql, after, PAGE);
        if (page.length === 0) return;
        after = page.at(-1)!.modelId;
        yield page;
      }
    },
    async *registeredModels() {
      for (let after = ''; ; ) {
        const page = await readRegisteredModels(sql, schema, { after, limit: PAGE });
        if (page.length === 0) return;
        after = page.at(-1)!.name;
        yield page;
      }
    },
    close: () => database.close(),
  };
}
