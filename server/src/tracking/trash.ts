import { type ArtifactDeletionGuard, forget, measure } from '../artifacts/files.ts';
import type { Database, Sql, Transaction } from '../db/port.ts';
import { takeTurn } from '../governance/governed-writes.ts';
import type { Ownership } from '../governance/ownership.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../objects/artifact-path.ts';
import { parseLocation } from '../objects/location.ts';
import * as repository from './trash-repository.ts';

/**
 * What somebody needs must stay in the trash. Asked in the transaction that would remove it.
 * @throws AppError Conflict that says who needs it
 */
export interface TrashGuards {
  readonly files: ArtifactDeletionGuard;
  readonly loggedModel: (sql: Sql, modelId: string) => Promise<void>;
}

export interface TrashDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly guards: TrashGuards;
  readonly ownership: Pick<Ownership, 'drop'>;
}

export interface EmptyOptions {
  /** What has been in the trash for less stays. */
  readonly undoWindowMs: number;
  /** Only these runs; logged models and experiments stay. */
  readonly runIds?: readonly string[] | undefined;
  /** Only these experiments, and what is deleted in them. */
  readonly experimentNos?: readonly number[] | undefined;
  /** Looks and counts, but removes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ExperimentReport {
  readonly experimentNo: number;
  name: string;
  /** Whether the experiment itself goes. */
  removed: boolean;
  runs: number;
  loggedModels: number;
  files: number;
  /** Of the files; what they share with files that stay is not freed. */
  sizeBytes: number;
  /** What stays because something needs it. */
  kept: number;
}

export interface TrashReport {
  readonly experiments: readonly ExperimentReport[];
  /** Why things stay; the first hundred. */
  readonly reasons: readonly string[];
}

const BATCH = 50;
const POINTS_AT_ONCE = 10_000;
const MAX_REASONS = 100;

/**
 * Empties the trash: what has been there longer than the undo window goes for good, with all that is recorded of it and
 * with its files, whose bytes the collection of garbage frees. What a model version needs stays. A run's time counts from
 * its own deletion, also where its experiment was deleted later; restoring the experiment revives the runs that are left.
 */
export function createTrash({ db, clock, guards, ownership }: TrashDependencies) {
  async function checkScope({ runIds, experimentNos }: EmptyOptions): Promise<void> {
    const missing = await db.read((sql) => repository.findNotTrashed(sql, { runIds, experimentNos }));
    if (missing.runIds.length > 0) {
      throw invalidArgument(`Not in the trash: run ${missing.runIds.join(', ')}. Delete runs first.`, {
        field: 'run_ids',
      });
    }
    if (missing.experimentNos.length > 0) {
      throw invalidArgument(`There is no experiment ${missing.experimentNos.join(', ')}.`, {
        field: 'experiment_ids',
      });
    }
  }

  return {
    /**
     * May run in several processes at once and while everything is in use.
     * @throws AppError InvalidArgument for a named run that is not in the trash or an experiment that is unknown.
     */
    async empty(options: EmptyOptions): Promise<TrashReport> {
      const { dryRun = false, signal } = options;
      await checkScope(options);
      const scope: repository.TrashScope = {
        beforeMs: clock.nowMs() - options.undoWindowMs,
        runIds: options.runIds,
        experimentNos: options.experimentNos,
      };
      const report = createReport();
      const visit = { scope, dryRun, report };

      for (let after: repository.TrashedRun | undefined; ; ) {
        signal?.throwIfAborted();
        const runs = await db.read((sql) => repository.listTrashedRuns(sql, scope, { after, limit: BATCH }));
        await Promise.all(runs.map((run) => emptyRun(run, visit)));
        if (runs.length < BATCH) break;
        after = runs.at(-1);
      }
      if (scope.runIds !== undefined) return finished(report);

      for (let after: repository.TrashedModel | undefined; ; ) {
        signal?.throwIfAborted();
        const models = await db.read((sql) =>
          repository.listTrashedModels(sql, scope, { after, limit: BATCH }),
        );
        await Promise.all(models.map((model) => emptyModel(model, visit)));
        if (models.length < BATCH) break;
        after = models.at(-1);
      }

      for (const experiment of await db.read((sql) => repository.listTrashedExperiments(sql, scope))) {
        signal?.throwIfAborted();
        await emptyExperiment(experiment, visit);
      }
      return finished(report);
    },
  };

  async function emptyRun(run: repository.TrashedRun, { scope, dryRun, report }: Visit): Promise<void> {
    const folder = managedFolder(run.artifact_location, run.run_id);
    const entry = report.of(run.experiment_no);
    const subject = `run ${run.run_id}`;
    if (dryRun) {
      await db.read(async (sql) => {
        if (!(await isFree(() => guardFiles(sql, folder), { subject, entry, report }))) return;
        entry.runs += 1;
        if (folder !== undefined) addFiles(entry, await measure(sql, folder));
      });
      return;
    }
    const inPieces = await db.write(async (tx) => {
      const current = await repository.lockTrashedRun(tx, run.run_no, scope.beforeMs);
      if (current === undefined) return false;
      if (!(await isFree(() => guardFiles(tx, folder), { subject, entry, report }))) return false;
      const removed = await removeFiles(tx, folder);
      const isLarge = current.points > POINTS_AT_ONCE;
      await (isLarge ? repository.hideRun(tx, run.run_no) : repository.deleteRun(tx, run.run_no));
      tx.afterCommit(() => {
        entry.runs += 1;
        addFiles(entry, removed);
      });
      return isLarge;
    });
    if (!inPieces) return;
    // A history of millions of points would hold up everybody's writes.
    while ((await db.write((tx) => repository.deletePoints(tx, run.run_no, POINTS_AT_ONCE))) > 0);
    await db.write((tx) => repository.deleteRun(tx, run.run_no));
  }

  async function emptyModel(model: repository.TrashedModel, { scope, dryRun, report }: Visit): Promise<void> {
    const folder = managedFolder(model.artifact_location, `models/${model.model_id}`);
    const entry = report.of(model.experiment_no);
    const subject = `logged model ${model.model_id}`;
    const guard = async (sql: Sql) => {
      await guards.loggedModel(sql, model.model_id);
      await guardFiles(sql, folder);
    };
    if (dryRun) {
      await db.read(async (sql) => {
        if (!(await isFree(() => guard(sql), { subject, entry, report }))) return;
        entry.loggedModels += 1;
        if (folder !== undefined) addFiles(entry, await measure(sql, folder));
      });
      return;
    }
    await db.write(async (tx) => {
      if (!(await repository.lockTrashedModel(tx, model.model_no, scope.beforeMs))) return;
      if (!(await isFree(() => guard(tx), { subject, entry, report }))) return;
      const removed = await removeFiles(tx, folder);
      await repository.deleteModel(tx, model.model_no);
      tx.afterCommit(() => {
        entry.loggedModels += 1;
        addFiles(entry, removed);
      });
    });
  }

  async function emptyExperiment(
    experiment: repository.TrashedExperiment,
    { scope, dryRun, report }: Visit,
  ): Promise<void> {
    const { experiment_no: experimentNo } = experiment;
    const entry = report.of(experimentNo);
    entry.name = experiment.name;
    if (dryRun) {
      entry.removed = entry.kept === 0;
      return;
    }
    // A folder that was chosen for the experiment may hold other things as well; its own holds nothing else.
    const own = managedFolder(experiment.artifact_location, '');
    const folder = own === String(experimentNo) ? own : undefined;
    const subject = `experiment ${experimentNo}`;
    await db.write(async (tx) => {
      await takeTurn(tx);
      if ((await repository.lockEmptyExperiment(tx, experimentNo, scope.beforeMs)) === undefined) return;
      if (!(await isFree(() => guardFiles(tx, folder), { subject, entry, report }))) return;
      const removed = await removeFiles(tx, folder);
      await repository.deleteExperiment(tx, experimentNo);
      await ownership.drop(tx, [{ type: 'experiment', experimentNo }]);
      tx.afterCommit(() => {
        entry.removed = true;
        addFiles(entry, removed);
      });
    });
  }

  async function guardFiles(sql: Sql, folder: ArtifactPath | undefined): Promise<void> {
    if (folder !== undefined) await guards.files(sql, folder);
  }

  async function removeFiles(tx: Transaction, folder: ArtifactPath | undefined): Promise<Measured> {
    if (folder === undefined) return { files: 0, sizeBytes: 0 };
    const measured = await measure(tx, folder);
    await forget(tx, folder, clock.nowMs());
    return measured;
  }

  async function finished(report: Report): Promise<TrashReport> {
    const experiments = report.all();
    const unnamed = experiments.filter(({ name }) => name === '').map(({ experimentNo }) => experimentNo);
    const names = await db.read((sql) => repository.listExperimentNames(sql, unnamed));
    for (const { experiment_no, name } of names) report.of(experiment_no).name = name;
    return { experiments, reasons: report.reasons };
  }
}

