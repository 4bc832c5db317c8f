import { AppError, invalidArgument } from '../../kernel/errors.ts';
import type { TransferredModel, TransferredVersion } from '../../registry/transfer-entities.ts';
import type { TransferredLoggedModel } from '../../tracking/transfer-entities.ts';
import { loggedModelOf } from './model-sources.ts';
import type { RestClient } from './rest-client.ts';
import { double, integer, keyed, object, objects, text, time, type WireObject } from './rest-json.ts';

const API = '/api/2.0/mlflow';
const PROMPTS = "tags.`mlflow.prompt.is_prompt` = 'true'";

const STATUSES: Readonly<Record<string, TransferredLoggedModel['status']>> = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: 'UNSPECIFIED',
  LOGGED_MODEL_PENDING: 'PENDING',
  LOGGED_MODEL_READY: 'READY',
  LOGGED_MODEL_UPLOAD_FAILED: 'FAILED',
};

/** Logged models of one experiment; servers before 3.0 have none. Those in the trash are not shown by the protocol. */
export async function* readLoggedModels(
  client: RestClient,
  experimentId: string,
): AsyncGenerator<TransferredLoggedModel[]> {
  let token: string | undefined;
  do {
    let answer: WireObject;
    try {
      answer = await client.post(`${API}/logged-models/search`, {
        experiment_ids: [experimentId],
        max_results: 50,
        page_token: token,
      });
    } catch (error) {
      if (error instanceof AppError && error.code === 'NotFound') return;
      throw error;
    }
    const page = objects(answer.models).map(readLoggedModel);
    if (page.length > 0) yield page;
    token = text(answer.next_page_token);
  } while (token !== undefined);
}

function readLoggedModel(model: WireObject): TransferredLoggedModel {
  const info = object(model.info);
  const data = object(model.data);
  const status = STATUSES[text(info.status) ?? 'LOGGED_MODEL_STATUS_UNSPECIFIED'];
  if (status === undefined) {
    throw invalidArgument(`The status ${text(info.status)} of a logged model is not known.`);
  }
  return {
    modelId: text(info.model_id) ?? '',
    experimentId: text(info.experiment_id) ?? '',
    name: text(info.name) ?? '',
    modelType: text(info.model_type) ?? null,
    sourceRunId: text(info.source_run_id) ?? null,
    status,
    statusMessage: text(info.status_message) ?? null,
    creationTimeMs: time(info.creation_timestamp_ms),
    lastUpdateTimeMs: time(info.last_updated_timestamp_ms),
    stage: 'active',
    artifactLocation: text(info.artifact_uri) ?? '',
    params: keyed(data.params),
    tags: keyed(info.tags),
    metrics: objects(data.metrics).map((metric) => ({
      key: text(metric.key) ?? '',
      step: integer(metric.step) ?? 0,
      timestampMs: integer(metric.timestamp) ?? 0,
      value: double(metric.value),
      runId: text(metric.run_id) ?? '',
      datasetName: text(metric.dataset_name) ?? null,
      datasetDigest: text(metric.dataset_digest) ?? null,
    })),
  };
}

/** Registered models, and the prompts, which the server lists on demand only. Deleted versions are not shown. */
export async function* readRegisteredModels(client: RestClient): AsyncGenerator<TransferredModel[]> {
  const seen = new Set<string>();
  for (const filter of [undefined, PROMPTS]) {
    let token: string | undefined;
    do {
      const answer = await client.get(`${API}/registered-models/search`, {
        filter,
        max_results: 100,
        page_token: token,
      });
      const fresh = objects(answer.registered_models).filter(({ name }) => !seen.has(String(name)));
      const page: TransferredModel[] = [];
      for (const model of fresh) {
        seen.add(String(model.name));
        page.push(await readModel(client, model, filter === PROMPTS));
      }
      if (page.length > 0) yield page;
      token = text(answer.next_page_token);
    } while (token !== undefined);
  }
}

async function readModel(
  client: RestClient,
  model: WireObject,
  isPrompt: boolean,
): Promise<TransferredModel> {
  const name = text(model.name) ?? '';
  const creationTimeMs = time(model.creation_timestamp);
  return {
    name,
    description: text(model.description) ?? null,
    creationTimeMs,
    lastUpdateTimeMs: time(model.last_updated_timestamp) || creationTimeMs,
    tags: keyed(model.tags),
    aliases: objects(model.aliases).map(({ alias, version }) => ({
      alias: String(alias),
      version: Number(version),
    })),
    versions: await readVersions(client, name, isPrompt),
  };
}

async function readVersions(
  client: RestClient,
  name: string,
  isPrompt: boolean,
): Promise<TransferredVersion[]> {
  const quote = name.includes("'") ? '"' : "'";
  const filter = `name = ${quote}${name}${quote}${isPrompt ? ` AND ${PROMPTS}` : ''}`;
  const versions: TransferredVersion[] = [];
  let token: string | undefined;
  do {
    const answer = await client.get(`${API}/model-versions/search`, {
      filter,
      max_results: 1000,
      page_token: token,
    });
    for (const version of objects(answer.model_versions)) versions.push(await readVersion(client, version));
    token = text(answer.next_page_token);
  } while (token !== undefined);
  return versions.sort((a, b) => a.version - b.version);
}

async function readVersion(client: RestClient, version: WireObject): Promise<TransferredVersion> {
  const source = text(version.source) ?? null;
  const creationTimeMs = time(version.creation_timestamp);
  return {
    version: Number(version.version),
    stage: text(version.current_stage) ?? 'None',
    description: text(version.description) ?? null,
    userId: text(version.user_id) ?? null,
    source,
    storageLocation: source?.startsWith('models:/') ? await readLocation(client, version) : source,
    runId: text(version.run_id) ?? null,
    runLink: text(version.run_link) ?? null,
    loggedModelId: text(version.model_id) ?? loggedModelOf(source),
    status: text(version.status) ?? 'READY',
    statusMessage: text(version.status_message) ?? null,
    creationTimeMs,
    lastUpdateTimeMs: time(version.last_updated_timestamp) || creationTimeMs,
    tags: keyed(version.tags),
  };
}

/** Where the files of a version lie whose source is another model. */
async function readLocation(client: RestClient, version: WireObject): Promise<string | null> {
  const answer = await client.get(`${API}/model-versions/get-download-uri`, {
    name: text(version.name),
    version: text(version.version),
  });
  return text(answer.artifact_uri) ?? null;
}
