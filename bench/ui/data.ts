import { createExperiment, fillMoreRuns } from '../data/fill.ts';
import { fillPeerTables, insertIntoSqlite } from '../data/fill-peer.ts';
import { inParallel, post } from '../data/rest.ts';
import { FIRST_START_MS, spread } from '../data/shape.ts';
import type { Connection } from '../load/connection.ts';

export interface UiSizes {
  /** What both interfaces show. */
  readonly sweepRuns: number;
  /** Runs with 20 of 1,000 keys each. */
  readonly wideRuns: number;
  readonly curves: number;
  readonly curvePoints: number;
  readonly historyPoints: number;
}

export interface UiData {
  readonly sweepId: string;
  readonly wideId: string;
  readonly curvesId: string;
  readonly historyExperimentId: string;
  readonly historyRunId: string;
  /** As they must be shown. */
  readonly history: { readonly last: number; readonly min: number; readonly max: number };
}

const KEYS = 1000;
const KEYS_PER_RUN = 20;
const BATCH = 1000;

/** The sweep in MLflow's own tables: by HTTP it would take minutes. */
export async function fillPeerSweep(port: number, databaseFile: string, runs: number): Promise<string> {
  const experimentId = await createExperiment(port, 'sweep');
  await fillPeerTables(port, insertIntoSqlite(databaseFile))(experimentId, runs, 1);
  return experimentId;
}

export async function fillSlipway(port: number, sizes: UiSizes): Promise<UiData> {
  const sweepId = await createExperiment(port, 'sweep');
  await fillMoreRuns(port, sweepId, { from: 0, to: sizes.sweepRuns });
  const wideId = await createExperiment(port, 'wide');
  await inParallel(port, sizes.wideRuns, (connection, i) => logWideRun(connection, wideId, i));
  const curvesId = await createExperiment(port, 'curves');
  await inParallel(
    port,
    sizes.curves,
    async (connection, i) => {
      const runId = await createRun(connection, curvesId, `curve-${i}`);
      await logPoints(connection, runId, sizes.curvePoints, (step) => curvePoint(i, step));
    },
    4,
  );
  const historyExperimentId = await createExperiment(port, 'history');
  let historyRunId = '';
  await inParallel(port, 1, async (connection) => {
    historyRunId = await createRun(connection, historyExperimentId, 'a million steps');
    await logPoints(connection, historyRunId, sizes.historyPoints, longPoint);
  });
  const values = Array.from({ length: sizes.historyPoints }, (_, step) => longPoint(step));
  const history = {
    last: values.at(-1)!,
    min: values.reduce((least, value) => Math.min(least, value)),
    max: values.reduce((most, value) => Math.max(most, value)),
  };
  return { sweepId, wideId, curvesId, historyExperimentId, historyRunId, history };
}

async function logWideRun(connection: Connection, experimentId: string, index: number): Promise<void> {
  const runId = await createRun(connection, experimentId, `run-${index}`, FIRST_START_MS + index * 1000);
  const first = Math.floor(spread(index, 1) * (KEYS / KEYS_PER_RUN)) * KEYS_PER_RUN;
  const metrics = Array.from({ length: KEYS_PER_RUN }, (_, k) => ({
    key: `metric_${String(first + k).padStart(4, '0')}`,
    value: spread(index, 10 + k),
    timestamp: FIRST_START_MS + index * 1000,
    step: 0,
  }));
  const params = [{ key: 'group', value: `g${index % 50}` }];
  await post(connection, 'runs/log-batch', { run_id: runId, metrics, params });
}

async function createRun(
  connection: Connection,
  experimentId: string,
  name: string,
  startTimeMs = FIRST_START_MS,
): Promise<string> {
  const { run } = (await post(connection, 'runs/create', {
    experiment_id: experimentId,
    run_name: name,
    start_time: startTimeMs,
  })) as { run: { info: { run_id: string } } };
  return run.info.run_id;
}

async function logPoints(
  connection: Connection,
  runId: string,
  points: number,
  pointAt: (step: number) => number,
): Promise<void> {
  for (let from = 0; from < points; from += BATCH) {
    const metrics = Array.from({ length: Math.min(BATCH, points - from) }, (_, k) => ({
      key: 'loss',
      value: pointAt(from + k),
      timestamp: FIRST_START_MS + (from + k) * 10,
      step: from + k,
    }));
    await post(connection, 'runs/log-batch', { run_id: runId, metrics });
  }
}

const curvePoint = (run: number, step: number): number =>
  (1 + spread(run, 3)) * Math.exp(-step / 3000) + spread(step, 50 + run) / 20;

/** With one spike up and one down that a thinned chart must not lose. */
function longPoint(step: number): number {
  if (step === 87) return 2.137;
  if (step === 654_321) return -1.5;
  return 1 / (1 + step / 50_000) + spread(step, 900) / 10;
}
