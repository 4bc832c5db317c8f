import type { Sql } from '../db/port.ts';
import { AppError } from '../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../objects/artifact-path.ts';
import { renderLocation } from '../objects/location.ts';
import { findStorage, findVersionState } from './version-storage-repository.ts';

/** Above the files of versions whose clients send them for the version alone, as those of Databricks do. */
export const VERSION_FILES = 'registered-models';

export interface VersionNumber {
  readonly modelNo: number;
  readonly version: number;
}

/** The folder of a version whose client sends its files. By numbers: a model keeps its files under any name. */
export const versionFolder = ({ modelNo, version }: VersionNumber): ArtifactPath =>
  parseArtifactPath(`${VERSION_FILES}/${modelNo}/${version}`);

/** The same as `model_versions.storage_location` has it. */
export const versionStorageLocation = (number: VersionNumber): string =>
  renderLocation({ kind: 'managed', path: versionFolder(number) });

/** Whose files a path is; undefined for one that is no version's own. */
export function versionOfPath(path: string): VersionNumber | undefined {
  const [, modelNo, version] = /^registered-models\/([1-9]\d{0,14})\/([1-9]\d{0,14})(?:\/|$)/.exec(path) ?? [];
  return modelNo === undefined ? undefined : { modelNo: Number(modelNo), version: Number(version) };
}

/**
 * Lets files into the folder of a version only while its client is still sending them; after that they are what was
 * registered. Asked in the transaction that writes, and holds the version until its end.
 * @throws AppError Conflict
 */
export async function keepReadyVersions(sql: Sql, path: ArtifactPath): Promise<void> {
  if (path !== VERSION_FILES && !path.startsWith(`${VERSION_FILES}/`)) return;
  const number = versionOfPath(path);
  const state = number && (await findVersionState(sql, number));
  if (state?.status === 'PENDING_REGISTRATION') return;
  throw new AppError(
    'Conflict',
    state === undefined
      ? 'Files of registered models are written through their versions: no such version takes any.'
      : `Version ${number!.version} of '${state.name}' is ${state.status}: its files cannot change any more.`,
    { field: 'path' },
  );
}

export interface VersionFiles {
  readonly number: VersionNumber;
  /** `PENDING_REGISTRATION` while files may come. */
  readonly status: string;
  /** As `model_versions` has it; empty for a prompt and what else has no files. */
  readonly storageLocation: string;
}

/** Where the files of a version are, by the stored name of its model; undefined for no such version. */
export async function findVersionFiles(
  sql: Sql,
  storedName: string,
  version: number,
): Promise<VersionFiles | undefined> {
  const row = await findStorage(sql, storedName, version);
  return (
    row && {
      number: { modelNo: row.model_no, version },
      status: row.status,
      storageLocation: row.storage_location ?? row.source ?? '',
    }
  );
}
