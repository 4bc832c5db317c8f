import type { Connection } from './connection.ts';

export interface Request {
  readonly bytes: Buffer;
  /** What the answer must at least have: an answer shorter than that is counted as an error. */
  readonly minBytes: number;
}

export interface LoopOptions {
  readonly connections: readonly Connection[];
  readonly durationMs: number;
  next(): Request;
  /** Asked before each request; true ends the loop before its time. */
  isOver?(): boolean;
}

export interface LoopResult {
  readonly answered: number;
  readonly failed: number;
  /** From the first request to the last answer. */
  readonly elapsedMs: number;
  /** Ascending, of the requests that succeeded. */
  readonly latenciesMs: Float64Array;
  readonly firstFailure: string | undefined;
}

/** Each connection sends its next request when its last one was answered, until the time is over. */
export async function runClosedLoop({
  connections,
  durationMs,
  next,
  isOver = () => false,
}: LoopOptions): Promise<LoopResult> {
  const latencies: number[] = [];
  let failed = 0;
  let firstFailure: string | undefined;
  const started = performance.now();
  const until = started + durationMs;
  let last = started;

  async function drive(connection: Connection): Promise<void> {
    while (performance.now() < until && !isOver()) {
      const { bytes, minBytes } = next();
      const sent = performance.now();
      try {
        const { status, bodyBytes } = await connection.exchange(bytes);
        last = performance.now();
        if (status === 200 && bodyBytes >= minBytes) {
          latencies.push(last - sent);
          continue;
        }
        firstFailure ??= `status ${status} with ${bodyBytes} bytes`;
      } catch (error) {
        last = performance.now();
        firstFailure ??= (error as Error).message;
      }
      failed += 1;
    }
  }

  await Promise.all(connections.map(drive));
  return {
    answered: latencies.length,
    failed,
    elapsedMs: last - started,
    latenciesMs: Float64Array.from(latencies).sort(),
    firstFailure,
  };
}
