import { openConnection } from '../load/connection.ts';
import { aliasRequest, versionRequest } from '../scenarios/registry.ts';
import type { Subject } from '../scenarios/scenario.ts';
import { historyBatch } from '../scenarios/writes.ts';
import { call, inParallel, post } from './rest.ts';
import { HISTORY_KEY, shapedRun } from './shape.ts';

export interface Sizes {
  readonly runs: number;
  readonly historyPoints: number;
  readonly artifactBytes: number;
}

const WRITE_RUNS = 64;
const MODELS = 16;
const BATCH = 1000;

/** Puts the fixed runs into an experiment; returns their ids by index. */
export type FillRuns = (
  experimentId: string,
  runs: number,
  historyPoints: number,
) => Promise<{
  readonly runIds: readonly string[];
  readonly historyRunId: string;
}>;

/** Fills a fresh server with everything that the scenarios need. */
export async function fillServer(port: number, sizes: Sizes, fillRuns: FillRuns): Promise<Subject> {
  const connection = openConnection(port);
  try {
    const experimentId = await createExperiment(port, 'fixed');
    const writeExperimentId = await createExperiment(port, 'writes');
    const { runIds, historyRunId } = await fillRuns(experimentId, sizes.runs, sizes.historyPoints);
    const writeRunIds: string[] = [];
    for (let i = 0; i < WRITE_RUNS; i += 1) writeRunIds.push(await createRun(port, writeExperimentId, i));
    const modelNames = Array.from({ length: MODELS }, (_, i) => `model-${i}`);
    for (const [i, name] of modelNames.entries()) {
      await post(connection, 'registered-models/create', { name });
      await call(connection, versionRequest(name, experimentId, runIds[i]!));
      await call(connection, versionRequest(name, experimentId, runIds[i + 1]!));
      await call(connection, aliasRequest(name, '1'));
    }
    const { artifactBytes, historyPoints } = sizes;
    return {
      port,
      experimentId,
      runIds,
      writeExperimentId,
      writeRunIds,
      historyRunId,
      historyPoints,
      modelNames,
      artifactBytes,
    };
  } finally {
    connection.close();
  }
}

export async function createExperiment(port: number, name: string): Promise<string> {
  const connection = openConnection(port);
  try {
    const { experiment_id } = (await post(connection, 'experiments/create', { name })) as {
      experiment_id: string;
    };
    return experiment_id;
  } finally {
    connection.close();
  }
}

async function createRun(port: number, experimentId: string, index: number): Promise<string> {
  const connection = openConnection(port);
  try {
    const { run } = (await post(connection, 'runs/create', {
      experiment_id: experimentId,
      run_name: `written-${index}`,
      start_time: index,
    })) as { run: { info: { run_id: string } } };
    return run.info.run_id;
  } finally {
    connection.close();
  }
}

/** The fixed runs through the server's own API, as fast as it takes them. */
export function fillOverHttp(port: number, historyExperimentName = 'long histories'): FillRuns {
  return async (experimentId, runs, historyPoints) => {
    const runIds = await fillMoreRuns(port, experimentId, { from: 0, to: runs });
    const elsewhere = await createExperiment(port, historyExperimentName);
    const historyRunId = await createRun(port, elsewhere, 0);
    await writeHistory(port, historyRunId, historyPoints);
    return { runIds, historyRunId };
  };
}

export async function fillMoreRuns(
  port: number,
  experimentId: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<string[]> {
  const runIds: string[] = Array(to - from);
  await inParallel(port, to - from, async (connection, i) => {
    const { name, startTimeMs, params, tags, metrics } = shapedRun(from + i);
    const { run } = (await post(connection, 'runs/create', {
      experiment_id: experimentId,
      user_id: 'jane',
      run_name: name,
      start_time: startTimeMs,
      tags,
    })) as { run: { info: { run_id: string } } };
    runIds[i] = run.info.run_id;
    await post(connection, 'runs/log-batch', { run_id: run.info.run_id, params, metrics });
  });
  return runIds;
}

export async function writeHistory(port: number, runId: string, points: number): Promise<void> {
  await inParallel(
    port,
    Math.ceil(points / BATCH),
    async (connection, i) => {
      const size = Math.min(BATCH, points - i * BATCH);
      await call(connection, historyBatch(runId, HISTORY_KEY, i * BATCH, size));
    },
    4,
  );
}
