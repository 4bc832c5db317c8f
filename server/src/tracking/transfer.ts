import type { Database, Sql, Transaction } from '../db/port.ts';
import { raiseSequence } from '../db/sequences.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import { listExperimentTags, upsertExperimentTags } from './experiments-repository.ts';
import { modelArtifactLocation } from './logged-models.ts';
import { listModelMetrics, listModelParams, listModelTags } from './logged-models-repository.ts';
import { addPoint, type MetricPoint, type SeriesSummary } from './metric-rules.ts';
import { findSeriesNumbers, insertNewPoints, upsertSeries } from './metrics-repository.ts';
import { runArtifactLocation } from './run-details.ts';
import { linkModels, listRunDatasets, listRunModels } from './run-inputs-repository.ts';
import { listParams, listTags } from './runs-repository.ts';
import type {
  HistoryStretch,
  TransferredExperiment,
  TransferredLoggedModel,
  TransferredRun,
} from './transfer-entities.ts';
import * as repository from './transfer-repository.ts';

export type { PlacedModel, PlacedRun } from './transfer-repository.ts';
export {
  findTakenExperiments,
  findTakenModels,
  findTakenRuns,
  hasRuns,
  setExperimentLocation,
} from './transfer-repository.ts';

/** Points that are held in memory, read or written, in one go. */
const POINTS_AT_ONCE = 20_000;
const RUNS_AT_ONCE = 200;

type NewExperiment = TransferredExperiment & Pick<repository.ExperimentFacts, 'deletedAtMs'>;

/** A new experiment with the given number, or with the next free one; its number. */
export async function putExperiment(
  tx: Transaction,
  experimentNo: number | undefined,
  experiment: NewExperiment,
): Promise<number> {
  const number = await repository.insertExperimentRow(tx, experimentNo, experiment);
  await raiseSequence(tx, 'experiments', 'experiment_no');
  await upsertExperimentTags(tx, number, experiment.tags);
  return number;
}

/** Makes an experiment that is there what the given one is. Its other tags stay. */
export async function overwriteExperiment(
  tx: Transaction,
  experimentNo: number,
  experiment: NewExperiment,
): Promise<void> {
  await repository.overwriteExperimentRow(tx, experimentNo, experiment);
  await upsertExperimentTags(tx, experimentNo, experiment.tags);
}

/** Adds tags to an experiment that keeps everything else. */
export async function mergeExperimentTags(
  tx: Transaction,
  experimentNo: number,
  tags: TransferredExperiment['tags'],
): Promise<void> {
  await upsertExperimentTags(tx, experimentNo, tags);
}

/** Writes runs with everything but their histories. Rows that are there stay: writing again changes nothing. */
export async function putRuns(tx: Transaction, runs: readonly repository.PlacedRun[]): Promise<void> {
  const numberOf = await repository.insertRunRows(tx, runs);
  await repository.insertRunDetails(tx, runs, numberOf);
  await repository.insertRunDatasets(tx, runs, numberOf);
  await linkModels(
    tx,
    runs.flatMap((run) => run.models.map((link) => ({ ...link, runNo: numberOf.get(run.runId)! }))),
  );
}

/** Writes logged models whole. Rows that are there stay. */
export async function putLoggedModels(tx: Transaction, models: readonly repository.PlacedModel[]) {
  const numberOf = await repository.insertModelRows(tx, models);
  await repository.insertModelDetails(tx, models, numberOf);
}

interface PendingSeries {
  readonly runId: string;
  readonly key: string;
  summary: SeriesSummary | undefined;
  points: MetricPoint[];
}

/**
 * Writes whole histories, in transactions of bounded size. Each history must come from its first point: its summary is
 * made from what was seen. Writing again after a stop changes nothing that is right already.
 */
export async function putHistories(
  db: Database,
  experimentNoOf: (runId: string) => number,
  stretches: AsyncIterable<HistoryStretch>,
): Promise<number> {
  let pending: PendingSeries[] = [];
  let held = 0;
  let written = 0;

  async function flush(): Promise<void> {
    if (held === 0) return;
    const series = pending;
    await db.write((tx) => writeSeries(tx, series, experimentNoOf));
    written += held;
    held = 0;
    // The last may go on in the next stretch.
    const last = series.at(-1)!;
    last.points = [];
    pending = [last];
  }

  for await (const { runId, key, points } of stretches) {
    let series = pending.at(-1);
    if (series === undefined || series.runId !== runId || series.key !== key) {
      series = { runId, key, summary: undefined, points: [] };
      pending.push(series);
    }
    for (const point of points) {
      series.summary = addPoint(series.summary, point);
      series.points.push(point);
    }
    held += points.length;
    if (held >= POINTS_AT_ONCE) await flush();
  }
  await flush();
  return written;
}

