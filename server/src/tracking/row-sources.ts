import type { Database } from '../db/port.ts';
import type { RowColumn, RowQuery, RowSource, SourceRow } from '../db/row-source.ts';
import { int64 } from '../kernel/int64.ts';
import { nextTurn } from '../kernel/turns.ts';
import type {
  ExperimentScope,
  PointSourceRow,
  RunSourceRow,
  SeriesSourceRow,
} from './row-sources-repository.ts';
import * as repository from './row-sources-repository.ts';

type Query = RowQuery<ExperimentScope>;
type Pages = AsyncGenerator<readonly SourceRow[]>;

const PAGE = 2000;
/** Runs whose params, tags and metrics are read in one go while the event loop waits. */
const RUNS_AT_ONCE = 100;
const POINTS_AT_ONCE = 5000;
const FIRST = -1;

const column = (name: string, type: RowColumn['type'], comment: string): RowColumn => ({
  name,
  type,
  comment,
});
const RUN_KEYS = [
  column('run_id', 'string', 'The run'),
  column('experiment_id', 'string', 'The experiment of the run'),
];
const STAGE = column('lifecycle_stage', 'string', 'active, or deleted for what is in the trash');

/** What is tracked, as tables for those who ask in SQL. The scope holds the numbers of the experiments they may read. */
export const trackingRowSources: readonly RowSource<ExperimentScope>[] = [
  {
    name: 'experiments',
    comment: 'One row an experiment',
    columns: [
      column('experiment_id', 'string', 'Decimal digits'),
      column('name', 'string', 'Unique'),
      column('artifact_location', 'string', 'Where its runs keep their files'),
      STAGE,
      column('creation_time', 'timestamp', 'When it was made'),
      column('last_update_time', 'timestamp', 'When it last changed'),
    ],
    narrowing: ['experiment_id'],
    async *pages(db, query) {
      for await (const page of experimentPages(db, query)) {
        yield page.map((row) => [
          String(row.experiment_no),
          row.name,
          row.artifact_location,
          row.lifecycle_stage,
          row.creation_time,
          row.last_update_time,
        ]);
      }
    },
  },
  {
    name: 'experiment_tags',
    comment: 'One row a tag of an experiment',
    columns: [
      column('experiment_id', 'string', 'The experiment'),
      column('key', 'string', 'The tag'),
      column('value', 'string', 'Its value'),
    ],
    narrowing: ['experiment_id'],
    async *pages(db, query) {
      for await (const page of experimentPages(db, query)) {
        const numbers = page.map((row) => row.experiment_no);
        const tags = await db.read((sql) => repository.listExperimentTags(sql, numbers));
        yield tags.map(([experimentNo, key, value]) => [String(experimentNo), key, value]);
      }
    },
  },
  {
    name: 'runs',
    comment: 'One row a run',
    columns: [
      ...RUN_KEYS,
      column('run_name', 'string', 'Its name'),
      column('user_id', 'string', 'Who made it'),
      column('status', 'string', 'RUNNING, SCHEDULED, FINISHED, FAILED or KILLED'),
      column('start_time', 'timestamp', 'When it began'),
      column('end_time', 'timestamp', 'When it ended'),
      STAGE,
    ],
    narrowing: ['run_id', 'experiment_id'],
    async *pages(db, query) {
      for await (const page of runPages(db, query, PAGE)) {
        yield page.map(([, runId, experimentNo, name, userId, status, start, end, stage]) => [
          runId,
          String(experimentNo),
          name,
          userId,
          status,
          int64(start),
          end === null ? null : int64(end),
          stage,
        ]);
      }
    },
  },
  runTexts('params', 'params', 'One row a parameter of a run'),
  runTexts('tags', 'run_tags', 'One row a tag of a run'),
  {
    name: 'metrics',
    comment: 'One row a metric of a run: its latest point',
    columns: [
      ...RUN_KEYS,
      column('key', 'string', 'The metric'),
      column(
        'value',
        'double',
        'Of the point with the highest step, then the latest time, then the highest value',
      ),
      column('step', 'bigint', 'Of the same point'),
      column('timestamp', 'timestamp', 'Of the same point'),
      column('point_count', 'bigint', 'How many points the history has'),
    ],
    narrowing: ['run_id', 'experiment_id', 'key'],
    async *pages(db, query) {
      for await (const { runs, series } of seriesPages(db, query)) {
        yield series.map((row) => {
          const [runNo, key, value, isNan, step, timestamp, points] = row;
          return [...runs.get(runNo)!, key, number(value, isNan), int64(step), int64(timestamp), points];
        });
      }
    },
  },
  {
    name: 'metric_history',
    comment: 'One row a logged point of a metric',
    columns: [
      ...RUN_KEYS,
      column('key', 'string', 'The metric'),
      column('value', 'double', 'As it was logged'),
      column('step', 'bigint', 'As it was logged'),
      column('timestamp', 'timestamp', 'As it was logged'),
    ],
    narrowing: ['run_id', 'experiment_id', 'key'],
    pages: historyPages,
  },
];

