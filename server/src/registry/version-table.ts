import type { Database } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { listSourceModelMetrics, readLinkedSteps, readSourceModels } from '../tracking/source-models.ts';
import { listSourceMetrics, readSourceRuns, type SourceRun } from '../tracking/source-runs.ts';
import type { VisibleExperiments } from '../tracking/visible-experiments.ts';
import { listAliases } from './aliases-repository.ts';
import { type Measured, type MeasureOf, measuredOf } from './measured.ts';
import { getModelRow } from './models.ts';
import { readVersions, type VersionDetails } from './version-details.ts';
import * as repository from './version-table-repository.ts';
import { selectVersions } from './versions-repository.ts';

export interface VersionTableQuery {
  readonly name: string;
  readonly offset: number;
  /** At most 500. */
  readonly limit: number;
  /** Metrics of the sources, at most 100; without them the first 100 by name. */
  readonly metrics: readonly string[] | undefined;
  /** Which value of a run's history stands for it; the last one without it. */
  readonly measure?: MeasureOf;
  /** Of runs and logged models elsewhere nothing is told; all without it. */
  readonly visible?: VisibleExperiments;
}

export interface VersionTableRow {
  readonly details: VersionDetails;
  /** The run that the version came from, if it is (still) here. */
  readonly source: SourceRun | undefined;
  /** See `measuredOf`. */
  readonly metrics: ReadonlyMap<string, Measured>;
}

export interface VersionTablePage {
  /** Of the model, deleted ones left out. */
  readonly total: number;
  /** What was measured of the newest 200 versions, by name, at most 500. */
  readonly metricKeys: readonly string[];
  /** The newest first. */
  readonly rows: readonly VersionTableRow[];
}

const MAX_LIMIT = 500;
const MAX_METRICS = 100;
const MAX_KEYS = 500;
const ASKED_FOR_KEYS = 200;

/** The versions of a model beside what was measured of them: what pages compare versions by. */
export function createVersionTable({ db }: { readonly db: Database }) {
  return {
    /** @throws AppError NotFound for the model, InvalidArgument for a window that cannot be */
    async page({
      name,
      offset,
      limit,
      metrics,
      measure = 'last',
      visible = 'all',
    }: VersionTableQuery): Promise<VersionTablePage> {
      if (offset < 0) throw invalidArgument('offset must be 0 or more.', { field: 'offset' });
      if (limit < 1 || limit > MAX_LIMIT) {
        throw invalidArgument(`limit must be from 1 to ${MAX_LIMIT}.`, { field: 'limit' });
      }
      if (metrics !== undefined && metrics.length > MAX_METRICS) {
        throw invalidArgument(`At most ${MAX_METRICS} metrics can be asked for.`, { field: 'metrics' });
      }
      return db.read(async (sql) => {
        const { model_no: modelNo } = await getModelRow(sql, name);
        const { runIds, modelIds } = await repository.listSourceIds(sql, modelNo, ASKED_FOR_KEYS);
        const metricKeys = mergedKeys(
          await listSourceMetrics(sql, runIds, { limit: MAX_KEYS, visible }),
          await listSourceModelMetrics(sql, modelIds, { limit: MAX_KEYS, visible }),
        );
        const shownKeys = metrics ?? metricKeys.slice(0, MAX_METRICS);
        const versions = await selectVersions(sql, {
          where: 'v.model_no = ?',
          params: [modelNo],
          orderBy: 'v.version DESC',
          limit,
          offset,
        });
        const sources = await readSourceRuns(
          sql,
          [...new Set(versions.flatMap((version) => version.run_id || []))],
          { keys: shownKeys, visible },
        );
        const models = await readSourceModels(
          sql,
          [...new Set(versions.flatMap((version) => version.logged_model_id || []))],
          { keys: shownKeys, visible },
        );
        const linkedSteps = await readLinkedSteps(sql, [...sources.keys()], shownKeys);
        const aliases = Map.groupBy(await listAliases(sql, [modelNo]), ({ version }) => version);
        const details = await readVersions(sql, versions, { withAliases: false });
        return {
          total: await repository.countVersions(sql, modelNo),
          metricKeys,
          rows: details.map(({ row, tags }) => {
            const source = row.run_id === null ? undefined : sources.get(row.run_id);
            const ofModel = row.logged_model_id === null ? undefined : models.get(row.logged_model_id);
            return {
              details: { row, tags, aliases: (aliases.get(row.version) ?? []).map(({ alias }) => alias) },
              source,
              metrics: measuredOf({
                source,
                ofModel,
                linkedSteps: row.run_id === null ? undefined : linkedSteps.get(row.run_id),
                measure,
              }),
            };
          }),
        };
      });
    },
  };
}

const mergedKeys = (ofRuns: readonly string[], ofModels: readonly string[]): readonly string[] =>
  [...new Set([...ofRuns, ...ofModels])].sort().slice(0, MAX_KEYS);

export type VersionTable = ReturnType<typeof createVersionTable>;
