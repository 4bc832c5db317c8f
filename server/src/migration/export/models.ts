import { AppError, invalidState } from '../../kernel/errors.ts';
import type { TransferredModel, TransferredVersion } from '../../registry/transfer-entities.ts';
import type { TransferredLoggedModel } from '../../tracking/transfer-entities.ts';
import type { LocationMap } from '../location-map.ts';
import type { TrackerSource } from '../source.ts';
import { openRestSource } from '../sources/rest.ts';
import type { RestClient } from '../sources/rest-client.ts';
import { object, text, type WireObject } from '../sources/rest-json.ts';
import { readLoggedModels } from '../sources/rest-models.ts';
import { asWire, tagValue } from './experiments.ts';
import {
  type IdMap,
  PLACEHOLDER_TAG,
  SOURCE_MODEL_TAG,
  SOURCE_NAME_TAG,
  VERSIONS_TAG,
  WHOLE_TAG,
} from './ids.ts';

const API = '/api/2.0/mlflow';
const DELETED = 'Deleted_Internal';

/** Finds the logged models that an earlier start made, and makes the others. False where the server knows none at all. */
export async function createLoggedModels(
  client: RestClient,
  source: TrackerSource,
  ids: IdMap,
): Promise<boolean> {
  for (const { id } of ids.experiments.values()) {
    for await (const page of readLoggedModels(client, id)) {
      for (const model of page) {
        const sourceId = tagValue(model.tags, SOURCE_MODEL_TAG);
        if (sourceId === undefined) continue;
        const isWhole = tagValue(model.tags, WHOLE_TAG) !== undefined;
        ids.models.set(sourceId, { id: model.modelId, artifactLocation: model.artifactLocation, isWhole });
      }
    }
  }
  for await (const page of source.loggedModels()) {
    for (const model of page) {
      // One in the trash would be invisible to the next start, and be made again each time.
      if (ids.models.has(model.modelId) || model.stage === 'deleted') continue;
      try {
        await createLoggedModel(client, model, ids);
      } catch (error) {
        if (error instanceof AppError && error.code === 'NotFound') return false;
        throw error;
      }
    }
  }
  return true;
}

async function createLoggedModel(
  client: RestClient,
  model: TransferredLoggedModel,
  ids: IdMap,
): Promise<void> {
  const answer = await client.create(`${API}/logged-models`, {
    experiment_id: ids.experiments.get(model.experimentId)!.id,
    name: model.name,
    model_type: model.modelType ?? undefined,
    source_run_id:
      model.sourceRunId === null ? undefined : (ids.runs.get(model.sourceRunId)?.id ?? model.sourceRunId),
    params: model.params.map(asWire),
    tags: [...model.tags, { key: SOURCE_MODEL_TAG, value: model.modelId }].map(asWire),
  });
  const info = object(object(answer.model).info);
  ids.models.set(model.modelId, {
    id: text(info.model_id) ?? '',
    artifactLocation: text(info.artifact_uri) ?? '',
    isWhole: false,
  });
}

/** Sends the files of logged models and gives them their status. */
export async function fillLoggedModels(
  client: RestClient,
  source: TrackerSource,
  {
    ids,
    sendArtifacts,
  }: { readonly ids: IdMap; sendArtifacts(model: TransferredLoggedModel): Promise<void> },
): Promise<number> {
  let filled = 0;
  for await (const page of source.loggedModels()) {
    for (const model of page) {
      const there = ids.models.get(model.modelId);
      if (there === undefined || there.isWhole) continue;
      await sendArtifacts(model);
      const path = `${API}/logged-models/${encodeURIComponent(there.id)}`;
      if (model.status === 'READY' || model.status === 'FAILED') {
        const status = model.status === 'READY' ? 'LOGGED_MODEL_READY' : 'LOGGED_MODEL_UPLOAD_FAILED';
        await client.patch(path, { model_id: there.id, status });
      }
      await client.patch(`${path}/tags`, { model_id: there.id, tags: [{ key: WHOLE_TAG, value: 'true' }] });
      filled += 1;
    }
  }
  return filled;
}