function runTexts(name: string, table: 'params' | 'run_tags', comment: string): RowSource<ExperimentScope> {
  return {
    name,
    comment,
    columns: [...RUN_KEYS, column('key', 'string', 'Its name'), column('value', 'string', 'Its value')],
    narrowing: ['run_id', 'experiment_id', 'key'],
    async *pages(db, query) {
      for await (const page of runPages(db, query, RUNS_AT_ONCE)) {
        const runs = keysOf(page);
        const found = await db.read((sql) =>
          repository.listRunTexts(sql, table, { runNos: [...runs.keys()], keys: query.only.key }),
        );
        yield found.map(([runNo, key, value]) => [...runs.get(runNo)!, key, value]);
      }
    },
  };
}

async function* historyPages(db: Database, query: Query): Pages {
  for await (const { runs, series } of seriesPages(db, query)) {
    const bySeries = new Map(series.map((row) => [row[7], row]));
    const render = (points: readonly PointSourceRow[]): SourceRow[] =>
      points.map(([seriesNo, step, timestamp, value, isNan]) => {
        const [runNo, key] = bySeries.get(seriesNo)!;
        return [...runs.get(runNo)!, key, number(value, isNan), int64(step), int64(timestamp)];
      });
    for (const group of groupsOf(series)) {
      if (group.length > 1 || group[0]![6] <= POINTS_AT_ONCE) {
        const numbers = group.map((row) => row[7]);
        yield render(await db.read((sql) => repository.listPoints(sql, numbers)));
        await nextTurn();
        continue;
      }
      let after: PointSourceRow | undefined;
      for (;;) {
        const options = { after, limit: POINTS_AT_ONCE };
        const points = await db.read((sql) => repository.listPointsAfter(sql, group[0]![7], options));
        yield render(points);
        if (points.length < POINTS_AT_ONCE) break;
        after = points.at(-1);
        await nextTurn();
      }
    }
  }
}

/** Histories that are read together: few points in all, or one that is long. */
function* groupsOf(series: readonly SeriesSourceRow[]): Generator<readonly SeriesSourceRow[]> {
  let group: SeriesSourceRow[] = [];
  let points = 0;
  for (const row of series) {
    if (group.length > 0 && points + row[6] > POINTS_AT_ONCE) {
      yield group;
      group = [];
      points = 0;
    }
    group.push(row);
    points += row[6];
  }
  if (group.length > 0) yield group;
}

async function* experimentPages(db: Database, { scope, only }: Query) {
  const experimentNos = numbersOf(only.experiment_id);
  let after = FIRST;
  for (;;) {
    const options = { scope, experimentNos, after, limit: PAGE };
    const page = await db.read((sql) => repository.listExperiments(sql, options));
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.experiment_no;
    await nextTurn();
  }
}

async function* runPages(
  db: Database,
  { scope, only }: Query,
  atOnce: number,
): AsyncGenerator<RunSourceRow[]> {
  const experimentNos = numbersOf(only.experiment_id);
  let after = FIRST;
  for (;;) {
    const options = { scope, experimentNos, runIds: only.run_id, after, limit: PAGE };
    const page = await db.read((sql) => repository.listRuns(sql, options));
    for (let at = 0; at < page.length; at += atOnce) {
      yield page.slice(at, at + atOnce);
      await nextTurn();
    }
    if (page.length < PAGE) return;
    after = page.at(-1)![0];
  }
}

async function* seriesPages(db: Database, query: Query) {
  for await (const page of runPages(db, query, RUNS_AT_ONCE)) {
    const runs = keysOf(page);
    const options = { runNos: [...runs.keys()], keys: query.only.key };
    yield { runs, series: await db.read((sql) => repository.listSeries(sql, options)) };
  }
}

/** What the rows of a run begin with, by its number. */
const keysOf = (runs: readonly RunSourceRow[]): ReadonlyMap<number, readonly [string, string]> =>
  new Map(runs.map(([runNo, runId, experimentNo]) => [runNo, [runId, String(experimentNo)]]));

const number = (value: number, isNan: number): number => (isNan === 1 ? Number.NaN : value);

/** Experiments by their ids; what is no id names none. */
function numbersOf(ids: readonly string[] | undefined): readonly number[] | undefined {
  return ids?.filter((id) => /^(0|[1-9]\d{0,15})$/.test(id)).map(Number);
}
