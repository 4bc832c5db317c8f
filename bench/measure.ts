import { call } from './data/rest.ts';
import { type LoopResult, type Request, runClosedLoop } from './load/closed-loop.ts';
import { type Connection, openConnection } from './load/connection.ts';
import type { Requests, Scenario, Sequence, Subject } from './scenarios/scenario.ts';

export type SubjectName = 'peer' | 'slipway' | 'bare';

export interface Pace {
  readonly rounds: number;
  readonly roundMs: number;
  /** The peer answers so little that its rounds take longer for a number worth reading. */
  readonly peerRoundMs: number;
  readonly warmUpMs: number;
}

export interface Measured {
  /** Units per second: the median of the rounds. */
  readonly rate: number;
  readonly rounds: readonly number[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly firstFailure: string | undefined;
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly measured: Partial<Record<SubjectName, Measured>>;
  /** Why the answers of the servers may not be compared; undefined when they say the same. */
  readonly difference: string | undefined;
}

interface Lane {
  readonly name: SubjectName;
  readonly plan: Requests | Sequence;
  readonly connections: readonly Connection[];
  /** The first is the warm-up. */
  readonly results: LoopResult[];
  readonly rates: number[];
}

/** Measures one scenario on all subjects in turn, round by round, so that what disturbs the machine disturbs all. */
export async function measureScenario(
  scenario: Scenario,
  subjects: Partial<Record<SubjectName, Subject>>,
  pace: Pace,
): Promise<ScenarioResult> {
  const lanes: Lane[] = [];
  for (const name of ['peer', 'slipway', 'bare'] as const) {
    const subject = subjects[name];
    if (subject === undefined) continue;
    const plan = scenario.plan(subject);
    const connections = Array.from({ length: plan.kind === 'requests' ? plan.connections : 1 }, () =>
      openConnection(subject.port),
    );
    lanes.push({ name, plan, connections, results: [], rates: [] });
  }
  try {
    const difference = await compareAnswers(scenario, subjects);
    for (const lane of lanes) lane.results.push((await runLane(lane, pace.warmUpMs)).result);
    for (let round = 0; round < pace.rounds; round += 1) {
      for (const lane of lanes) {
        const { result, units } = await runLane(lane, lane.name === 'peer' ? pace.peerRoundMs : pace.roundMs);
        lane.results.push(result);
        lane.rates.push((units / result.elapsedMs) * 1000);
      }
    }
    const measured = Object.fromEntries(lanes.map((lane) => [lane.name, summarise(lane)]));
    return { scenario, measured, difference };
  } finally {
    for (const { connections } of lanes) for (const connection of connections) connection.close();
  }
}

/** Bytes of requests that are made before a round, so that making them is no part of it. */
const PREPARED_BYTES = 300 * 1024 * 1024;

function prepare({ plan, results }: Lane, durationMs: number): () => Request {
  if (plan.kind !== 'requests') throw new Error('a sequence prepares nothing');
  const before = results.at(-1);
  const expected = before === undefined ? 0 : (before.answered / before.elapsedMs) * durationMs * 1.2;
  const ready: Request[] = [];
  for (let bytes = 0; ready.length < expected && bytes < PREPARED_BYTES; ) {
    const request = plan.next();
    ready.push(request);
    bytes += request.bytes.length;
  }
  let taken = 0;
  return () => ready[taken++] ?? plan.next();
}

async function runLane(
  lane: Lane,
  durationMs: number,
): Promise<{ readonly result: LoopResult; readonly units: number }> {
  const { plan, connections } = lane;
  if (plan.kind === 'requests') {
    const next = prepare(lane, durationMs);
    const result = await runClosedLoop({ connections, durationMs, next });
    return { result, units: result.answered * plan.unitsPerAnswer };
  }
  const started = performance.now();
  const latencies: number[] = [];
  let units = 0;
  let firstFailure: string | undefined;
  do {
    const from = performance.now();
    try {
      units += await plan.run(connections[0]!);
      latencies.push(performance.now() - from);
    } catch (error) {
      firstFailure = (error as Error).message;
    }
  } while (performance.now() - started < durationMs && firstFailure === undefined);
  const result = {
    answered: latencies.length,
    failed: firstFailure === undefined ? 0 : 1,
    elapsedMs: performance.now() - started,
    latenciesMs: Float64Array.from(latencies).sort(),
    firstFailure,
  };
  return { result, units };
}

function summarise({ results: [, ...results], rates }: Lane): Measured {
  const latencies = Float64Array.from(results.flatMap(({ latenciesMs }) => [...latenciesMs])).sort();
  return {
    rate: median(rates),
    rounds: rates,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
    firstFailure: results.find(({ firstFailure }) => firstFailure !== undefined)?.firstFailure,
  };
}

async function compareAnswers(
  { probe }: Scenario,
  subjects: Partial<Record<SubjectName, Subject>>,
): Promise<string | undefined> {
  if (probe === undefined) return undefined;
  let first: { name: string; text: string } | undefined;
  for (const [name, subject] of Object.entries(subjects)) {
    const connection = openConnection(subject.port);
    try {
      const text = probe.summarise(await call(connection, probe.request(subject)));
      first ??= { name, text };
      if (text !== first.text)
        return `${name} does not answer as ${first.name}: ${firstDifference(text, first.text)}`;
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    } finally {
      connection.close();
    }
  }
  return undefined;
}

function firstDifference(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, at - 30);
  return `"…${one.slice(from, at + 60)}…", not "…${other.slice(from, at + 60)}…"`;
}

export function quantile(ascending: Float64Array, q: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(q * ascending.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(Float64Array.from(values).sort(), 0.5);
