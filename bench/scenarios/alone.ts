// What is measured on Slipway without a rival: bars that are times, not ratios.
import { createExperiment, fillMoreRuns, writeHistory } from '../data/fill.ts';
import { post } from '../data/rest.ts';
import { HISTORY_KEY, historyPoint } from '../data/shape.ts';
import { openConnection, prepareRequest } from '../load/connection.ts';
import { median, quantile } from '../measure.ts';
import { startSlipway } from '../targets/servers.ts';
import { reads } from './reads.ts';
import type { Subject } from './scenario.ts';

export interface Finding {
  readonly title: string;
  readonly value: string;
  readonly bar: string;
  readonly isMet: boolean | undefined;
}

const THINNED_PATH = '/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval';
const THINNED_BAR_MS = 30;
const GROWTH_BAR = 1.5;
const START_BAR_MS = 1000;
const MEMORY_BAR_MIB = 300;
const MIB = 1024 * 1024;

/** Milliseconds that a request takes on one connection: one value for each of `times` repetitions, ascending. */
async function latencies(port: number, request: (i: number) => Buffer, times: number): Promise<Float64Array> {
  const connection = openConnection(port);
  try {
    const took: number[] = [];
    for (let i = -5; i < times; i += 1) {
      const started = performance.now();
      const { status } = await connection.exchange(request(Math.max(i, 0)));
      if (status !== 200) throw new Error(`answered ${status}`);
      // The first ones only warm up.
      if (i >= 0) took.push(performance.now() - started);
    }
    return Float64Array.from(took).sort();
  } finally {
    connection.close();
  }
}

const thinnedRequest = (runId: string): Buffer =>
  prepareRequest('GET', `${THINNED_PATH}?run_ids=${runId}&metric_key=${HISTORY_KEY}&max_results=2500`);

/** A long history as a chart asks for it. */
export async function measureThinned(
  subject: Subject,
  peer: Subject | undefined,
  points: number,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (peer !== undefined) {
    const took = await latencies(peer.port, () => thinnedRequest(peer.historyRunId), 5);
    findings.push({
      title: `mlflow server: ${describe(peer.historyPoints)} points thinned, median`,
      value: `${quantile(took, 0.5).toFixed(1)} ms`,
      bar: '–',
      isMet: undefined,
    });
  }
  const connection = openConnection(subject.port);
  try {
    const created = await post(connection, 'runs/create', {
      experiment_id: subject.writeExperimentId,
      start_time: 1,
    });
    const runId = (created as { run: { info: { run_id: string } } }).run.info.run_id;
    await writeHistory(subject.port, runId, points);
    for (const [length, id] of [
      [subject.historyPoints, subject.historyRunId],
      [points, runId],
    ] as const) {
      const took = await latencies(subject.port, () => thinnedRequest(id), 50);
      const { body } = await connection.exchange(thinnedRequest(id), { keepBody: true });
      const kept = keepsExtremes(body, length) ? 'min/max kept' : 'min/max NOT kept';
      const p95 = quantile(took, 0.95);
      findings.push({
        title: `${describe(length)} points thinned, median / 95 %`,
        value: `${quantile(took, 0.5).toFixed(1)} / ${p95.toFixed(1)} ms, ${kept}`,
        bar: `≤ ${THINNED_BAR_MS} ms, min/max kept`,
        isMet: p95 <= THINNED_BAR_MS && keepsExtremes(body, length),
      });
    }
    return findings;
  } finally {
    connection.close();
  }
}

function keepsExtremes(body: Buffer, points: number): boolean {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let step = 0; step < points; step += 1) {
    const { value } = historyPoint(step);
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  const { metrics = [] } = JSON.parse(body.toString()) as { metrics?: { value: number }[] };
  const values = new Set(metrics.map(({ value }) => value));
  return values.has(least) && values.has(greatest);
}

/** How the searches grow with the runs that they do not return: a server of its own, filled twice. */
export async function measureGrowth(
  home: string,
  sizes: readonly [small: number, large: number],
  databaseUrl?: string,
): Promise<Finding[]> {
  const server = await startSlipway({ home, databaseUrl });
  try {
    const experimentId = await createExperiment(server.port, 'growing');
    const searches = reads.filter(({ name }) => name.startsWith('search-'));
    const medians: number[][] = [];
    let filled = 0;
    for (const size of sizes) {
      await fillMoreRuns(server.port, experimentId, { from: filled, to: size });
      filled = size;
      const subject = { port: server.port, experimentId, runIds: { length: size } } as unknown as Subject;
      const row: number[] = [];
      for (const search of searches) {
        const plan = search.plan(subject);
        if (plan.kind !== 'requests') throw new Error(`${search.name} is no single request`);
        row.push(quantile(await latencies(server.port, () => plan.next().bytes, 40), 0.5));
      }
      medians.push(row);
    }
    const [small, large] = medians as [number[], number[]];
    return searches.map(({ name, title }, i) => {
      const growth = large[i]! / small[i]!;
      const onePass = sizes[1] / sizes[0];
      const bar = name === 'search-complex' ? onePass : GROWTH_BAR;
      return {
        title: `${title}: ${describe(sizes[0])} → ${describe(sizes[1])} runs`,
        value: `${small[i]!.toFixed(1)} → ${large[i]!.toFixed(1)} ms, ${growth.toFixed(2)}×`,
        bar: name === 'search-complex' ? `≤ ${onePass}× (one pass)` : `≤ ${GROWTH_BAR}×`,
        isMet: growth <= bar,
      };
    });
  } finally {
    await server.stop();
  }
}

/** From the start of the process to the first answer, over a home that exists: built and migrated. */
export async function measureStart(
  home: string,
  peerStartedInMs: number | undefined,
  databaseUrl?: string,
): Promise<Finding[]> {
  const took: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    const server = await startSlipway({ home, databaseUrl });
    // The first start migrates and fills the cache of compiled code.
    if (i > 0) took.push(server.startedInMs);
    await server.stop();
  }
  const value = median(took);
  const findings: Finding[] = [
    {
      title: 'process start to first answer',
      value: `${value.toFixed(0)} ms`,
      bar: '≤ 1 s',
      isMet: value <= START_BAR_MS,
    },
  ];
  if (peerStartedInMs !== undefined) {
    findings.push({
      title: 'mlflow server: start to first answer (fresh database)',
      value: `${(peerStartedInMs / 1000).toFixed(1)} s`,
      bar: '–',
      isMet: undefined,
    });
  }
  return findings;
}

export function describeMemory(
  title: string,
  { processes, residentBytes }: { processes: number; residentBytes: number },
  hasBar: boolean,
): Finding {
  const mib = residentBytes / MIB;
  return {
    title: `${title}: resident memory after all of it`,
    value: `${mib.toFixed(0)} MiB in ${processes} ${processes === 1 ? 'process' : 'processes'}`,
    bar: hasBar ? `≤ ${MEMORY_BAR_MIB} MiB` : '–',
    isMet: hasBar ? mib <= MEMORY_BAR_MIB : undefined,
  };
}

const describe = (count: number): string => count.toLocaleString('en-US');
