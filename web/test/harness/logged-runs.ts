import type { NewRun, RunStatus, SlipwayClient } from '../../../client/src/index.ts';

/** A run as it is when it has ended. */
export interface LoggedRun extends NewRun {
  readonly startTimeMs: number;
  readonly endTimeMs: number;
  /** FINISHED without it. */
  readonly status?: RunStatus;
  readonly metrics: readonly (readonly [key: string, step: number, value: number])[];
  readonly params: Readonly<Record<string, string>>;
}

const AT_ONCE = 12;

/** Logs runs, some at a time: what the pages look at is there in a second or two. @returns their ids, in their order */
export async function logRuns(client: SlipwayClient, runs: readonly LoggedRun[]): Promise<readonly string[]> {
  const ids: string[] = [];
  const waiting = runs.entries();
  const work = async () => {
    for (const [i, run] of waiting) ids[i] = await logRun(client, run);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return ids;
}

async function logRun(client: SlipwayClient, run: LoggedRun): Promise<string> {
  const { metrics, params, status = 'FINISHED', startTimeMs, endTimeMs } = run;
  const { runId } = await client.runs.create(run);
  await client.runs.logBatch(runId, {
    metrics: metrics.map(([key, step, value]) => ({ key, step, value, timestampMs: startTimeMs })),
    params,
  });
  await client.runs.update(runId, { status, endTimeMs });
  return runId;
}
