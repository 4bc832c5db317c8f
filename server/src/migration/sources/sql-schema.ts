import type { ForeignDatabase } from '../../db/foreign.ts';
import { invalidArgument } from '../../kernel/errors.ts';

/** What the schema of an MLflow database has; it grew from release to release. */
export interface MlflowSchema {
  /** The text of a column, or of a constant where this release has no such column yet. */
  column(table: string, name: string, otherwise?: string): string;
  has(table: string): boolean;
}

const TABLES = [
  'alembic_version',
  'experiments',
  'experiment_tags',
  'runs',
  'tags',
  'params',
  'metrics',
  'datasets',
  'inputs',
  'input_tags',
  'logged_models',
  'logged_model_params',
  'logged_model_tags',
  'logged_model_metrics',
  'registered_models',
  'registered_model_tags',
  'registered_model_aliases',
  'model_versions',
  'model_version_tags',
];
const NEEDED = ['experiments', 'runs', 'tags', 'params', 'metrics', 'registered_models', 'model_versions'];

/** @throws AppError InvalidArgument when the database was not made by MLflow. */
export async function readSchema(database: ForeignDatabase): Promise<MlflowSchema> {
  const columns = new Map<string, ReadonlySet<string>>();
  for (const table of TABLES) columns.set(table, await database.columns(table));
  const missing = NEEDED.filter((table) => columns.get(table)!.size === 0);
  if (missing.length > 0) {
    throw invalidArgument(
      `This is not a database of MLflow: it has no table ${missing.join(', ')}. Was it made by a very old release, run \`mlflow db upgrade\` on it first.`,
    );
  }
  await refuseSharedNames(database, columns);
  return {
    column: (table, name, otherwise = 'NULL') => (columns.get(table)?.has(name) ? name : otherwise),
    has: (table) => (columns.get(table)?.size ?? 0) > 0,
  };
}

/** Releases with workspaces let two of them use one name; here a name means one thing. */
async function refuseSharedNames(
  { sql }: ForeignDatabase,
  columns: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  for (const table of ['experiments', 'registered_models']) {
    if (!columns.get(table)!.has('workspace')) continue;
    const rows = await sql.rows<[string]>(
      `SELECT name FROM ${table} GROUP BY name HAVING count(*) > 1 ORDER BY name LIMIT 5`,
    );
    if (rows.length === 0) continue;
    throw invalidArgument(
      `Nothing was imported: workspaces of the source share names of ${table.replace('_', ' ')}: ${rows.flat().join(', ')}. Rename them there first.`,
    );
  }
}