async function writeSeries(
  tx: Transaction,
  all: readonly PendingSeries[],
  experimentNoOf: (runId: string) => number,
): Promise<void> {
  const series = all.filter(({ points }) => points.length > 0);
  const numberOf = await repository.findRunNumbers(tx, [...new Set(series.map(({ runId }) => runId))]);
  await upsertSeries(
    tx,
    series.map(({ runId, key, summary }) => ({
      seriesNo: undefined,
      runNo: numberOf.get(runId)!,
      experimentNo: experimentNoOf(runId),
      key,
      summary: summary!,
    })),
  );
  const identity = (runNo: number, key: string) => `${runNo}/${key}`;
  const rows = await findSeriesNumbers(
    tx,
    series.map(({ runId, key }) => [numberOf.get(runId)!, key] as const),
  );
  const seriesNoOf = new Map(rows.map((row) => [identity(row.run_no, row.key), row.series_no]));
  await insertNewPoints(
    tx,
    series.flatMap(({ runId, key, points }) => {
      const seriesNo = seriesNoOf.get(identity(numberOf.get(runId)!, key))!;
      return points.map((point) => ({ seriesNo, point }));
    }),
  );
}

/** All experiments, in pages by ascending number. */
export async function* readExperiments(db: Database): AsyncGenerator<TransferredExperiment[]> {
  for (let after = -1; ; ) {
    const page = await db.read(async (sql) => {
      const rows = await repository.listExperimentRows(sql, after, 500);
      const tags = Map.groupBy(
        await listExperimentTags(
          sql,
          rows.map((row) => row.experiment_no),
        ),
        (tag) => tag.experiment_no,
      );
      return rows.map((row) => ({
        experimentNo: row.experiment_no,
        entity: {
          experimentId: String(row.experiment_no),
          name: row.name,
          artifactLocation: row.artifact_location,
          stage: row.lifecycle_stage,
          creationTimeMs: row.creation_time,
          lastUpdateTimeMs: row.last_update_time,
          tags: (tags.get(row.experiment_no) ?? []).map(({ key, value }) => ({ key, value })),
        },
      }));
    });
    if (page.length === 0) return;
    after = page.at(-1)!.experimentNo;
    yield page.map(({ entity }) => entity);
  }
}

/** The runs among `runIds` that exist, with everything but their histories. */
export async function readRuns(sql: Sql, runIds: readonly string[]): Promise<TransferredRun[]> {
  const rows = await repository.selectRuns(sql, runIds);
  const numbers = rows.map((row) => row.run_no);
  if (numbers.length === 0) return [];
  const params = Map.groupBy(await listParams(sql, numbers), ([runNo]) => runNo);
  const tags = Map.groupBy(await listTags(sql, numbers), ([runNo]) => runNo);
  const datasets = Map.groupBy(await listRunDatasets(sql, numbers), (dataset) => dataset.runNo);
  const models = Map.groupBy(await listRunModels(sql, numbers), (model) => model.runNo);
  const keyed = (tuples: readonly (readonly [number, string, string])[] = []) =>
    tuples.map(([, key, value]) => ({ key, value }));
  return rows.map((row) => ({
    runId: row.run_id,
    experimentId: String(row.experiment_no),
    name: row.name,
    userId: row.user_id,
    status: row.status,
    startTimeMs: int64(row.start_time),
    endTimeMs: row.end_time === null ? null : int64(row.end_time),
    stage: row.lifecycle_stage,
    artifactLocation: runArtifactLocation({ artifactLocation: row.artifact_location, runId: row.run_id }),
    params: keyed(params.get(row.run_no)),
    tags: keyed(tags.get(row.run_no)),
    datasets: datasets.get(row.run_no) ?? [],
    models: models.get(row.run_no) ?? [],
  }));
}

/** The logged models among `modelIds` that exist, whole. */
export async function readLoggedModels(
  sql: Sql,
  modelIds: readonly string[],
): Promise<TransferredLoggedModel[]> {
  const rows = await repository.selectModels(sql, modelIds);
  const numbers = rows.map((row) => row.model_no);
  const params = Map.groupBy(await listModelParams(sql, numbers), (param) => param.model_no);
  const tags = Map.groupBy(await listModelTags(sql, numbers), (tag) => tag.model_no);
  const metrics = Map.groupBy(await listModelMetrics(sql, numbers), (metric) => metric.modelNo);
  const keyed = (list: readonly { readonly key: string; readonly value: string }[] = []) =>
    list.map(({ key, value }) => ({ key, value }));
  return rows.map((row) => ({
    modelId: row.model_id,
    experimentId: String(row.experiment_no),
    name: row.name,
    modelType: row.model_type,
    sourceRunId: row.source_run_id,
    status: row.status,
    statusMessage: row.status_message,
    creationTimeMs: row.creation_time,
    lastUpdateTimeMs: row.last_update_time,
    stage: row.lifecycle_stage,
    artifactLocation: modelArtifactLocation(row),
    params: keyed(params.get(row.model_no)),
    tags: keyed(tags.get(row.model_no)),
    metrics: (metrics.get(row.model_no) ?? []).map((metric) => ({
      ...metric,
      datasetName: metric.datasetName ?? null,
      datasetDigest: metric.datasetDigest ?? null,
    })),
  }));
}

