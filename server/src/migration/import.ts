import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { putModel } from '../registry/transfer.ts';
import {
  mergeExperimentTags,
  overwriteExperiment,
  type PlacedRun,
  putExperiment,
  putHistories,
  putLoggedModels,
  putRuns,
  setExperimentLocation,
} from '../tracking/transfer.ts';
import { createExpectations, type Expectations, type PlacedExperiment } from './expectations.ts';
import { type ExperimentStep, type PlannedExperiment, planImport } from './import-plan.ts';
import { findImported, finishImport, recordImported, upsertImport } from './imports-repository.ts';
import type { ArtifactMode } from './location-map.ts';
import type { RunPage, TrackerSource } from './source.ts';
import type { TallyResult } from './tally.ts';
import { verifyImport } from './verification.ts';

export interface ImportDependencies {
  readonly db: Database;
  readonly clock: Clock;
  /** Where artifacts of an experiment go that come along. */
  defaultArtifactLocation(experimentNo: number): string;
}

export interface ImportOrder {
  readonly source: TrackerSource;
  readonly artifacts: ArtifactMode;
  /** Told now and then how far it is. */
  onProgress?(progress: ImportProgress): void;
}

export interface ImportProgress {
  readonly stage: 'looking' | 'runs' | 'models' | 'verifying';
  /** Runs seen so far, those of an earlier start included. */
  readonly runs: number;
}

export interface ImportResult {
  readonly importNo: number;
  /** What was written now; all zero when everything was there. */
  readonly written: {
    readonly experiments: number;
    readonly runs: number;
    readonly points: number;
    readonly loggedModels: number;
    readonly registeredModels: number;
  };
  /** Experiments whose number could not be kept. */
  readonly renumbered: readonly { readonly from: string; readonly to: number; readonly name: string }[];
  readonly verification: readonly TallyResult[];
  readonly expectations: Expectations;
}

/**
 * Copies another tracker into this database: ids, version numbers, times and the trash stay. It can be killed at any
 * time and started again: what is recorded as whole is not read again, what may be half there is completed. Starting it
 * on a finished import changes nothing and brings what is new in the source.
 *
 * @throws AppError AlreadyExists, before anything is written, when ids or names are taken here; and what the source throws.
 */
export async function importTracker(deps: ImportDependencies, order: ImportOrder): Promise<ImportResult> {
  const { db, clock } = deps;
  const { source, artifacts, onProgress } = order;
  onProgress?.({ stage: 'looking', runs: 0 });
  const plan = await planImport(db, source, artifacts);
  const importNo = await db.write((tx) =>
    upsertImport(tx, { source: source.identity, artifacts, nowMs: clock.nowMs() }),
  );
  const writer = { ...deps, importNo, artifacts };
  const placed: PlacedExperiment[] = [];
  for (const planned of plan.experiments) placed.push(await placeExperiment(writer, planned));
  const expectations = createExpectations(placed, artifacts);

  const written = {
    experiments: plan.experiments.filter(({ step }) => step.action !== 'keep').length,
    runs: 0,
    points: 0,
    loggedModels: 0,
    registeredModels: 0,
  };
  let seen = 0;
  for await (const page of source.runs()) {
    const done = await writePage(writer, expectations, page);
    written.runs += done.runs;
    written.points += done.points;
    seen += page.runIds.length;
    onProgress?.({ stage: 'runs', runs: seen });
  }
  onProgress?.({ stage: 'models', runs: seen });
  written.loggedModels = await writeLoggedModels(writer, expectations, source);
  written.registeredModels = await writeModels(writer, expectations, source);

  onProgress?.({ stage: 'verifying', runs: seen });
  const merged = new Set(
    plan.experiments.flatMap(({ experiment, step }) => (isMerge(step) ? [experiment.experimentId] : [])),
  );
  const verification = await verifyImport({
    db,
    source,
    isMerged: (experimentId) => merged.has(experimentId),
    expectations,
  });
  if (verification.every(({ differences }) => differences === 0)) {
    await db.write((tx) => finishImport(tx, importNo, clock.nowMs()));
  }
  return {
    importNo,
    written,
    renumbered: placed.flatMap(({ experiment, experimentNo }) =>
      experiment.experimentId === String(experimentNo)
        ? []
        : [{ from: experiment.experimentId, to: experimentNo, name: experiment.name }],
    ),
    verification,
    expectations,
  };
}

interface Writer extends ImportDependencies {
  readonly importNo: number;
  readonly artifacts: ArtifactMode;
}

const isMerge = (step: ExperimentStep): boolean =>
  step.action === 'merge' || (step.action === 'keep' && step.merged);

