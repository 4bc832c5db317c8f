import type { Database, Sql } from '../db/port.ts';
import { alreadyExists, invalidState } from '../kernel/errors.ts';
import { readModels } from '../registry/transfer.ts';
import {
  findTakenExperiments,
  findTakenModels,
  findTakenRuns,
  hasRuns,
  readExperiments,
} from '../tracking/transfer.ts';
import type { TransferredExperiment } from '../tracking/transfer-entities.ts';
import { findImport, findImported, type ImportedKind } from './imports-repository.ts';
import { type ArtifactMode, comparable } from './location-map.ts';
import type { TrackerSource } from './source.ts';

/** What happens to one experiment of the source. */
export type ExperimentStep =
  | { readonly action: 'keep'; readonly experimentNo: number; readonly merged: boolean }
  /** Experiment 0 is there on every server: an untouched one takes over everything, another takes runs and tags. */
  | { readonly action: 'overwrite' | 'merge'; readonly experimentNo: 0 }
  /** Without a number where the source's is too large for ours: folders number by 18 random digits. */
  | { readonly action: 'create'; readonly experimentNo: number | undefined };

export interface PlannedExperiment {
  readonly experiment: TransferredExperiment;
  readonly step: ExperimentStep;
}

export interface ImportPlan {
  readonly experiments: readonly PlannedExperiment[];
}

/** Numbers of experiments that are kept: those that an MLflow database can have given. */
const MAX_KEPT_NUMBER = 2 ** 31 - 1;
const SHOWN = 10;

/**
 * Looks at everything in source and target before anything is written.
 * @throws AppError AlreadyExists naming what the target has and did not get from this source; InvalidState where the
 * artifacts of an earlier import of the source were treated otherwise.
 */
export async function planImport(
  db: Database,
  source: TrackerSource,
  artifacts: ArtifactMode,
): Promise<ImportPlan> {
  const earlier = await db.read((sql) => findImport(sql, source.identity));
  if (earlier !== undefined && (earlier.artifacts === 'reference') !== (artifacts === 'reference')) {
    throw invalidState(
      `This source was imported with --artifacts ${earlier.artifacts} before: locations cannot change now, use the same again.`,
    );
  }
  const importNo = earlier?.import_no ?? -1;
  const collisions: string[] = [];
  const experiments = await planExperiments(db, source, { importNo, artifacts, collisions });

  const look = async (
    what: string,
    kind: ImportedKind,
    ids: readonly string[],
    find: (sql: Sql, ids: readonly string[]) => Promise<readonly string[]>,
  ) => {
    await db.read(async (sql) => {
      const taken = await find(sql, ids);
      if (taken.length === 0) return;
      const ours = await findImported(sql, importNo, { kind, sourceIds: taken });
      collisions.push(...taken.filter((id) => !ours.has(id)).map((id) => `${what} ${id}`));
    });
  };
  for await (const { runIds } of source.runs()) await look('run', 'run', runIds, findTakenRuns);
  for await (const page of source.loggedModels()) {
    const ids = page.map(({ modelId }) => modelId);
    await look('logged model', 'logged model', ids, findTakenModels);
  }
  for await (const page of source.registeredModels()) {
    const names = page.map(({ name }) => name);
    await look('registered model', 'registered model', names, async (sql, wanted) =>
      (await readModels(sql, wanted)).map(({ name }) => name),
    );
  }
  if (collisions.length > 0) throw refusal(collisions);
  return { experiments };
}

function refusal(collisions: readonly string[]) {
  const more = collisions.length > SHOWN ? `, and ${collisions.length - SHOWN} more` : '';
  return alreadyExists(
    `Nothing was imported: this server has other things under the same names: ${collisions.slice(0, SHOWN).join(', ')}${more}. ` +
      'Import into an empty home, or remove or rename these first.',
  );
}

interface Circumstances {
  readonly importNo: number;
  readonly artifacts: ArtifactMode;
  readonly collisions: string[];
}

async function planExperiments(
  db: Database,
  source: TrackerSource,
  { importNo, artifacts, collisions }: Circumstances,
): Promise<PlannedExperiment[]> {
  const planned: PlannedExperiment[] = [];
  const names = new Map<string, string>();
  for await (const page of source.experiments()) {
    await db.read(async (sql) => {
      const sourceIds = page.map(({ experimentId }) => experimentId);
      const ours = await findImported(sql, importNo, { kind: 'experiment', sourceIds });
      const merged = await findImported(sql, importNo, { kind: 'merged', sourceIds });
      const fresh = page.filter(({ experimentId }) => !ours.has(experimentId) && !merged.has(experimentId));
      const taken = await findTakenExperiments(sql, {
        numbers: fresh.flatMap(({ experimentId }) => keptNumber(experimentId) ?? []),
        names: fresh.map(({ name }) => name),
      });
      for (const experiment of page) {
        const { experimentId, name } = experiment;
        if (names.has(name)) {
          collisions.push(
            `the name ${name} twice in the source, in experiments ${names.get(name)} and ${experimentId}`,
          );
        }
        names.set(name, experimentId);
        const known = ours.get(experimentId) ?? merged.get(experimentId);
        if (known !== undefined) {
          const step = {
            action: 'keep',
            experimentNo: Number(known.targetId),
            merged: merged.has(experimentId),
          } as const;
          planned.push({ experiment, step });
          continue;
        }
        const experimentNo = keptNumber(experimentId);
        if (experimentNo === 0 && taken.some((row) => row.experiment_no === 0)) {
          planned.push({ experiment, step: await planDefault(db, sql, experiment, artifacts) });
          continue;
        }
        const inTheWay = taken.find((row) => row.experiment_no === experimentNo || row.name === name);
        if (inTheWay !== undefined) {
          const which = inTheWay.name === name ? `its name` : `its number`;
          collisions.push(`experiment ${experimentId} '${name}' (${which} is taken)`);
        }
        planned.push({ experiment, step: { action: 'create', experimentNo } });
      }
    });
  }
  return planned;
}

function keptNumber(experimentId: string): number | undefined {
  const number = /^\d{1,10}$/.test(experimentId) ? Number(experimentId) : Number.POSITIVE_INFINITY;
  return number <= MAX_KEPT_NUMBER ? number : undefined;
}

async function planDefault(
  db: Database,
  sql: Sql,
  experiment: TransferredExperiment,
  artifacts: ArtifactMode,
): Promise<ExperimentStep> {
  const [first] = (await readExperiments(db).next()).value ?? [];
  const untouched =
    first?.name === 'Default' &&
    first.stage === 'active' &&
    first.tags.length === 0 &&
    !(await hasRuns(sql, 0));
  if (untouched) return { action: 'overwrite', experimentNo: 0 };
  const sameLocation = comparable(first?.artifactLocation ?? '') === comparable(experiment.artifactLocation);
  if (artifacts === 'reference' && !sameLocation) {
    throw invalidState(
      'Nothing was imported: experiment 0 has runs of its own here, so its artifacts cannot be referred to elsewhere. ' +
        'Use --artifacts copy, or import into an empty home.',
    );
  }
  return { action: 'merge', experimentNo: 0 };
}
