import type { Database, Sql } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { countRuns } from './activity-repository.ts';
import {
  countOverview,
  type OverviewOrder,
  type OverviewQuery,
  type OverviewRow,
  selectOverview,
  selectOverviewOf,
} from './experiment-overview-repository.ts';
import type { LifecycleStage } from './experiments-repository.ts';

export interface OverviewEntry {
  readonly experimentNo: number;
  readonly name: string;
  /** The folder that it is directly in, without a slash at the end; empty at the top level. */
  readonly folder: string;
  readonly lifecycleStage: LifecycleStage;
  readonly creationTimeMs: number;
  readonly lastUpdateTimeMs: number;
  /** When a run last started; the time of creation where there is none. */
  readonly lastActivityMs: number;
  readonly runs: number;
  readonly running: number;
  /** The beginning of what people wrote about it, in Markdown. */
  readonly note: string | undefined;
}

export interface OverviewRequest extends Omit<OverviewQuery, 'orderBy' | 'descending'> {
  /** `name`, `creation_time`, `last_update_time` or `last_activity`, with `ASC` or `DESC`; the latest active first without. */
  readonly order: string | undefined;
}

const MAX_WINDOW = 500;

/** Experiments as a person looks through them: a window of a list, each with what happens in it. */
export function createExperimentOverview({ db }: { readonly db: Database }) {
  return {
    /** @throws AppError InvalidArgument for an order that there is not or a window of more than 500. */
    async list(
      request: OverviewRequest,
    ): Promise<{ readonly total: number; readonly experiments: readonly OverviewEntry[] }> {
      const { offset, limit } = request;
      if (limit < 1 || limit > MAX_WINDOW)
        throw invalidArgument(`Invalid limit ${limit}: expected 1 to ${MAX_WINDOW}.`, { field: 'limit' });
      if (offset < 0)
        throw invalidArgument(`Invalid offset ${offset}: expected 0 or more.`, { field: 'offset' });
      const query: OverviewQuery = { ...request, ...parseOrder(request.order) };
      return db.read(async (sql) => {
        const total = await countOverview(sql, query);
        const rows = await selectOverview(sql, query);
        return { total, experiments: await withRuns(sql, rows) };
      });
    },

    /** These experiments, in no order; those that are not there are left out. Who may see them is for the caller to know. */
    async describe(experimentNos: readonly number[]): Promise<readonly OverviewEntry[]> {
      return db.read(async (sql) => withRuns(sql, await selectOverviewOf(sql, experimentNos)));
    },
  };
}

export type ExperimentOverview = ReturnType<typeof createExperimentOverview>;

async function withRuns(sql: Sql, rows: readonly OverviewRow[]): Promise<readonly OverviewEntry[]> {
  const counts = await countRuns(
    sql,
    rows.map((row) => row.experiment_no),
  );
  return rows.map((row) => ({
    experimentNo: row.experiment_no,
    name: row.name,
    folder: row.folder.slice(0, -1),
    lifecycleStage: row.lifecycle_stage,
    creationTimeMs: row.creation_time,
    lastUpdateTimeMs: row.last_update_time,
    lastActivityMs: row.last_activity,
    runs: counts.get(row.experiment_no)?.runs ?? 0,
    running: counts.get(row.experiment_no)?.running ?? 0,
    note: row.note ?? undefined,
  }));
}

const ORDERS: readonly OverviewOrder[] = ['name', 'creation_time', 'last_update_time', 'last_activity'];

function parseOrder(text: string | undefined): { orderBy: OverviewOrder; descending: boolean } {
  if (text === undefined || text.trim() === '') return { orderBy: 'last_activity', descending: true };
  const [name, direction = 'ASC', ...rest] = text.trim().split(/\s+/);
  const orderBy = ORDERS.find((known) => known === name);
  if (orderBy === undefined || !/^(asc|desc)$/i.test(direction) || rest.length > 0) {
    throw invalidArgument(
      `Invalid order_by '${text.slice(0, 100)}': expected one of ${ORDERS.join(', ')}, with ASC or DESC.`,
      { field: 'order_by' },
    );
  }
  return { orderBy, descending: /^desc$/i.test(direction) };
}
