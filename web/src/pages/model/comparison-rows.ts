import type { Run } from '@slipway/client';
import type { TableVersion } from '../../data/models.ts';

export interface ComparisonRow {
  readonly group: 'version' | 'metric' | 'param' | 'tag' | 'run tag';
  readonly key: string;
  /** In the order of the versions; undefined where one has no such thing. */
  readonly values: readonly (string | number | undefined)[];
  readonly isDifferent: boolean;
}

/** What there is to compare of versions and the runs that they came from, where those are known yet. */
export function comparisonRows(
  versions: readonly TableVersion[],
  runs: readonly (Run | undefined)[],
): readonly ComparisonRow[] {
  const facts = (key: string, of: (version: TableVersion) => string | undefined): ComparisonRow =>
    row('version', key, versions.map(of));
  return [
    facts('aliases', ({ aliases }) => aliases?.join(', ')),
    facts('stage', ({ current_stage }) => current_stage),
    facts('source run', ({ source_run }) => source_run?.run_name),
    facts('source', ({ source }) => source),
    facts('description', ({ description }) => description || undefined),
    ...keyed(
      'tag',
      versions.map(({ tags }) => new Map((tags ?? []).map(({ key, value }) => [key, value]))),
    ),
    ...keyed(
      'metric',
      runs.map((run) => new Map(Object.entries(run?.metrics ?? {}).map(([key, { value }]) => [key, value]))),
    ),
    ...keyed(
      'param',
      runs.map((run) => new Map(Object.entries(run?.params ?? {}))),
    ),
    ...keyed(
      'run tag',
      runs.map((run) => new Map(Object.entries(run?.tags ?? {}).filter(([key]) => isTelling(key)))),
    ),
  ];
}

/** Tags of clients that say where the code came from; their others say nothing about the model. */
const isTelling = (key: string): boolean => !key.startsWith('mlflow.') || key.startsWith('mlflow.source.');

function keyed(
  group: ComparisonRow['group'],
  maps: readonly ReadonlyMap<string, string | number>[],
): readonly ComparisonRow[] {
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  return keys.map((key) =>
    row(
      group,
      key,
      maps.map((map) => map.get(key)),
    ),
  );
}

function row(
  group: ComparisonRow['group'],
  key: string,
  values: readonly (string | number | undefined)[],
): ComparisonRow {
  return { group, key, values, isDifferent: values.some((value) => !Object.is(value, values[0])) };
}