/** Registered models with versions of the same numbers, stages and aliases. How many versions were made. */
export async function exportRegistry(
  client: RestClient,
  source: TrackerSource,
  { ids, places }: { readonly ids: IdMap; readonly places: LocationMap },
): Promise<number> {
  const there = new Map<string, TransferredModel>();
  for await (const page of openRestSource(client).registeredModels())
    for (const m of page) there.set(m.name, m);
  let made = 0;
  for await (const page of source.registeredModels()) {
    for (const model of page) {
      const known = there.get(model.name);
      if (known === undefined) {
        await client.create(`${API}/registered-models/create`, {
          name: model.name,
          description: model.description ?? undefined,
          tags: [...model.tags, { key: SOURCE_NAME_TAG, value: model.name }].map(asWire),
        });
      }
      made += await exportVersions(client, model, { known, ids, places });
      for (const { alias, version } of model.aliases) {
        await client.post(`${API}/registered-models/alias`, {
          name: model.name,
          alias,
          version: String(version),
        });
      }
    }
  }
  return made;
}

interface VersionContext {
  readonly known: TransferredModel | undefined;
  readonly ids: IdMap;
  readonly places: LocationMap;
}

/** The server counts versions by itself: numbers that were deleted here are made and deleted there, so that all fit. */
async function exportVersions(
  client: RestClient,
  { name, versions }: TransferredModel,
  { known, ids, places }: VersionContext,
): Promise<number> {
  for (const version of known?.versions ?? []) {
    if (tagValue(version.tags, PLACEHOLDER_TAG) !== undefined)
      await deleteVersion(client, name, version.version);
  }
  const done = Math.max(
    Number(tagValue(known?.tags ?? [], VERSIONS_TAG) ?? 0),
    ...(known?.versions ?? []).map(({ version }) => version),
  );
  const byNumber = new Map(versions.map((version) => [version.version, version]));
  const last = Math.max(0, ...byNumber.keys());
  let made = 0;
  for (let number = done + 1; number <= last; number += 1) {
    const version = byNumber.get(number);
    const wanted = version === undefined || version.stage === DELETED ? undefined : version;
    const body = wanted === undefined ? undefined : versionBody(name, wanted, { ids, places });
    const created = body === undefined ? undefined : await createVersion(client, body);
    const given = created ?? (await createVersion(client, placeholderBody(name)));
    if (given !== number) {
      throw invalidState(
        `The other server gave version ${given} of '${name}' instead of ${number}: somebody else makes versions of it.`,
      );
    }
    await client.post(`${API}/registered-models/set-tag`, { name, key: VERSIONS_TAG, value: String(number) });
    if (created === undefined) await deleteVersion(client, name, number);
    else made += 1;
  }
  for (const version of versions) {
    if (version.stage === DELETED || version.stage === 'None') continue;
    const there = known?.versions.find((candidate) => candidate.version === version.version);
    if (there?.stage === version.stage) continue;
    await client.post(`${API}/model-versions/transition-stage`, {
      name,
      version: String(version.version),
      stage: version.stage,
      archive_existing_versions: false,
    });
  }
  return made;
}

/** Of a scheme that servers do not look into. */
const placeholderBody = (name: string): WireObject => ({
  name,
  source: 's3://slipway/deleted-version',
  tags: [{ key: PLACEHOLDER_TAG, value: 'true' }],
});

/** The number that the server gave; undefined where it refuses the source: the verification tells of that version. */
async function createVersion(client: RestClient, body: WireObject): Promise<number | undefined> {
  try {
    const answer = await client.create(`${API}/model-versions/create`, body);
    return Number(object(answer.model_version).version);
  } catch (error) {
    if (error instanceof AppError && error.code === 'InvalidArgument') return undefined;
    throw error;
  }
}

function versionBody(
  name: string,
  version: TransferredVersion,
  { ids, places }: Omit<VersionContext, 'known'>,
) {
  const { runId, loggedModelId } = version;
  return {
    name,
    source: places.place(version.source ?? ''),
    run_id: runId === null || runId === '' ? undefined : (ids.runs.get(runId)?.id ?? runId),
    run_link: version.runLink || undefined,
    description: version.description || undefined,
    model_id: loggedModelId === null ? undefined : ids.models.get(loggedModelId)?.id,
    tags: version.tags.map(asWire),
  };
}

async function deleteVersion(client: RestClient, name: string, version: number): Promise<void> {
  await client.delete(`${API}/model-versions/delete`, { name, version: String(version) });
}
