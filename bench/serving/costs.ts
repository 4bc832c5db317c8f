// What the gateway and the log of requests add, each beside the same without it, in turn.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openLocalEngine } from '../../server/src/processes/local/local-engine.ts';
import { type Channel, DEFAULT_REPLICA_LIMITS, type Engine } from '../../server/src/processes/port.ts';
import { parseModelFile } from '../../server/src/serving/model-file.ts';
import { packRows } from '../../server/src/serving/scoring/batch-bytes.ts';
import { createInputReader } from '../../server/src/serving/scoring/read-input.ts';
import { readSignature } from '../../server/src/serving/scoring/signature.ts';
import { root } from '../../tools/setup.mjs';
import { median, quantile } from '../measure.ts';
import type { Finding } from '../scenarios/alone.ts';
import { cpuMsOfOne } from '../targets/server-process.ts';
import type { LoadTool } from './load.ts';
import { type ModelFolder, mlflowQuestion } from './model.ts';
import type { LaneChoice, Slipway } from './slipway.ts';
import { measureWindow, type Windows } from './throughput.ts';

const GATEWAY_CPU_BAR_MS = 0.1;
const GATEWAY_P99_BAR_MS = 1;
const LOG_BAR = 0.15;

export interface CostOptions {
  readonly lane: LaneChoice;
  readonly tool: LoadTool;
  readonly model: ModelFolder;
  readonly windows: Windows;
  readonly rounds: number;
}

/** One endpoint that logs and one that does not; they share the model's processes. */
export async function measureLog(slipway: Slipway, options: CostOptions): Promise<Finding[]> {
  const { lane, tool, model, windows, rounds } = options;
  const name = `costs-${lane.name}`;
  const [logged, silent] = [`${name}-logged`, `${name}-silent`];
  const wish = { model: name, version: '1', lane, scaleToZero: false };
  await slipway.register({ [name]: { versions: 1, requirements: [] } });
  await slipway.create({ ...wish, name: logged, isLogged: true });
  await slipway.create({ ...wish, name: silent, isLogged: false });
  await slipway.answers(logged);
  await slipway.answers(silent);
  const findings: Finding[] = [];
  for (const connections of [1, 64]) {
    const rates: number[] = [];
    const costs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const measured = new Map<string, Awaited<ReturnType<typeof measureWindow>>>();
      for (const endpoint of round % 2 === 0 ? [logged, silent] : [silent, logged]) {
        const question = slipway.question(endpoint, model.rows.slice(0, 1));
        measured.set(endpoint, await measureWindow(slipway.server, question, { tool, windows, connections }));
      }
      const [one, other] = [measured.get(logged)!, measured.get(silent)!];
      if (one.failed + other.failed > 0) throw new Error(one.firstFailure ?? other.firstFailure);
      rates.push(1 - one.requestsPerSecond / other.requestsPerSecond);
      costs.push(one.cpuMsPerRequest / other.cpuMsPerRequest - 1);
    }
    const percent = (of: readonly number[]) => `${(median(of) * 100).toFixed(0)} %`;
    findings.push({
      title: `${lane.title}: logging every request, ${connections} connections`,
      value: `${percent(rates)} fewer requests/s, ${percent(costs)} more processor time`,
      bar: `≤ ${LOG_BAR * 100} %`,
      isMet: Math.min(median(rates), median(costs)) <= LOG_BAR,
    });
  }
  return findings;
}

/**
 * The same request through the gateway, on one connection, and by a call of the model's process over its own socket.
 * `measureLog` has made the endpoint.
 */
