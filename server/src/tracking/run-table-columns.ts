import type { History } from '../filters/tree.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { parseInt64Text } from '../kernel/int64.ts';

/**
 * What a column of the runs table shows: the latest value of a metric, a number drawn from a metric's whole history, a
 * param, a tag, or an attribute of the run.
 */
export type Column = PlainColumn | HistoryColumn;

export interface PlainColumn {
  /** As the caller wrote it: `metrics.acc`, `attributes.status`. */
  readonly name: string;
  readonly scope: 'metric' | 'param' | 'tag' | 'attribute';
  /** Everything after the first dot, dots and quotes included. */
  readonly key: string;
}

export interface HistoryColumn {
  /** `history.min.loss`, `history.at.5.loss`. */
  readonly name: string;
  readonly scope: 'history';
  /** The metric's. */
  readonly key: string;
  readonly history: History;
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

const SCOPES: Readonly<Record<string, PlainColumn['scope']>> = {
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
  const shown = JSON.stringify(name.slice(0, 100));
  if (prefix === 'history') {
    const column = parseHistory(name, key);
    if (column !== undefined) return column;
    throw invalidArgument(
      `Invalid value ${shown} for parameter '${path}' supplied: a history is history.min.<metric>, history.max.<metric>, history.first.<metric>, history.count.<metric> or history.at.<step>.<metric>.`,
      { field: path },
    );
  }
  const scope = Object.hasOwn(SCOPES, prefix) ? SCOPES[prefix] : undefined;
  if (scope === undefined || key === '') {
    throw invalidArgument(
      `Invalid value ${shown} for parameter '${path}' supplied: a column is metrics.<key>, history.<function>.<key>, params.<key>, tags.<key> or attributes.<name>.`,
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

function parseHistory(name: string, text: string): HistoryColumn | undefined {
  const plain = /^(min|max|first|count)\.(.+)$/s.exec(text);
  if (plain !== null) {
    const fn = plain[1] as 'min' | 'max' | 'first' | 'count';
    return { name, scope: 'history', key: plain[2]!, history: { fn } };
  }
  const at = /^at\.([^.]+)\.(.+)$/s.exec(text);
  const step = at === null ? undefined : parseInt64Text(at[1]!);
  return step === undefined
    ? undefined
    : { name, scope: 'history', key: at![2]!, history: { fn: 'at', step } };
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
