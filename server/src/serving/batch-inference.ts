import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import type { BatchResults } from './batch-results.ts';
import type { BatchChunk, BatchSource } from './batch-sources.ts';
import { sliceArray, sliceObject } from './json-slices.ts';
import type { ContentKind } from './scoring/columns.ts';

/** Asks the model for a chunk: the body of its answer. @throws AppError */
export type Score = (content: ContentKind, body: Buffer, signal: AbortSignal) => Promise<string>;

export interface BatchRun {
  readonly source: BatchSource;
  readonly results: BatchResults;
  readonly score: Score;
  readonly chunkRows: number;
  /** Chunks that are asked for at once; their answers are kept in order. */
  readonly parallel: number;
  readonly clock: Clock;
  /** Once a second at most. */
  tell(line: string): void;
}

const TRIES = 4;
const FIRST_PAUSE_MS = 500;
const TELL_EVERY_MS = 1000;

interface Asked {
  readonly chunk: BatchChunk;
  readonly firstRow: number;
  readonly answer: Promise<readonly string[]>;
}

/**
 * Gives every row to the model, in the order of the input, and keeps the answers, which are those that an endpoint
 * would give: the same requests go through the same gateway.
 * @returns how many rows the output has
 * @throws AppError that names the rows at which it stopped; what was done before is kept
 */
export async function runBatch(run: BatchRun, signal: AbortSignal): Promise<number> {
  const { source, results, clock, tell } = run;
  const stop = new AbortController();
  const stopping = AbortSignal.any([signal, stop.signal]);
  const begun = { atMs: clock.nowMs(), rows: results.done.rows };
  if (begun.rows > 0) tell(`Going on after ${count(begun.rows)} rows`);
  let toldAtMs = begun.atMs;
  let asked = begun.rows;
  const waiting: Asked[] = [];

  async function keepFirst(): Promise<void> {
    const { chunk, firstRow, answer } = waiting.shift()!;
    try {
      await results.add(chunk, await answer);
    } catch (error) {
      throw located(error, firstRow, chunk.rows);
    }
    const nowMs = clock.nowMs();
    if (nowMs - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = nowMs;
    const { rows, place } = results.done;
    const rate = ((rows - begun.rows) * 1000) / (nowMs - begun.atMs);
    const share = Math.floor((100 * place) / Math.max(1, source.end));
    tell(`${count(rows)} rows, ${share} %, ${count(Math.round(rate))} rows/s`);
  }

  try {
    for await (const chunk of source.chunks(results.done.place, run.chunkRows)) {
      stopping.throwIfAborted();
      const answer = ask(run.score, chunk, stopping);
      // Its failure is told when its turn comes.
      answer.catch(() => undefined);
      waiting.push({ chunk, firstRow: asked, answer });
      asked += chunk.rows;
      if (waiting.length >= run.parallel) await keepFirst();
    }
    while (waiting.length > 0) await keepFirst();
    await results.finish();
  } finally {
    stop.abort(new AppError('Unavailable', 'The batch was stopped.'));
    await results.close();
  }
  const { rows } = results.done;
  const seconds = Math.max(0.001, (clock.nowMs() - begun.atMs) / 1000);
  tell(`${count(rows)} rows in ${seconds.toFixed(1)} s`);
  return rows;
}

/** What is out of reach for a moment is asked again: a prediction changes nothing, so that asking twice is harmless. */
async function ask(score: Score, chunk: BatchChunk, signal: AbortSignal): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return predictionsOf(await score(chunk.content, chunk.body, signal), chunk.rows);
    } catch (error) {
      const passes = error instanceof AppError && ['Unavailable', 'LimitExceeded'].includes(error.code);
      if (!passes || attempt === TRIES || signal.aborted) throw error;
      await wait(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal });
    }
  }
}

function predictionsOf(body: string, rows: number): readonly string[] {
  const predictions = sliceObject(body).find(([key]) => key === 'predictions')?.[1];
  if (predictions === undefined || !predictions.startsWith('['))
    throw invalidArgument('The model does not answer a list: there is no answer for each row.');
  const answers = sliceArray(predictions);
  if (answers.length !== rows)
    throw invalidArgument(`The model gave ${answers.length} answers for ${rows} rows.`);
  return answers;
}

function located(error: unknown, firstRow: number, rows: number): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, reason, details } = error;
  const where = `Rows ${firstRow + 1} to ${firstRow + rows} (the first is row 1): `;
  return new AppError(code, where + error.message, {
    cause: error,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
  });
}

const count = (value: number): string => value.toLocaleString('en-US');
