import type { Experiment, Experiments } from './experiments.ts';
import type { FoundKeys, KeyKind, RunKeys } from './run-keys.ts';
import type { RunTable, RunWindow, WindowQuery } from './run-table.ts';

export interface OpeningQuery extends Omit<WindowQuery, 'columns' | 'offset'> {
  /** Without them, the first of those that a table shows of itself. */
  readonly columns: readonly string[] | undefined;
}

/** What a page of runs shows first. */
export interface Opening {
  /** Those that are there. */
  readonly experiments: readonly Experiment[];
  readonly keys: ReadonlyMap<KeyKind, FoundKeys>;
  readonly window: RunWindow;
}

export interface RunOpeningDependencies {
  readonly experiments: Experiments;
  readonly keys: RunKeys;
  readonly table: RunTable;
}

const KINDS: readonly KeyKind[] = ['metrics', 'params', 'tags'];
const MAX_KEYS = 100;
/** As many as a screen holds: the others are asked for when they come into view. */
const MAX_COLUMNS = 40;

/** A page of runs in one answer, as each of its parts would be asked for: one way to the server instead of three. */
export function createRunOpening({ experiments, keys, table }: RunOpeningDependencies) {
  return {
    /** @throws AppError InvalidArgument for a bad filter, order, column or limit. */
    async open(query: OpeningQuery): Promise<Opening> {
      const { experimentNos } = query;
      const found = await keys.list({ experimentNos, kinds: KINDS, limit: MAX_KEYS });
      const columns = query.columns ?? usualColumns(found, experimentNos.length);
      const window = await table.window({ ...query, columns, offset: 0 });
      return { keys: found, window, experiments: await experiments.find(experimentNos) };
    },
  };
}

export type RunOpening = ReturnType<typeof createRunOpening>;

/** The experiment where there are several, metrics but those of the machine, and the params that tell runs apart. */
function usualColumns(keys: ReadonlyMap<KeyKind, FoundKeys>, experimentCount: number): readonly string[] {
  const of = (kind: KeyKind) => keys.get(kind)?.keys ?? [];
  const metrics = of('metrics').filter(({ key }) => !key.startsWith('system/'));
  const params = of('params').filter(({ varies }) => varies);
  return [
    ...(experimentCount > 1 ? ['attributes.experiment_name'] : []),
    ...metrics.map(({ key }) => `metrics.${key}`),
    ...params.map(({ key }) => `params.${key}`),
  ].slice(0, MAX_COLUMNS);
}