export async function measureGateway(
  slipway: Slipway,
  { python, ...options }: CostOptions & { readonly python: string },
): Promise<Finding[]> {
  const { lane, tool, model, windows, rounds } = options;
  const question = slipway.question(`costs-${lane.name}-logged`, model.rows.slice(0, 1));
  const direct = await openDirect(model, python);
  const added: { p50: number[]; p99: number[] } = { p50: [], p99: [] };
  const own: number[] = [];
  const ownAt64: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const alone = await direct.run(windows.windowMs);
      const through = await ownTime(1);
      added.p50.push(through.window.p50Ms - alone.p50Ms);
      added.p99.push(through.window.p99Ms - alone.p99Ms);
      own.push(through.cpuMs);
      ownAt64.push((await ownTime(64)).cpuMs);
    }
  } finally {
    await direct.close();
  }

  /** Of the server's own process, without those of models. */
  async function ownTime(connections: number) {
    const { pid } = slipway.server;
    const serverAlone = { port: slipway.server.port, cpuMs: () => cpuMsOfOne(pid) };
    const window = await measureWindow(serverAlone, question, { tool, windows, connections });
    return { window, cpuMs: window.cpuMsPerRequest };
  }

  const ms = (of: readonly number[]) => median(of).toFixed(3);
  const cpu = (connections: number, of: readonly number[]): Finding => ({
    title: `${lane.title}: processor time of the gateway a request, logged, ${connections} connections`,
    value: `${ms(of)} ms`,
    bar: `≤ ${GATEWAY_CPU_BAR_MS} ms`,
    isMet: median(of) <= GATEWAY_CPU_BAR_MS,
  });
  return [
    cpu(1, own),
    cpu(64, ownAt64),
    {
      title: `${lane.title}: p99 over calling the model's process directly, one connection`,
      value: `${ms(added.p99)} ms more (p50: ${ms(added.p50)} ms)`,
      bar: `< ${GATEWAY_P99_BAR_MS} ms`,
      isMet: median(added.p99) < GATEWAY_P99_BAR_MS,
    },
  ];
}

interface Direct {
  run(durationMs: number): Promise<{ readonly p50Ms: number; readonly p99Ms: number }>;
  close(): Promise<void>;
}

/** The model's process without a server, spoken to from here, one question after the other. */
async function openDirect(model: ModelFolder, python: string): Promise<Direct> {
  const engine = await openLocalEngine({
    program: path.join(root, 'python/scoring_worker/zygote.py'),
    runFolder: undefined,
    isolation: 'auto',
    memoryBudgetBytes: 4 * 2 ** 30,
    resourceClasses: {},
    idleInterpreterMs: 60_000,
    now: () => performance.now(),
  });
  try {
    const channel = await firstChannel(engine, model, python);
    const payload = packOne(model);
    const signal = new AbortController().signal;
    return {
      async run(durationMs) {
        const took: number[] = [];
        for (const until = performance.now() + durationMs; performance.now() < until; ) {
          const began = performance.now();
          await channel.send(payload, { deadlineMs: 10_000, signal });
          took.push(performance.now() - began);
        }
        const ascending = Float64Array.from(took).sort();
        return { p50Ms: quantile(ascending, 0.5), p99Ms: quantile(ascending, 0.99) };
      },
      close: () => engine.close(),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function packOne(model: ModelFolder): Uint8Array<ArrayBuffer> {
  const { signature: written } = parseModelFile(readFileSync(path.join(model.saved, 'MLmodel'), 'utf8'));
  const signature = readSignature(written);
  const body = Buffer.from(mlflowQuestion(model, model.rows.slice(0, 1)).body);
  const input = createInputReader({ signature, strict: false, domain: undefined })('json', body);
  if (signature === undefined || input.kind !== 'columns') throw new Error('the model has no columns');
  return packRows(signature, [input.rows], input.params).payload;
}

async function firstChannel(engine: Engine, model: ModelFolder, python: string): Promise<Channel> {
  const set = engine.ensure({
    key: 'direct',
    program: 'python',
    environment: { key: 'direct', python, preload: ['numpy', 'pandas', 'mlflow.sklearn'] },
    model: { folder: model.saved, digest: 'direct' },
    load: { path: 'auto', rowWise: 'prove', modelConfig: undefined },
    variables: {},
    limits: DEFAULT_REPLICA_LIMITS,
    network: 'none',
    resourceClass: 'cpu',
    evictable: false,
  });
  const ready = Promise.withResolvers<Channel>();
  set.onChange((change) => {
    if (change.kind === 'ready') ready.resolve(change.channel);
    else if (change.kind === 'failed') ready.reject(new Error(change.failure.message));
  });
  set.scale(1);
  return ready.promise;
}
