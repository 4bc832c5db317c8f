import { createBatcher } from '../db/batcher.ts';
import type { Database, Sql, Transaction } from '../db/port.ts';
import type { DomainEvent, EventAction, EventData } from '../events/events.ts';
import type { RecordEvents } from '../events/outbox.ts';
import { fingerprint, type PendingCreates } from '../idempotency/pending-creates.ts';
import type { Clock } from '../kernel/clock.ts';
import { type AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import { newRunId } from '../kernel/ids.ts';
import type { Int64 } from '../kernel/int64.ts';
import { type ExperimentRow, holdExperiment, type LifecycleStage } from './experiments-repository.ts';
import { checkKey } from './key-rules.ts';
import { findRunDocument, type RunDetails, type RunDocument, readRuns } from './run-details.ts';
import { randomRunName } from './run-name.ts';
import { checkBatch, nameAndTags, type Param, RUN_NAME_TAG, type RunBatch, type Tag } from './run-rules.ts';
import {
  createRunWriter,
  type ModelMetrics,
  type OnRunChange,
  runNotFound,
  writeRefusal,
} from './run-writes.ts';
import type { RunRow, RunStatus } from './runs-repository.ts';
import * as repository from './runs-repository.ts';

export type { Param, RunBatch, Tag };

export interface NewRunInput {
  readonly experimentNo: number;
  readonly userId?: string | undefined;
  readonly name?: string | undefined;
  readonly startTimeMs?: Int64 | undefined;
  readonly tags: readonly Tag[];
}

export interface RunUpdate {
  readonly status?: RunStatus | undefined;
  readonly endTimeMs?: Int64 | undefined;
  readonly name?: string | undefined;
}

export interface RunsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly modelMetrics: ModelMetrics;
  readonly pendingCreates: PendingCreates;
  readonly onGrown: (seriesNo: number) => void;
  readonly recordEvents: RecordEvents;
  readonly onChange: OnRunChange;
}

/** Links a cloned run to the one it was made from. */
const CLONED_FROM_TAG = 'slipway.clonedFrom';

/** Tags that tell of a run's results, not of how it was started. */
const NOT_CLONED: ReadonlySet<string> = new Set(['mlflow.log-model.history', 'mlflow.loggedArtifacts']);

