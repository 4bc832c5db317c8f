import { isDeepStrictEqual } from 'node:util';
import { median } from '../measure.ts';
import type { RunningServer } from '../targets/server-process.ts';
import type { LoadTool, Question } from './load.ts';
import { askOnce, type ModelFolder } from './model.ts';
import type { Started, System } from './systems.ts';

export interface Cell {
  readonly connections: number;
  readonly rows: number;
}

export const CELLS: readonly Cell[] = [
  { connections: 1, rows: 1 },
  { connections: 8, rows: 1 },
  { connections: 64, rows: 1 },
  { connections: 1, rows: 64 },
  { connections: 64, rows: 64 },
];

/** Of one window under load. */
export interface Window {
  readonly requestsPerSecond: number;
  /** User and system time of all processes of the system. */
  readonly cpuMsPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly firstFailure: string | undefined;
  /** Cores that the load tool took. */
  readonly toolCores: number;
}

export interface SystemRound {
  /** From the start of its process to its first right answer. */
  readonly startMs: number;
  readonly residentMib: number;
  /** In the order of CELLS. */
  readonly windows: readonly Window[];
}

export interface Windows {
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** Starts a system alone, holds it to the right answers, and measures every cell. */
export async function measureSystem(
  system: System,
  model: ModelFolder,
  { tool, windows }: { readonly tool: LoadTool; readonly windows: Windows },
): Promise<SystemRound> {
  const began = performance.now();
  const started = await system.start(model);
  try {
    await firstAnswer(started, model);
    const startMs = performance.now() - began;
    const measured: Window[] = [];
    for (const { connections, rows } of CELLS) {
      const question = started.question(model.rows.slice(0, rows));
      measured.push(await measureWindow(started.server, question, { tool, windows, connections }));
    }
    return { startMs, residentMib: started.server.memory().residentBytes / 2 ** 20, windows: measured };
  } finally {
    await started.stop();
  }
}

const ANSWERS_WITHIN_MS = 120_000;
const POLL_MS = 20;

/** @throws Error where it answers wrongly, or not in time */
async function firstAnswer({ server, question }: Started, model: ModelFolder): Promise<void> {
  const until = performance.now() + ANSWERS_WITHIN_MS;
  for (;;) {
    try {
      const said = await askOnce(server.port, question(model.rows));
      if (!isDeepStrictEqual(said, model.predictions)) throw new Error(`wrong answer: ${said.join(', ')}`);
      return;
    } catch (error) {
      if (performance.now() > until || (error as Error).message.startsWith('wrong')) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

export async function measureWindow(
  server: Pick<RunningServer, 'port' | 'cpuMs'>,
  question: Question,
  {
    tool,
    windows: { warmUpMs, windowMs },
    connections,
  }: { readonly tool: LoadTool; readonly windows: Windows; readonly connections: number },
): Promise<Window> {
  const order = { ...question, port: server.port, connections };
  await tool.run({ ...order, durationMs: warmUpMs });
  const before = server.cpuMs();
  const report = await tool.run({ ...order, durationMs: windowMs });
  const cpuMs = server.cpuMs() - before;
  return {
    requestsPerSecond: (report.answered / report.elapsedMs) * 1000,
    cpuMsPerRequest: cpuMs / report.answered,
    p50Ms: report.p50Ms,
    p99Ms: report.p99Ms,
    failed: report.failed,
    firstFailure: report.firstFailure,
    toolCores: report.cpuMs / report.elapsedMs,
  };
}

/** The median of each figure over the rounds; failures add up. */
export function medianOf(windows: readonly Window[]): Window {
  const of = (figure: (window: Window) => number): number => median(windows.map(figure));
  return {
    requestsPerSecond: of((window) => window.requestsPerSecond),
    cpuMsPerRequest: of((window) => window.cpuMsPerRequest),
    p50Ms: of((window) => window.p50Ms),
    p99Ms: of((window) => window.p99Ms),
    failed: windows.reduce((sum, { failed }) => sum + failed, 0),
    firstFailure: windows.find(({ firstFailure }) => firstFailure !== undefined)?.firstFailure,
    toolCores: of((window) => window.toolCores),
  };
}