/** Ids of all runs, in pages in ascending order. */
export async function* listRunIds(db: Database): AsyncGenerator<string[]> {
  yield* idPages(db, repository.listRunIds);
}

/** Ids of all logged models, in pages in ascending order. */
export async function* listModelIds(db: Database): AsyncGenerator<string[]> {
  yield* idPages(db, repository.listModelIds);
}

async function* idPages(
  db: Database,
  list: (sql: Sql, after: string, limit: number) => Promise<string[]>,
): AsyncGenerator<string[]> {
  for (let after = ''; ; ) {
    const page = await db.read((sql) => list(sql, after, RUNS_AT_ONCE));
    if (page.length === 0) return;
    after = page.at(-1)!;
    yield page;
  }
}

export interface KeptSummary {
  readonly runId: string;
  readonly key: string;
  readonly latest: MetricPoint;
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
}

/** What is kept of every metric of the runs beside its points. */
export async function readSummaries(sql: Sql, runIds: readonly string[]): Promise<KeptSummary[]> {
  const idOf = new Map(
    Array.from(await repository.findRunNumbers(sql, runIds), ([id, number]) => [number, id]),
  );
  const rows = await repository.listSeries(sql, [...idOf.keys()]);
  return rows.map((row) => ({
    runId: idOf.get(row.run_no)!,
    key: row.key,
    latest: { step: row.step, timestampMs: row.timestamp, value: row.value },
    count: row.point_count,
    min: row.min_value,
    max: row.max_value,
  }));
}

/** The histories of the runs; memory does not grow with their length. */
export async function* readHistories(
  db: Database,
  runIds: readonly string[],
): AsyncGenerator<HistoryStretch> {
  const { idOf, series } = await db.read(async (sql) => {
    const numbers = await repository.findRunNumbers(sql, runIds);
    return {
      idOf: new Map(Array.from(numbers, ([id, number]) => [number, id])),
      series: await repository.listSeries(sql, [...numbers.values()]),
    };
  });
  const nameOf = new Map(
    series.map((row) => [row.series_no, { runId: idOf.get(row.run_no)!, key: row.key }]),
  );
  let batch: number[] = [];
  let held = 0;
  for (const { series_no: seriesNo, point_count: count } of series) {
    if (held > 0 && held + count > POINTS_AT_ONCE) {
      yield* await readBatch(db, batch, nameOf);
      batch = [];
      held = 0;
    }
    if (count > POINTS_AT_ONCE) {
      yield* readLong(db, seriesNo, nameOf.get(seriesNo)!);
    } else {
      batch.push(seriesNo);
      held += count;
    }
  }
  if (batch.length > 0) yield* await readBatch(db, batch, nameOf);
}

type SeriesName = Pick<HistoryStretch, 'runId' | 'key'>;

async function readBatch(
  db: Database,
  seriesNos: readonly number[],
  nameOf: ReadonlyMap<number, SeriesName>,
): Promise<HistoryStretch[]> {
  const points = await db.read((sql) => repository.listPointsOfSeries(sql, seriesNos));
  return Array.from(
    Map.groupBy(points, (point) => point.seriesNo),
    ([seriesNo, ofSeries]) => ({
      ...nameOf.get(seriesNo)!,
      points: ofSeries.map(asMetricPoint),
    }),
  );
}

async function* readLong(db: Database, seriesNo: number, name: SeriesName): AsyncGenerator<HistoryStretch> {
  let after: repository.StoredPoint | undefined;
  for (;;) {
    const page = await db.read((sql) =>
      repository.listPointsAfter(sql, seriesNo, { after, limit: POINTS_AT_ONCE }),
    );
    if (page.length === 0) return;
    after = page.at(-1)!;
    yield { ...name, points: page.map(asMetricPoint) };
  }
}

const asMetricPoint = (point: {
  readonly step: Int64;
  readonly timestampMs: Int64;
  readonly value: number;
  readonly isNan: number;
}): MetricPoint => ({
  step: point.step,
  timestampMs: point.timestampMs,
  value: point.isNan === 1 ? Number.NaN : point.value,
});