async function placeExperiment(
  writer: Writer,
  { experiment, step }: PlannedExperiment,
): Promise<PlacedExperiment> {
  const { db, importNo, artifacts, defaultArtifactLocation } = writer;
  const locationFor = (experimentNo: number) =>
    artifacts === 'reference' ? experiment.artifactLocation : defaultArtifactLocation(experimentNo);
  const place = (experimentNo: number): PlacedExperiment => ({
    experiment,
    experimentNo,
    artifactLocation: locationFor(experimentNo),
  });
  if (step.action === 'keep') return place(step.experimentNo);
  const { experimentId } = experiment;
  const nowMs = writer.clock.nowMs();
  return db.write(async (tx) => {
    const experimentNo = step.experimentNo;
    const asPlaced = (number: number) => ({
      ...experiment,
      deletedAtMs: experiment.stage === 'deleted' ? nowMs : null,
      artifactLocation: locationFor(number),
    });
    let number = experimentNo;
    if (step.action === 'create') {
      number = await putExperiment(tx, experimentNo, asPlaced(experimentNo ?? 0));
      if (experimentNo === undefined) await setExperimentLocation(tx, number, locationFor(number));
    } else if (step.action === 'overwrite') {
      await overwriteExperiment(tx, step.experimentNo, asPlaced(step.experimentNo));
    } else {
      await mergeExperimentTags(tx, step.experimentNo, experiment.tags);
    }
    await recordImported(tx, importNo, {
      kind: isMerge(step) ? 'merged' : 'experiment',
      entities: [{ sourceId: experimentId, targetId: String(number), isWhole: true }],
    });
    return place(number!);
  });
}

/** The runs of a page that are not whole here yet; how many were written. */
async function writePage(
  { db, clock, importNo }: Writer,
  expectations: Expectations,
  page: RunPage,
): Promise<{ readonly runs: number; readonly points: number }> {
  const known = await db.read((sql) => findImported(sql, importNo, { kind: 'run', sourceIds: page.runIds }));
  const missing = page.runIds.filter((runId) => known.get(runId)?.isWhole !== true);
  if (missing.length === 0) return { runs: 0, points: 0 };
  const nowMs = clock.nowMs();
  const runs = (await page.load(missing)).map((original): PlacedRun => {
    const experimentNo = expectations.experimentNoOf(original.experimentId);
    if (experimentNo === undefined) {
      throw invalidArgument(
        `The source is not consistent: run ${original.runId} belongs to experiment ${original.experimentId}, which it does not have.`,
      );
    }
    // The undo window begins anew: what was deleted long ago must not vanish with the first emptying of the trash.
    const deletedAtMs = original.stage === 'deleted' ? nowMs : null;
    return { ...expectations.run(original), experimentNo, deletedAtMs };
  });
  const record = (isWhole: boolean) => ({
    kind: 'run' as const,
    entities: runs.map(({ runId }) => ({ sourceId: runId, targetId: runId, isWhole })),
  });
  // The claim goes with the rows: whoever starts again knows them for ours.
  await db.write(async (tx) => {
    await putRuns(tx, runs);
    await recordImported(tx, importNo, record(false));
  });
  const numbers = new Map(runs.map((run) => [run.runId, run.experimentNo]));
  const points = await putHistories(
    db,
    (runId) => numbers.get(runId)!,
    page.histories(runs.map(({ runId }) => runId)),
  );
  await db.write((tx) => recordImported(tx, importNo, record(true)));
  return { runs: runs.length, points };
}

async function writeLoggedModels(
  { db, clock, importNo }: Writer,
  expectations: Expectations,
  source: TrackerSource,
): Promise<number> {
  let written = 0;
  for await (const page of source.loggedModels()) {
    const sourceIds = page.map(({ modelId }) => modelId);
    written += await db.write(async (tx) => {
      const known = await findImported(tx, importNo, { kind: 'logged model', sourceIds });
      const missing = page
        .filter(({ modelId }) => !known.has(modelId))
        .map((model) => {
          const experimentNo = expectations.experimentNoOf(model.experimentId);
          if (experimentNo === undefined) {
            throw invalidArgument(
              `The source is not consistent: logged model ${model.modelId} belongs to experiment ${model.experimentId}, which it does not have.`,
            );
          }
          return {
            ...expectations.loggedModel(model),
            experimentNo,
            deletedAtMs: model.stage === 'deleted' ? clock.nowMs() : null,
          };
        });
      await putLoggedModels(tx, missing);
      await recordImported(tx, importNo, {
        kind: 'logged model',
        entities: missing.map(({ modelId }) => ({ sourceId: modelId, targetId: modelId, isWhole: true })),
      });
      return missing.length;
    });
  }
  return written;
}

async function writeModels(
  { db, importNo }: Writer,
  expectations: Expectations,
  source: TrackerSource,
): Promise<number> {
  let written = 0;
  for await (const page of source.registeredModels()) {
    const sourceIds = page.map(({ name }) => name);
    written += await db.write(async (tx) => {
      const known = await findImported(tx, importNo, { kind: 'registered model', sourceIds });
      const missing = page.filter(({ name }) => !known.has(name));
      for (const model of missing) await putModel(tx, expectations.model(model));
      await recordImported(tx, importNo, {
        kind: 'registered model',
        entities: missing.map(({ name }) => ({ sourceId: name, targetId: name, isWhole: true })),
      });
      return missing.length;
    });
  }
  return written;
}
