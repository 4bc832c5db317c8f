import type { Sql } from '../db/port.ts';
import { AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import { type Location, renderLocation } from '../objects/location.ts';
import { checkLength } from '../tracking/key-rules.ts';
import { findLoggedModelSource } from '../tracking/logged-model-links.ts';
import { runArtifactLocation } from '../tracking/run-details.ts';
import { getRun } from '../tracking/runs.ts';
import { isLatestAlias, notReady, PENDING, parseStage } from './model-rules.ts';
import { getModelRow } from './models.ts';
import { foreignHostScheme, type HostPolicy } from './source-hosts.ts';
import {
  checkPromptSource,
  checkSourceOwner,
  invalidSource,
  parseSource,
  type SourceOwner,
} from './source-rules.ts';
import { getVersion } from './version-details.ts';
import { findVersionByAlias, listLatest, type VersionRow } from './versions-repository.ts';

export interface SourcePolicy extends HostPolicy {
  /** When set, every source must match it. */
  readonly pattern: RegExp | undefined;
}

export interface WrittenSource {
  readonly source: string;
  /** Undefined when the caller did not say. */
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  readonly isPrompt: boolean;
  /** Whether the logged model may be told of the version. */
  readonly mayLink?: boolean;
}

/** A source that may be registered, and what follows from it. */
export interface ResolvedSource {
  readonly source: string;
  /** Where the files of the version lie. */
  readonly storageLocation: string;
  readonly runId: string | null;
  readonly loggedModelId: string | null;
  readonly loggedModelNo: number | undefined;
}

/**
 * Checks a source in the real server's order (contract of MLflow 3.17.2, section 10): pattern, placeholder of prompts,
 * hosts, lineage of `models:/name/…`, and last whether run or logged model own it.
 * @throws AppError InvalidArgument; NotFound for a version, run or logged model that the source or the caller names.
 */
export async function resolveSource(
  sql: Sql,
  written: WrittenSource,
  policy: SourcePolicy & { storedName(text: string): string },
): Promise<ResolvedSource> {
  const { source } = written;
  if (policy.pattern !== undefined && !policy.pattern.test(source)) {
    throw invalidSource(source, 'It does not match the pattern that this server demands.');
  }
  if (written.isPrompt) {
    checkPromptSource(source);
    return {
      source,
      storageLocation: source,
      runId: written.runId ?? '',
      loggedModelId: null,
      loggedModelNo: undefined,
    };
  }
  const location = parseSource(source);
  refuseForeignHost(location, policy);
  const origin = await findOrigin(sql, written, withStoredName(location, policy));
  const runId = written.runId ?? (origin === undefined ? '' : origin.run_id);
  const modelId = (written.modelId ?? origin?.logged_model_id ?? '') || undefined;
  await checkSourceOwner(source, location, ownerOf(sql, runId ?? '', modelId));

  const model = modelId === undefined ? undefined : await findLoggedModelSource(sql, modelId);
  if (modelId !== undefined && model === undefined) {
    throw notFound(`Logged model with ID '${modelId.slice(0, 100)}' not found.`);
  }
  const isLoggedModel = location.kind === 'models' && location.model.by === 'id';
  return {
    source: origin === undefined ? source : `models:/${origin.name}/${origin.version}`,
    storageLocation:
      origin !== undefined
        ? (origin.storage_location ?? origin.source ?? source)
        : isLoggedModel
          ? model!.artifactLocation
          : placeOf(source, location),
    runId: model === undefined ? runId : runId || (model.sourceRunId ?? null),
    loggedModelId: modelId ?? null,
    // A logged model lists the versions that name it, not those that copy one of them.
    loggedModelNo: written.modelId === undefined || written.mayLink === false ? undefined : model?.modelNo,
  };
}

/** Of files that this server keeps in the one form by which they are found, however the source is written. */
const placeOf = (source: string, location: Location): string =>
  location.kind === 'managed' || location.kind === 'runs' ? renderLocation(location) : source;

function withStoredName(location: Location, policy: { storedName(text: string): string }): Location {
  if (location.kind !== 'models' || location.model.by === 'id') return location;
  return { ...location, model: { ...location.model, name: policy.storedName(location.model.name) } };
}

function refuseForeignHost(location: Location, policy: HostPolicy): void {
  const scheme = foreignHostScheme(location, policy);
  if (scheme === undefined) return;
  throw invalidArgument(
    `'source' cannot use the '${scheme}' scheme: it names a host, and the server would have to connect to it. ` +
      'The operator can allow the scheme by --allowed-source-schemes.',
    { field: 'source' },
  );
}

function ownerOf(sql: Sql, runId: string, modelId: string | undefined): SourceOwner | undefined {
  if (modelId !== undefined) {
    return {
      kind: 'logged model',
      id: modelId,
      findLocation: async () => (await findLoggedModelSource(sql, modelId))?.artifactLocation,
    };
  }
  if (runId === '') return undefined;
  return { kind: 'run', id: runId, findLocation: () => findRunLocation(sql, runId) };
}

async function findRunLocation(sql: Sql, runId: string): Promise<string | undefined> {
  try {
    return runArtifactLocation(await getRun(sql, runId));
  } catch (error) {
    if (error instanceof AppError && error.code === 'NotFound') return undefined;
    throw error;
  }
}

/** The version that a source of the form `models:/name/…` copies; undefined for other sources. */
async function findOrigin(
  sql: Sql,
  written: WrittenSource,
  location: Location,
): Promise<VersionRow | undefined> {
  if (location.kind !== 'models' || location.model.by === 'id') return undefined;
  const { source } = written;
  const model = await getModelRow(sql, location.model.name);
  if (model.is_prompt === 1) {
    throw invalidSource(source, 'Prompt versions cannot be used as model version sources.');
  }
  const origin = await findReferenced(sql, location.model);
  if (origin === undefined && location.model.by === 'alias' && !isLatestAlias(location.model.alias))
    throw invalidSource(source, `Registered model alias ${location.model.alias} not found.`);
  if (origin === undefined)
    throw notFound(`No version of model '${location.model.name}' answers to '${source}'.`);
  if (origin.status === PENDING) throw notReady(origin.name, origin.version);
  const contradicts = (given: string | undefined, known: string | null) =>
    given !== undefined && given !== (known ?? '');
  if (
    contradicts(written.runId, origin.run_id) ||
    contradicts(written.modelId, origin.logged_model_id) ||
    origin.is_prompt === 1
  ) {
    throw invalidSource(
      source,
      'The run_id and model_id request parameters must match the referenced model version.',
    );
  }
  return origin;
}

async function findReferenced(
  sql: Sql,
  reference: Exclude<Extract<Location, { kind: 'models' }>['model'], { by: 'id' }>,
): Promise<VersionRow | undefined> {
  switch (reference.by) {
    case 'version':
      return getVersion(sql, reference.name, Number(reference.version));
    case 'alias':
      if (!isLatestAlias(reference.alias)) return findVersionByAlias(sql, reference.name, reference.alias);
      break;
    case 'stage':
      if (isLatestAlias(reference.stage)) break;
      return (
        await listLatest(
          sql,
          [(await getModelRow(sql, reference.name)).model_no],
          [parseStage(reference.stage, 'source')],
        )
      ).at(-1);
  }
  return (await listLatest(sql, [(await getModelRow(sql, reference.name)).model_no])).at(-1);
}

const MAX_SOURCE_LENGTH = 4096;

/**
 * Where the files that a client sends come from, as it says. This server reads nothing there: it may be a folder of the
 * client's, or of another tracking server.
 * @throws AppError InvalidArgument
 */
export async function resolveUploaded(
  sql: Sql,
  written: {
    readonly source: string;
    readonly runId: string | undefined;
    readonly modelId: string | undefined;
    readonly mayLink: boolean;
  },
): Promise<ResolvedSource> {
  const { source, mayLink } = written;
  checkLength(source, MAX_SOURCE_LENGTH, 'source');
  const modelId = written.modelId || /^models:\/(m-[0-9a-f]{32})$/.exec(source)?.[1];
  const model = mayLink && modelId !== undefined ? await findLoggedModelSource(sql, modelId) : undefined;
  return {
    source,
    storageLocation: '',
    runId: written.runId || (model?.sourceRunId ?? null),
    loggedModelId: modelId ?? null,
    loggedModelNo: model?.modelNo,
  };
}