/** Runs: created, written to, ended, moved to the trash and back. */
export function createRuns(dependencies: RunsDependencies) {
  const { db, clock, modelMetrics, pendingCreates, onGrown, recordEvents, onChange } = dependencies;
  const submitBatch = createBatcher(db, createRunWriter({ modelMetrics, onGrown, onChange }));
  const submitRun = createBatcher(db, (tx, runs: readonly RunToCreate[]) =>
    insertRuns(tx, runs, pendingCreates),
  );

  function changed(run: { readonly experimentNo: number; readonly runId: string }): void {
    onChange({ kind: 'run', experimentNo: run.experimentNo, subject: run.runId, keys: [] });
  }

  return {
    /**
     * Makes a run; one that repeats a create whose answer was lost gets that one's run. Tell `pendingCreates` when the
     * answer has left.
     * @throws AppError NotFound for an unknown experiment, InvalidArgument for one in the trash or for two names.
     */
    async create(input: NewRunInput): Promise<RunDetails> {
      const { name, tags } = nameAndTags(input.name, input.tags, randomRunName);
      const { experimentNo, userId, startTimeMs = 0 } = input;
      const sent = fingerprint('run', [experimentNo, userId, input.name, startTimeMs, input.tags]);
      const runId = newRunId();
      const order = { runId, experimentNo, name, userId, startTimeMs, tags, fingerprint: sent };
      try {
        const details = await submitRun(order);
        changed(details.run);
        return details;
      } catch (error) {
        pendingCreates.failed(runId);
        throw error;
      }
    },

    /**
     * Logs metrics, params and tags: all of them or, when it throws, none.
     * @throws AppError NotFound; InvalidArgument for bad names, limits, changed params, a run in the trash; InvalidState
     * for a finished run of an experiment that locks them.
     */
    async logBatch(batch: RunBatch): Promise<void> {
      checkBatch(batch);
      await submitBatch(batch);
    },

    /** @throws AppError NotFound */
    async get(runId: string): Promise<RunDetails> {
      return db.read(async (sql) => (await readRuns(sql, [await getRun(sql, runId)]))[0]!);
    },

    /** As `get`, rendered by the database. @throws AppError NotFound */
    async getDocument(runId: string): Promise<RunDocument> {
      const document = await db.read((sql) => findRunDocument(sql, runId));
      if (document === undefined) throw runNotFound(runId);
      return document;
    },

    /** Changes what is given; an empty name is as none. @throws AppError NotFound, InvalidArgument, InvalidState */
    async update(runId: string, update: RunUpdate): Promise<RunRow> {
      return db.write(async (tx) => {
        const run = await holdWritableRun(tx, runId);
        const name = update.name || undefined;
        await repository.updateRun(tx, run.runNo, { ...update, name });
        if (name !== undefined) {
          await repository.upsertRunTags(tx, [[run.runNo, RUN_NAME_TAG, name, run.experimentNo]]);
        }
        const updated: RunRow = {
          ...run,
          name: name ?? run.name,
          status: update.status ?? run.status,
          endTimeMs: update.endTimeMs ?? run.endTimeMs,
        };
        if (isFinal(updated.status) && !isFinal(run.status)) {
          await recordEvents(tx, [runEvent('finished', updated, { status: updated.status })]);
        }
        tx.afterCommit(() => changed(updated));
        return updated;
      });
    },

    /** To the trash. Whether it was not there yet. @throws AppError NotFound */
    async delete(runId: string): Promise<boolean> {
      return changeStage(runId, 'deleted');
    },

    /** Out of the trash. Whether it was there. @throws AppError NotFound */
    async restore(runId: string): Promise<boolean> {
      return changeStage(runId, 'active');
    },

    /** @throws AppError NotFound when the run or the tag is not there. */
    async deleteTag(runId: string, key: string): Promise<void> {
      await db.write(async (tx) => {
        const run = await holdRun(tx, runId);
        const refused = writeRefusal(run, { metrics: [], params: [], tags: [{ key, value: '' }] });
        if (refused) throw refused;
        tx.afterCommit(() => changed(run));
        if (!(await repository.deleteRunTag(tx, run.runNo, key))) {
          throw notFound(`No tag with name: ${key.slice(0, 250)} in run with id ${runId}`);
        }
      });
    },

    /**
     * A new run with the params and tags of another, linked to it by the tag `slipway.clonedFrom`; project and entry
     * point are among the tags.
     * @throws AppError NotFound; InvalidArgument for an experiment in the trash.
     */
    async clone(
      runId: string,
      input: { readonly name?: string | undefined; readonly userId?: string | undefined },
    ) {
      const source = await db.read(async (sql) => (await readRuns(sql, [await getRun(sql, runId)]))[0]!);
      const name = input.name || `${source.run.name} (copy)`;
      const kept = source.tags.filter((tag) => !NOT_CLONED.has(tag.key));
      const tags = new Map(kept.map(({ key, value }) => [key, value]));
      tags.set(RUN_NAME_TAG, name);
      tags.set(CLONED_FROM_TAG, runId);
      const { experimentNo } = source.run;
      const created: repository.NewRun = {
        runId: newRunId(),
        experimentNo,
        name,
        userId: input.userId ?? source.run.userId ?? undefined,
        startTimeMs: clock.nowMs(),
        tags,
      };
      return db.write(async (tx) => {
        const experiment = await holdExperiment(tx, experimentNo);
        if (experiment?.lifecycle_stage !== 'active') throw experimentNotActive(experimentNo);
        await repository.insertRuns(tx, [created]);
        const run = await getRun(tx, created.runId);
        tx.afterCommit(() => changed(run));
        const params = source.params.map(({ key, value }) => [run.runNo, key, value, experimentNo] as const);
        await repository.insertParams(tx, params);
        return (await readRuns(tx, [run]))[0]!;
      });
    },

    /** Appends a model's description to the run's history of logged models, a tag that old clients keep. */
    async appendModelHistory(runId: string, model: object): Promise<void> {
      const key = 'mlflow.log-model.history';
      checkKey(key, 'Tag', 'key');
      await db.write(async (tx) => {
        const run = await holdWritableRun(tx, runId);
        const tags = await repository.listTags(tx, [run.runNo]);
        const known = tags.find((tag) => tag[1] === key)?.[2];
        const history = known === undefined ? [] : (JSON.parse(known) as unknown[]);
        const value = JSON.stringify([...history, model]);
        await repository.upsertRunTags(tx, [[run.runNo, key, value, run.experimentNo]]);
      });
    },
  };

  async function changeStage(runId: string, stage: LifecycleStage): Promise<boolean> {
    return db.write(async (tx) => {
      const run = await holdRun(tx, runId);
      if (run.stage === stage) return false;
      tx.afterCommit(() => changed(run));
      await repository.setRunStage(tx, run.runNo, {
        stage,
        deletedAtMs: stage === 'deleted' ? clock.nowMs() : null,
      });
      await recordEvents(tx, [runEvent(stage === 'deleted' ? 'deleted' : 'restored', run)]);
      return true;
    });
  }
}