export type Trash = ReturnType<typeof createTrash>;

interface Visit {
  readonly scope: repository.TrashScope;
  readonly dryRun: boolean;
  readonly report: Report;
}

type Measured = Awaited<ReturnType<typeof measure>>;

function addFiles(entry: ExperimentReport, { files, sizeBytes }: Measured): void {
  entry.files += files;
  entry.sizeBytes += sizeBytes;
}

interface Subject {
  readonly subject: string;
  readonly entry: ExperimentReport;
  readonly report: Report;
}

/** False, with the reason in the report, where a guard refuses. */
async function isFree(guard: () => Promise<void>, { subject, entry, report }: Subject): Promise<boolean> {
  try {
    await guard();
    return true;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'Conflict') throw error;
    entry.kept += 1;
    if (report.reasons.length < MAX_REASONS) report.reasons.push(`${subject} stays: ${error.message}`);
    return false;
  }
}

type Report = ReturnType<typeof createReport>;

function createReport() {
  const experiments = new Map<number, ExperimentReport>();
  return {
    reasons: [] as string[],
    of(experimentNo: number): ExperimentReport {
      let entry = experiments.get(experimentNo);
      if (entry === undefined) {
        entry = {
          experimentNo,
          name: '',
          removed: false,
          runs: 0,
          loggedModels: 0,
          files: 0,
          sizeBytes: 0,
          kept: 0,
        };
        experiments.set(experimentNo, entry);
      }
      return entry;
    },
    all: (): ExperimentReport[] =>
      [...experiments.values()]
        .filter((entry) => entry.removed || entry.runs + entry.loggedModels + entry.kept > 0)
        .sort((a, b) => a.experimentNo - b.experimentNo),
  };
}

/** A folder that this server keeps; undefined where the files lie elsewhere: those are their owner's. */
function managedFolder(location: string, inside: string): ArtifactPath | undefined {
  if (!location.startsWith('mlflow-artifacts:')) return undefined;
  const parsed = parseLocation(location);
  if (parsed.kind !== 'managed') return undefined;
  const path = [parsed.path, inside].filter((part) => part !== '').join('/');
  return path === '' ? undefined : parseArtifactPath(path);
}
