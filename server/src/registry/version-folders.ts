import { hasFile } from '../artifacts/files.ts';
import type { Sql } from '../db/port.ts';
import { AppError, invalidState, notFound } from '../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../objects/artifact-path.ts';
import { parseLocation, renderLocation } from '../objects/location.ts';
import { findLoggedModelSource } from '../tracking/logged-model-links.ts';
import { runArtifactLocation } from '../tracking/run-details.ts';
import { getRun } from '../tracking/runs.ts';
import { PENDING, READY } from './model-rules.ts';
import * as repository from './uploaded-versions-repository.ts';
import { getVersion } from './version-details.ts';
import { findVersion } from './versions-repository.ts';

/**
 * Below this folder of the artifacts lie the files of versions whose clients send them to the registry:
 * `registered-models/<number of the model>/<version>/…`. By numbers: a model keeps its files under any name. Nothing else
 * is kept there.
 */
export const VERSIONS_FOLDER = 'registered-models';

export interface VersionNumber {
  readonly modelNo: number;
  readonly version: number;
}

export const versionFolder = ({ modelNo, version }: VersionNumber): ArtifactPath =>
  parseArtifactPath(`${VERSIONS_FOLDER}/${modelNo}/${version}`);

/** The same as `model_versions.storage_location` has it. */
export const versionLocation = (number: VersionNumber): string =>
  renderLocation({ kind: 'managed', path: versionFolder(number) });

/** Whose files a path means; `elsewhere` outside of the folder of versions, undefined in it where no version can be. */
export function versionOfPath(path: string): 'elsewhere' | VersionNumber | undefined {
  const [folder, model = '', version = ''] = path.split('/', 3);
  if (folder !== VERSIONS_FOLDER) return 'elsewhere';
  const isNumber = (text: string) => /^[1-9]\d{0,14}$/.test(text);
  return isNumber(model) && isNumber(version)
    ? { modelNo: Number(model), version: Number(version) }
    : undefined;
}

/** The files of a version. */
export interface VersionFolder {
  readonly folder: ArtifactPath;
  /** Whether its client may still send some; then nobody takes them for the version yet. */
  readonly isOpen: boolean;
}

/**
 * Where this server keeps the files of a version, by the stored name of its model.
 * @throws AppError NotFound; InvalidState for files that lie where this server does not keep them.
 */
export async function findVersionFolder(sql: Sql, name: string, version: number): Promise<VersionFolder> {
  const row = await getVersion(sql, name, version);
  const location = row.storage_location ?? row.source ?? '';
  const folder = await findFolder(sql, location);
  if (folder !== undefined) return { folder, isOpen: row.status === PENDING };
  throw invalidState(
    `The files of version ${version} of '${name}' lie at '${location.slice(0, 200)}', which this server does not keep: read them there.`,
  );
}

/** The folder of artifacts that a location means; undefined for what this server does not keep, or has not (any more). */
export async function findFolder(sql: Sql, location: string): Promise<ArtifactPath | undefined> {
  try {
    const path = await folderOf(sql, location);
    return path === undefined ? undefined : parseArtifactPath(path);
  } catch (error) {
    // The text is a client's, or of another tracker: what is no location here, or names what is not there, is nothing.
    if (error instanceof AppError && error.code !== 'Unavailable') return undefined;
    throw error;
  }
}

async function folderOf(sql: Sql, text: string): Promise<string | undefined> {
  const location = parseLocation(text);
  switch (location.kind) {
    case 'managed':
      return location.path || undefined;
    case 'runs': {
      const root = await folderOf(sql, runArtifactLocation(await getRun(sql, location.runId)));
      return root && [root, location.path].filter((part) => part !== '').join('/');
    }
    case 'models': {
      const { model } = location;
      if (model.by === 'id') {
        const found = await findLoggedModelSource(sql, model.modelId);
        return found && folderOf(sql, found.artifactLocation);
      }
      if (model.by !== 'version') return undefined;
      const copied = await findVersion(sql, model.name, Number(model.version));
      // What a version says of its own place is no reference to another one.
      if (!copied?.storage_location || copied.storage_location.startsWith('models:')) return undefined;
      return folderOf(sql, copied.storage_location);
    }
  }
  return undefined;
}

/**
 * Whether a model lies at a source; said of those alone whose files this server keeps.
 * @throws AppError InvalidState
 */
export async function requireModelAt(sql: Sql, source: string): Promise<void> {
  const folder = await findFolder(sql, source);
  if (folder === undefined || (await hasFile(sql, parseArtifactPath(`${folder}/MLmodel`)))) return;
  throw invalidState(
    `There is no model at '${source.slice(0, 200)}': it has no file 'MLmodel'. Log it first, or have it registered by somebody who may edit the experiment.`,
    { field: 'source' },
  );
}

/**
 * Lets files into the folder of a version only while its client is still sending them: after that they are what was
 * registered. Asked in the transaction that writes one, and holds the version until its end.
 * @throws AppError Conflict
 */
export async function guardVersionFolder(sql: Sql, path: ArtifactPath): Promise<void> {
  const number = versionOfPath(path);
  if (number === 'elsewhere') return;
  // Finalizing the version waits for the file, or the file for what finalizing says.
  const state = number && (await repository.holdState(sql, number));
  if (state?.status === PENDING) return;
  throw new AppError(
    'Conflict',
    state === undefined
      ? 'Files of registered models are written through their versions: there is no such version.'
      : `Version ${(number as VersionNumber).version} of '${state.name}' is ${state.status}: its files do not change any more.${state.status === READY ? ' Register a new version.' : ''}`,
    { field: 'path' },
  );
}

/** The name of the model whose number it is, for `nameOfRow`. @throws AppError NotFound */
export async function modelOfNumber(
  sql: Sql,
  modelNo: number,
): Promise<{ readonly name: string; readonly schema_name: string }> {
  const row = await repository.findModelPlace(sql, modelNo);
  if (row === undefined) throw notFound(`There is no registered model ${modelNo}.`);
  return row;
}
