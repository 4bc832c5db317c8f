import { invalidArgument } from '../kernel/errors.ts';

/** What a column of the runs table shows: the latest value of a metric, a param, a tag, or an attribute of the run. */
export interface Column {
  /** As the caller wrote it: `metrics.acc`, `attributes.status`. */
  readonly name: string;
  readonly scope: 'metric' | 'param' | 'tag' | 'attribute';
  /** Everything after the first dot, dots and quotes included. */
  readonly key: string;
}

const ATTRIBUTES = [
  'run_id',
  'run_name',
  'experiment_id',
  'experiment_name',
  'status',
  'start_time',
  'end_time',
  'duration',
  'user_id',
  'lifecycle_stage',
  'artifact_uri',
  'source_name',
  'parent_run_id',
  'models',
  'datasets',
] as const;

export type Attribute = (typeof ATTRIBUTES)[number];

const SCOPES: Readonly<Record<string, Column['scope']>> = {
  metrics: 'metric',
  params: 'param',
  tags: 'tag',
  attributes: 'attribute',
};

/** @throws AppError InvalidArgument, with `path` as its field, for a name that is no column's. */
export function parseColumn(name: string, path: string): Column {
  const dot = name.indexOf('.');
  const prefix = dot < 0 ? name : name.slice(0, dot);
  const key = dot < 0 ? '' : name.slice(dot + 1);
  const scope = Object.hasOwn(SCOPES, prefix) ? SCOPES[prefix] : undefined;
  const shown = JSON.stringify(name.slice(0, 100));
  if (scope === undefined || key === '') {
    throw invalidArgument(
      `Invalid value ${shown} for parameter '${path}' supplied: a column is metrics.<key>, params.<key>, tags.<key> or attributes.<name>.`,
      { field: path },
    );
  }
  if (scope === 'attribute' && !ATTRIBUTES.includes(key as Attribute)) {
    throw invalidArgument(
      `Invalid value ${shown} for parameter '${path}' supplied: the attributes are ${ATTRIBUTES.join(', ')}.`,
      { field: path },
    );
  }
  return { name, scope, key };
}

/** Columns, each once. @throws AppError InvalidArgument for too many, or a name that is no column's. */
export function parseColumns(names: readonly string[], most: number, path = 'columns'): readonly Column[] {
  if (names.length > most) {
    throw invalidArgument(`${path} takes at most ${most} columns. Received ${names.length}.`, {
      field: path,
    });
  }
  const columns = new Map<string, Column>();
  names.forEach((name, i) => {
    columns.set(name, parseColumn(name, `${path}[${i}]`));
  });
  return [...columns.values()];
}