export type Runs = ReturnType<typeof createRuns>;

const isFinal = (status: RunStatus): boolean =>
  status === 'FINISHED' || status === 'FAILED' || status === 'KILLED';

function runEvent(action: EventAction, run: RunRow, more: EventData = {}): DomainEvent {
  const { runId, experimentNo, name } = run;
  const data = { run_id: runId, experiment_id: String(experimentNo), name, ...more };
  return { entity: 'run', action, data };
}

/** @throws AppError NotFound */
export async function getRun(sql: Sql, runId: string): Promise<RunRow> {
  const [run] = await repository.findRuns(sql, [runId]);
  if (run === undefined) throw runNotFound(runId);
  return run;
}

/** As `getRun`; held until the commit. @throws AppError NotFound */
async function holdRun(tx: Transaction, runId: string): Promise<RunRow> {
  const [run] = await repository.lockRuns(tx, [runId]);
  if (run === undefined) throw runNotFound(runId);
  return run;
}

/**
 * A run that takes writes, held until the commit.
 * @throws AppError NotFound, InvalidArgument for a run in the trash, InvalidState for a locked one.
 */
export async function holdWritableRun(tx: Transaction, runId: string): Promise<RunRow> {
  const run = await holdRun(tx, runId);
  const refused = writeRefusal(run);
  if (refused) throw refused;
  return run;
}

type RunToCreate = repository.NewRun & { readonly fingerprint: string };

async function insertRuns(
  tx: Transaction,
  runs: readonly RunToCreate[],
  pendingCreates: PendingCreates,
): Promise<(RunDetails | AppError)[]> {
  // Held, so that none goes to the trash and leaves the new run behind; in one order by all.
  const experiments = new Map<number, ExperimentRow | undefined>();
  for (const experimentNo of [...new Set(runs.map((run) => run.experimentNo))].sort((a, b) => a - b))
    experiments.set(experimentNo, await holdExperiment(tx, experimentNo));
  const refused = (run: repository.NewRun): AppError | undefined => {
    const experiment = experiments.get(run.experimentNo);
    if (experiment === undefined) return notFound(`No Experiment with id=${run.experimentNo} exists`);
    return experiment.lifecycle_stage === 'active' ? undefined : experimentNotActive(run.experimentNo);
  };
  const outcomes = runs.map((run) => ({
    run,
    refused: refused(run),
    repeated: undefined as string | undefined,
  }));
  const accepted = outcomes.filter((outcome) => outcome.refused === undefined);
  if (accepted.length > 0) {
    const requests = accepted.map(({ run }) => ({ fingerprint: run.fingerprint, createdId: run.runId }));
    const repeated = await pendingCreates.register(tx, requests);
    for (const [i, outcome] of accepted.entries()) outcome.repeated = repeated[i];
    const fresh = accepted.filter((outcome) => outcome.repeated === undefined).map(({ run }) => run);
    if (fresh.length > 0) await repository.insertRuns(tx, fresh);
  }
  const results: (RunDetails | AppError)[] = [];
  for (const { run, refused: error, repeated } of outcomes) {
    if (error !== undefined) results.push(error);
    else if (repeated === undefined) results.push(newRunDetails(run, experiments.get(run.experimentNo)!));
    else results.push(...(await readRuns(tx, [await getRun(tx, repeated)])));
  }
  return results;
}

function experimentNotActive(experimentNo: number): AppError {
  return invalidArgument(
    `The experiment ${experimentNo} must be in the 'active' state. Current state is deleted.`,
    {
      field: 'experiment_id',
    },
  );
}

function newRunDetails(run: repository.NewRun, experiment: ExperimentRow): RunDetails {
  return {
    run: {
      runNo: -1,
      runId: run.runId,
      experimentNo: run.experimentNo,
      name: run.name,
      userId: run.userId ?? null,
      status: 'RUNNING',
      startTimeMs: run.startTimeMs,
      endTimeMs: null,
      stage: 'active',
      artifactLocation: experiment.artifact_location,
      locksFinishedRuns: experiment.locks_finished_runs === 1,
      mutableTagsJson: experiment.mutable_tags,
    },
    metrics: [],
    params: [],
    tags: Array.from(run.tags, ([key, value]) => ({ key, value })),
    datasets: [],
    modelInputs: [],
    modelOutputs: [],
  };
}
