// How long endpoints take to answer: after they were made, from zero, and while their model is exchanged.
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../measure.ts';
import type { Finding } from '../scenarios/alone.ts';
import type { LoadTool } from './load.ts';
import type { ModelFolder } from './model.ts';
import type { LaneChoice, Slipway } from './slipway.ts';

const CREATE_BAR_MS = 5000;
const COLD_BAR_MS: Readonly<Record<string, number>> = { python: 1500, compiled: 300 };
const SWAP_CONNECTIONS = 64;

interface Repetitions {
  readonly lane: LaneChoice;
  readonly times: number;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

function finding(title: string, took: readonly number[], barMs: number): Finding {
  return {
    title: `${title}, median of ${took.length}`,
    value: `${seconds(median(took))} (longest ${seconds(Math.max(...took))})`,
    bar: `≤ ${seconds(barMs)}`,
    isMet: median(took) <= barMs,
  };
}

/** From the request that makes an endpoint to its first answer, each time with another version of a known environment. */
export async function measureCreate(slipway: Slipway, { lane, times }: Repetitions): Promise<Finding[]> {
  const model = `made-${lane.name}`;
  await slipway.register({ [model]: { versions: times + 1, requirements: [] } });
  const took: number[] = [];
  for (let version = 1; version <= times + 1; version += 1) {
    const name = `${model}-${version}`;
    const began = performance.now();
    const wish = { name, model, version: `${version}`, lane, scaleToZero: true, isLogged: true };
    await slipway.create(wish);
    await slipway.answers(name);
    // The first one makes the environment.
    if (version > 1) took.push(performance.now() - began);
  }
  return [finding(`${lane.title}: create → answering`, took, CREATE_BAR_MS)];
}

/** The first answer of an endpoint that was scaled to zero, its interpreter warm; `measureCreate` has made it. */
export async function measureColdStart(slipway: Slipway, { lane, times }: Repetitions): Promise<Finding[]> {
  const name = `made-${lane.name}-1`;
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) {
    await isAtZero(slipway, name);
    took.push(await slipway.answers(name));
  }
  const barMs = COLD_BAR_MS[lane.name]!;
  return [finding(`${lane.title}: cold start from zero, interpreter warm`, took, barMs)];
}

const AT_ZERO_WITHIN_MS = 60_000;

export async function isAtZero(slipway: Slipway, endpoint: string): Promise<void> {
  const until = performance.now() + AT_ZERO_WITHIN_MS;
  while (!(await slipway.state(endpoint)).message.includes('zero')) {
    if (performance.now() > until) throw new Error(`${endpoint} does not scale to zero`);
    await sleep(200);
  }
}

/** An alias moves between two versions while the endpoint that follows it is asked on 64 connections. */
export async function measureSwaps(
  slipway: Slipway,
  {
    lane,
    tool,
    model,
    swaps,
    answers,
  }: {
    readonly lane: LaneChoice;
    readonly tool: LoadTool;
    readonly model: ModelFolder;
    readonly swaps: number;
    readonly answers: number;
  },
): Promise<Finding[]> {
  const name = `swapped-${lane.name}`;
  await slipway.register({ [name]: { versions: 2, requirements: [] } });
  await slipway.moveAlias(name, 'champion', 1);
  const wish = { name, model: name, version: 'champion', lane, scaleToZero: false, isLogged: true };
  await slipway.create(wish);
  await slipway.answers(name);
  const order = {
    ...slipway.question(name, model.rows.slice(0, 1)),
    port: slipway.server.port,
    connections: SWAP_CONNECTIONS,
    durationMs: 1000,
  };
  let [answered, failed, longestMs] = [0, 0, 0];
  let firstFailure: string | undefined;
  let swapped = 0;
  const swapping = swapAll();
  while (swapped < swaps || answered < answers) {
    const report = await tool.run(order);
    answered += report.answered;
    failed += report.failed;
    firstFailure ??= report.firstFailure;
  }
  await swapping;

  async function swapAll(): Promise<void> {
    for (; swapped < swaps; swapped += 1) {
      const version = 2 - (swapped % 2);
      const began = performance.now();
      await slipway.moveAlias(name, 'champion', version);
      for (;;) {
        const state = await slipway.state(name);
        if (state.version === `${version}` && !state.isUpdating) break;
        await sleep(50);
      }
      longestMs = Math.max(longestMs, performance.now() - began);
    }
  }

  const why = firstFailure === undefined ? '' : `, the first: ${firstFailure}`;
  return [
    {
      title: `${lane.title}: ${swaps} moves of an alias under ${SWAP_CONNECTIONS} connections`,
      value: `${failed} of ${answered + failed} requests failed${why}; a move took ${seconds(longestMs)} at most`,
      bar: `0 of ${answers}`,
      isMet: failed === 0,
    },
  ];
}
