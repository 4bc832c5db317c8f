import type { Database, Sql } from '../db/port.ts';
import type { RowColumn, RowQuery, RowSource, SourceRow } from '../db/row-source.ts';
import type { VisibleModels } from '../governance/access.ts';
import { nextTurn } from '../kernel/turns.ts';
import type { VisibleExperiments } from '../tracking/visible-experiments.ts';
import { nameOfRow } from './model-names.ts';
import type { ModelSourceRow } from './row-sources-repository.ts';
import * as repository from './row-sources-repository.ts';

/** Which models a reader may see, and which experiments: a version tells of its run only to who sees that. */
export interface RegistryScope {
  readonly models: 'all' | VisibleModels;
  readonly experiments: VisibleExperiments;
}

const MODELS_AT_ONCE = 200;

const column = (name: string, type: RowColumn['type'], comment: string): RowColumn => ({
  name,
  type,
  comment,
});
const NAME = column('name', 'string', 'The registered model: fraud, prod.ml.fraud_score');
const VERSION = column('version', 'bigint', 'The number of the version');

/** What is registered, as tables for those who ask in SQL. */
export const registryRowSources: readonly RowSource<RegistryScope>[] = [
  {
    name: 'registered_models',
    comment: 'One row a registered model',
    columns: [
      NAME,
      column('catalog_name', 'string', 'Its catalog: workspace for a plain name'),
      column('schema_name', 'string', 'Its schema: default for a plain name'),
      column('description', 'string', 'What it is'),
      column('creation_time', 'timestamp', 'When it was made'),
      column('last_update_time', 'timestamp', 'When it last changed'),
    ],
    narrowing: ['name'],
    async *pages(db, query) {
      for await (const models of modelPages(db, query)) {
        yield models.map((row) => {
          const { catalog, schema } = nameOfRow(row);
          return [row.name, catalog, schema, row.description, row.creation_time, row.last_update_time];
        });
      }
    },
  },
  ofModels(
    {
      name: 'model_versions',
      comment: 'One row a version of a registered model',
      columns: [
        NAME,
        VERSION,
        column('stage', 'string', 'None, Staging, Production or Archived'),
        column('description', 'string', 'What it is'),
        column('user_id', 'string', 'Who made it'),
        column('run_id', 'string', 'The run that it came from'),
        column('status', 'string', 'READY, PENDING_REGISTRATION or FAILED_REGISTRATION'),
        column('creation_time', 'timestamp', 'When it was made'),
        column('last_update_time', 'timestamp', 'When it last changed'),
      ],
    },
    repository.listVersions,
  ),
  ofModels(
    {
      name: 'model_aliases',
      comment: 'One row an alias of a registered model',
      columns: [NAME, column('alias', 'string', 'Without the @'), VERSION],
    },
    repository.listAliases,
  ),
  ofModels(
    {
      name: 'model_tags',
      comment: 'One row a tag of a registered model',
      columns: [NAME, column('key', 'string', 'The tag'), column('value', 'string', 'Its value')],
    },
    repository.listModelTags,
  ),
  ofModels(
    {
      name: 'model_version_tags',
      comment: 'One row a tag of a version',
      columns: [NAME, VERSION, column('key', 'string', 'The tag'), column('value', 'string', 'Its value')],
    },
    repository.listVersionTags,
  ),
];

/** A table whose rows hang on models: what is read of them begins with the number of the model, shown as its name. */
function ofModels(
  table: Pick<RowSource<RegistryScope>, 'name' | 'comment' | 'columns'>,
  list: (
    sql: Sql,
    modelNos: readonly number[],
    experiments: VisibleExperiments,
  ) => Promise<readonly (readonly [number, ...(string | number | null)[]])[]>,
): RowSource<RegistryScope> {
  return {
    ...table,
    narrowing: ['name'],
    async *pages(db, query) {
      for await (const models of modelPages(db, query)) {
        const names = new Map(models.map((row) => [row.model_no, row.name]));
        const rows = await db.read((sql) => list(sql, [...names.keys()], query.scope.experiments));
        yield rows.map(([modelNo, ...rest]): SourceRow => [names.get(modelNo)!, ...rest]);
      }
    },
  };
}

async function* modelPages(
  db: Database,
  { scope, only }: RowQuery<RegistryScope>,
): AsyncGenerator<readonly ModelSourceRow[]> {
  let after = '';
  for (;;) {
    const options = { scope: scope.models, names: only.name, after, limit: MODELS_AT_ONCE };
    const page = await db.read((sql) => repository.listModels(sql, options));
    if (page.length > 0) yield page;
    if (page.length < MODELS_AT_ONCE) return;
    after = page.at(-1)!.name;
    await nextTurn();
  }
}
