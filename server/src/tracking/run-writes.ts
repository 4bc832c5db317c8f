import type { Transaction } from '../db/port.ts';
import { type AppError, invalidArgument, invalidState, notFound } from '../kernel/errors.ts';
import { writeMetrics } from './metric-writes.ts';
import {
  hasEnded,
  isMutableTag,
  RUN_NAME_TAG,
  type RunBatch,
  storedParamValue,
  storedTagValue,
} from './run-rules.ts';
import type { RunRow } from './runs-repository.ts';
import * as repository from './runs-repository.ts';

/** Records metrics on logged models; a batch whose model is unknown is refused. */
export interface ModelMetrics {
  /** The ids among `modelIds` that name a model. */
  findExisting(tx: Transaction, modelIds: readonly string[]): Promise<ReadonlySet<string>>;
  record(tx: Transaction, run: RunRow, metrics: RunBatch['metrics']): Promise<void>;
}

export interface RunWritesOptions {
  readonly modelMetrics: ModelMetrics;
  /** Hears of histories that have grown by a good deal. */
  readonly onGrown: (seriesNo: number) => void;
  readonly onChange: OnRunChange;
}

/** Hears of what changed, after the commit: for points, which metrics grew. */
export type OnRunChange = (change: {
  readonly kind: 'run' | 'points';
  readonly experimentNo: number;
  readonly subject: string;
  readonly keys: readonly string[];
}) => void;

/**
 * The handler behind every write of params, metrics and tags: many requests' batches in one transaction. All
 * checks on state come first, so that a refused batch has written nothing.
 */
export function createRunWriter({ modelMetrics, onGrown, onChange }: RunWritesOptions) {
  return async (tx: Transaction, batches: readonly RunBatch[]): Promise<(undefined | AppError)[]> => {
    const outcomes: (undefined | AppError)[] = batches.map(() => undefined);
    const runs = await findWritableRuns(tx, batches, outcomes);
    await checkParams(tx, { batches, runs, outcomes });
    await checkModels(tx, { batches, outcomes });
    const accepted = batches.flatMap((batch, i) =>
      outcomes[i] === undefined ? [{ batch, run: runs.get(batch.runId)! }] : [],
    );
    await writeTags(tx, accepted);
    await writeMetrics(
      tx,
      accepted.map(({ batch, run }) => ({ run, points: batch.metrics })),
      onGrown,
    );
    for (const { batch, run } of accepted) {
      const ofModels = batch.metrics.filter((metric) => metric.modelId);
      if (ofModels.length > 0) await modelMetrics.record(tx, run, ofModels);
    }
    tx.afterCommit(() => {
      for (const { batch, run } of accepted) reportChanges(batch, run);
    });
    return outcomes;
  };

  function reportChanges(batch: RunBatch, run: RunRow): void {
    const about = { experimentNo: run.experimentNo, subject: run.runId };
    if (batch.params.length > 0 || batch.tags.length > 0) onChange({ kind: 'run', ...about, keys: [] });
    if (batch.metrics.length === 0) return;
    onChange({ kind: 'points', ...about, keys: [...new Set(batch.metrics.map((metric) => metric.key))] });
  }

  async function findWritableRuns(
    tx: Transaction,
    batches: readonly RunBatch[],
    outcomes: (undefined | AppError)[],
  ): Promise<Map<string, RunRow>> {
    const ids = [...new Set(batches.map((batch) => batch.runId))];
    const runs = new Map((await repository.lockRuns(tx, ids)).map((run) => [run.runId, run]));
    batches.forEach((batch, i) => {
      const run = runs.get(batch.runId);
      outcomes[i] = run === undefined ? runNotFound(batch.runId) : writeRefusal(run, batch);
    });
    return runs;
  }

  async function checkModels(
    tx: Transaction,
    { batches, outcomes }: { batches: readonly RunBatch[]; outcomes: (undefined | AppError)[] },
  ): Promise<void> {
    const wanted = new Set<string>();
    for (const batch of batches)
      for (const metric of batch.metrics) if (metric.modelId) wanted.add(metric.modelId);
    if (wanted.size === 0) return;
    const existing = await modelMetrics.findExisting(tx, [...wanted]);
    batches.forEach((batch, i) => {
      const unknown = batch.metrics.find((metric) => metric.modelId && !existing.has(metric.modelId));
      if (unknown && outcomes[i] === undefined) {
        outcomes[i] = invalidArgument(
          `Logged model '${unknown.modelId}' of metric '${unknown.key}' does not exist.`,
          {
            field: 'model_id',
          },
        );
      }
    });
  }
}

