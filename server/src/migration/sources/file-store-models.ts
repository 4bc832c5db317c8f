import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidArgument } from '../../kernel/errors.ts';
import type { TransferredModel, TransferredVersion } from '../../registry/transfer-entities.ts';
import type { TransferredLoggedModel, TransferredModelMetric } from '../../tracking/transfer-entities.ts';
import { fieldsOf } from './file-store-fields.ts';
import { listFiles, listFolders, readKeyed, readLines, readMeta } from './file-store-files.ts';
import { parsePoint } from './file-store-runs.ts';
import { loggedModelOf } from './model-sources.ts';
import { loggedModelStatus } from './model-status.ts';

/** The logged models of an experiment, one after another. */
export async function* readLoggedModels(
  experimentId: string,
  experimentFolder: string,
): AsyncGenerator<TransferredLoggedModel> {
  for (const modelId of await listFolders(join(experimentFolder, 'models'))) {
    const folder = join(experimentFolder, 'models', modelId);
    const found = await readMeta(folder);
    if (found === undefined) continue;
    const meta = fieldsOf(found, folder);
    yield {
      modelId,
      experimentId,
      name: meta.text('name') ?? '',
      modelType: meta.text('model_type') ?? null,
      sourceRunId: meta.text('source_run_id') ?? null,
      status: loggedModelStatus(Number(meta.int64('status') ?? 0)),
      statusMessage: meta.text('status_message') ?? null,
      creationTimeMs: meta.time('creation_timestamp'),
      lastUpdateTimeMs: meta.time('last_updated_timestamp'),
      stage: meta.stage(),
      artifactLocation: meta.text('artifact_location') ?? '',
      params: await readKeyed(join(folder, 'params')),
      tags: await readKeyed(join(folder, 'tags')),
      metrics: await readModelMetrics(join(folder, 'metrics')),
    };
  }
}

/** Lines of `time value step run`, and behind that name and digest of a dataset. Of repeats the first counts. */
async function readModelMetrics(folder: string): Promise<TransferredModelMetric[]> {
  const metrics = new Map<string, TransferredModelMetric>();
  for (const key of await listFiles(folder)) {
    const file = join(folder, key);
    for await (const text of readLines(file)) {
      const parts = text.trim().split(' ');
      const runId = parts[3];
      if (runId === undefined)
        throw invalidArgument(`${file} holds a line without a run: '${text.slice(0, 100)}'.`);
      const point = parsePoint(text, file);
      const identity = JSON.stringify([key, String(point.timestampMs), String(point.step), runId]);
      if (metrics.has(identity)) continue;
      metrics.set(identity, {
        ...point,
        key,
        runId,
        // Names may hold spaces, digests do not.
        datasetName: parts.length > 5 ? parts.slice(4, -1).join(' ') : null,
        datasetDigest: parts.length > 5 ? parts.at(-1)! : null,
      });
    }
  }
  return [...metrics.values()];
}

/** The registered models of a store, one after another, whole. */
export async function* readRegisteredModels(root: string): AsyncGenerator<TransferredModel> {
  for (const name of await listFolders(join(root, 'models'))) {
    const folder = join(root, 'models', name);
    const found = await readMeta(folder);
    if (found === undefined) continue;
    const meta = fieldsOf(found, folder);
    const creationTimeMs = meta.time('creation_timestamp');
    const versions: TransferredVersion[] = [];
    for (const entry of await listFolders(folder)) {
      if (/^version-\d+$/.test(entry)) versions.push(await readVersion(join(folder, entry)));
    }
    yield {
      name: meta.text('name') ?? name,
      description: meta.text('description') ?? null,
      creationTimeMs,
      lastUpdateTimeMs: meta.time('last_updated_timestamp') || creationTimeMs,
      tags: await readKeyed(join(folder, 'tags')),
      aliases: await readAliases(join(folder, 'aliases')),
      versions: versions.sort((a, b) => a.version - b.version),
    };
  }
}

async function readAliases(folder: string): Promise<{ alias: string; version: number }[]> {
  const names = await listFiles(folder);
  return Promise.all(
    names.map(async (alias) => ({
      alias,
      version: Number((await readFile(join(folder, alias), 'utf8')).trim()),
    })),
  );
}

async function readVersion(folder: string): Promise<TransferredVersion> {
  const meta = fieldsOf((await readMeta(folder)) ?? {}, folder);
  const source = meta.text('source') ?? null;
  const creationTimeMs = meta.time('creation_timestamp');
  return {
    version: Number(meta.required('version')),
    stage: meta.text('current_stage') ?? 'None',
    description: meta.text('description') ?? null,
    userId: meta.text('user_id') ?? null,
    source,
    storageLocation: meta.text('storage_location') ?? source,
    runId: meta.text('run_id') ?? null,
    runLink: meta.text('run_link') ?? null,
    loggedModelId: meta.text('model_id') ?? loggedModelOf(source),
    status: meta.text('status') ?? 'READY',
    statusMessage: meta.text('status_message') ?? null,
    creationTimeMs,
    lastUpdateTimeMs: meta.time('last_updated_timestamp') || creationTimeMs,
    tags: await readKeyed(join(folder, 'tags')),
  };
}
