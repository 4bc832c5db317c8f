import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidArgument } from '../../kernel/errors.ts';
import type { TransferredExperiment } from '../../tracking/transfer-entities.ts';
import { PAGE_RUNS, type TrackerSource } from '../source.ts';
import { fieldsOf } from './file-store-fields.ts';
import { isFolder, listFolders, readKeyed, readMeta } from './file-store-files.ts';
import { readLoggedModels, readRegisteredModels } from './file-store-models.ts';
import { listRuns, type RunPlace, readHistories, readRun } from './file-store-runs.ts';

const TRASH = '.trash';
const REGISTRY = 'models';
const PAGE = 100;

interface ExperimentPlace {
  readonly experimentId: string;
  readonly folder: string;
}

/**
 * The folder in which MLflow keeps everything where it has no database, `mlruns`.
 * Source: the layout that `mlflow/store/tracking/file_store.py` and `store/model_registry/file_store.py` write.
 * @throws AppError InvalidArgument for other folders.
 */
export async function openFileStore(path: string): Promise<TrackerSource> {
  if (!(await isFolder(path))) throw invalidArgument(`There is no folder ${path}.`);
  const root = await realpath(path);
  const places = await listExperiments(root);
  if (places.length === 0) {
    throw invalidArgument(
      `${root} is no store of MLflow: no folder in it is an experiment with a meta.yaml.`,
    );
  }

  return {
    identity: `folder:${root}`,
    async *experiments() {
      for (let i = 0; i < places.length; i += PAGE) {
        yield await Promise.all(places.slice(i, i + PAGE).map(readExperiment));
      }
    },
    async *runs() {
      for (const { experimentId, folder } of places) {
        const runs = await listRuns(experimentId, folder);
        for (let i = 0; i < runs.length; i += PAGE_RUNS) yield pageOf(runs.slice(i, i + PAGE_RUNS));
      }
    },
    async *loggedModels() {
      for (const { experimentId, folder } of places) {
        for await (const model of readLoggedModels(experimentId, folder)) yield [model];
      }
    },
    async *registeredModels() {
      for await (const model of readRegisteredModels(root)) yield [model];
    },
    close: async () => {},
  };
}

function pageOf(places: readonly RunPlace[]) {
  const among = (runIds: readonly string[]) => {
    const wanted = new Set(runIds);
    return places.filter(({ runId }) => wanted.has(runId));
  };
  return {
    runIds: places.map(({ runId }) => runId),
    load: (runIds: readonly string[]) => Promise.all(among(runIds).map(readRun)),
    async *histories(runIds: readonly string[]) {
      for (const place of among(runIds)) yield* readHistories(place);
    },
  };
}

/** Those in the trash too. */
async function listExperiments(root: string): Promise<ExperimentPlace[]> {
  const places: ExperimentPlace[] = [];
  for (const parent of [root, join(root, TRASH)]) {
    for (const name of await listFolders(parent)) {
      if (name === TRASH || (parent === root && name === REGISTRY)) continue;
      const folder = join(parent, name);
      const meta = await readMeta(folder);
      if (meta !== undefined)
        places.push({ experimentId: fieldsOf(meta, folder).text('experiment_id') ?? name, folder });
    }
  }
  return places.sort((a, b) => a.experimentId.localeCompare(b.experimentId, 'en', { numeric: true }));
}

async function readExperiment({ experimentId, folder }: ExperimentPlace): Promise<TransferredExperiment> {
  const meta = fieldsOf((await readMeta(folder)) ?? {}, folder);
  const creationTimeMs = meta.time('creation_time');
  return {
    experimentId,
    name: meta.required('name'),
    artifactLocation: meta.text('artifact_location') ?? '',
    stage: meta.stage(),
    creationTimeMs,
    lastUpdateTimeMs: meta.time('last_update_time') || creationTimeMs,
    tags: await readKeyed(join(folder, 'tags')),
  };
}