export function runNotFound(runId: string): AppError {
  return notFound(`Run with id=${runId.slice(0, 256)} not found`);
}

/** What a write would change. */
type Change = Pick<RunBatch, 'metrics' | 'params' | 'tags'>;

const EVERYTHING: Change = { metrics: [], params: [{ key: '', value: '' }], tags: [] };

/** Why a run takes no such write now; undefined when it does. */
export function writeRefusal(run: RunRow, change: Change = EVERYTHING): AppError | undefined {
  if (run.stage !== 'active') {
    return invalidArgument(`The run ${run.runId} must be in the 'active' state. Current state is deleted.`, {
      field: 'run_id',
    });
  }
  if (!run.locksFinishedRuns || !hasEnded(run.status)) return undefined;
  const mutable = JSON.parse(run.mutableTagsJson) as string[];
  const allowed =
    change.metrics.length === 0 &&
    change.params.length === 0 &&
    change.tags.every(({ key }) => isMutableTag(key, mutable));
  if (allowed) return undefined;
  return invalidState(
    `The run ${run.runId} is ${run.status} and its experiment locks finished runs: nothing but tags marked mutable can change. ` +
      'Clone the run, or ask for the lock to be lifted.',
    { field: 'run_id' },
  );
}

interface ParamCheck {
  readonly batches: readonly RunBatch[];
  readonly runs: ReadonlyMap<string, RunRow>;
  readonly outcomes: (undefined | AppError)[];
}

/** Params never change: a batch with another value for a known key is refused; the same value again is nothing new. */
async function checkParams(tx: Transaction, { batches, runs, outcomes }: ParamCheck): Promise<void> {
  const keys: [number, string][] = [];
  batches.forEach((batch, i) => {
    if (outcomes[i] !== undefined) return;
    for (const param of batch.params) keys.push([runs.get(batch.runId)!.runNo, param.key]);
  });
  if (keys.length === 0) return;
  const known = new Map<string, string>();
  const identity = (runNo: number, key: string) => `${runNo}/${key}`;
  for (const row of await repository.findParams(tx, keys))
    known.set(identity(row.run_no, row.key), row.value);
  const added: repository.KeyedRow[] = [];
  batches.forEach((batch, i) => {
    if (outcomes[i] !== undefined) return;
    const run = runs.get(batch.runId)!;
    const values = batch.params.map(({ key, value }) => ({ key, value: storedParamValue(value) }));
    const changed = values.find(({ key, value }) => (known.get(identity(run.runNo, key)) ?? value) !== value);
    if (changed) {
      const old = known.get(identity(run.runNo, changed.key))!;
      outcomes[i] = invalidArgument(
        `Changing param values is not allowed. Param with key='${changed.key}' was already logged with value='${old}' ` +
          `for run ID='${run.runId}'. Attempted logging new value '${changed.value}'.`,
        { field: 'params' },
      );
      return;
    }
    for (const { key, value } of values) {
      if (known.has(identity(run.runNo, key))) continue;
      known.set(identity(run.runNo, key), value);
      added.push([run.runNo, key, value, run.experimentNo]);
    }
  });
  if (added.length > 0) await repository.insertParams(tx, added);
}

interface Accepted {
  readonly batch: RunBatch;
  readonly run: RunRow;
}

async function writeTags(tx: Transaction, accepted: readonly Accepted[]): Promise<void> {
  // Later values win, and one statement may touch a row once only.
  const rows = new Map<string, repository.KeyedRow>();
  for (const { batch, run } of accepted) {
    for (const { key, value } of batch.tags) {
      // A run has a name: as in an update, an empty one says nothing.
      if (key === RUN_NAME_TAG && value === '') continue;
      rows.set(`${run.runNo}/${key}`, [run.runNo, key, storedTagValue(value), run.experimentNo]);
    }
  }
  if (rows.size === 0) return;
  await repository.upsertRunTags(tx, [...rows.values()]);
  for (const [runNo, key, value] of rows.values()) {
    if (key === RUN_NAME_TAG) await repository.updateRun(tx, runNo, { name: value });
  }
}
