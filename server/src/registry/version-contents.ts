import type { Sql } from '../db/port.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import { type ModelName, nameOfRow } from './model-names.ts';
import { findModelByNo } from './model-numbers-repository.ts';
import { modelNotFound } from './model-places.ts';
import * as repository from './uploaded-versions-repository.ts';
import { getVersion } from './version-details.ts';
import { findVersionFolder } from './version-folders.ts';
import { findVersionByAlias } from './versions-repository.ts';

/** A version that is there, by numbers that no rename changes. */
export interface NumberedVersion {
  readonly modelNo: number;
  readonly version: number;
}

/** The files of a version, for whoever loads it. */
export interface VersionContents {
  readonly folder: ArtifactPath;
  /** By path below the folder; `sha256` is null for what a client sent to the object store itself. */
  readonly files: readonly repository.VersionFile[];
}

export async function numberVersion(sql: Sql, stored: string, version: number): Promise<NumberedVersion> {
  const row = await getVersion(sql, stored, version);
  return { modelNo: row.model_no, version: row.version };
}

const aliasNotFound = (stored: string, alias: string): AppError =>
  notFound(`Registered model alias ${alias.slice(0, 255)} not found in '${stored.slice(0, 256)}'.`);

/** Where an alias points now. @throws AppError NotFound */
export async function resolveAlias(sql: Sql, stored: string, alias: string): Promise<NumberedVersion> {
  const row = await findVersionByAlias(sql, stored, alias);
  if (row === undefined) throw aliasNotFound(stored, alias);
  return { modelNo: row.model_no, version: row.version };
}

/** @throws AppError NotFound */
export async function nameOfNumber(sql: Sql, modelNo: number): Promise<ModelName> {
  const row = await findModelByNo(sql, modelNo);
  if (row === undefined) throw modelNotFound(String(modelNo));
  return nameOfRow(row);
}

/**
 * @throws AppError NotFound for a version that is not there; InvalidState for one whose files are elsewhere, are not all
 *   there yet, or differ from those that it was registered with.
 */
export async function readContents(sql: Sql, stored: string, of: NumberedVersion): Promise<VersionContents> {
  const { folder, isOpen } = await findVersionFolder(sql, stored, of.version);
  if (isOpen)
    throw new AppError(
      'InvalidState',
      `Version ${of.version} of '${stored}' is not registered completely: its files are still being sent.`,
    );
  const files = (await repository.listTree(sql, folder)).map(({ path, sizeBytes, sha256 }) => ({
    path,
    sizeBytes,
    sha256,
  }));
  if (files.length === 0)
    throw new AppError('InvalidState', `Version ${of.version} of '${stored}' has no files.`);
  const registered = await repository.listVersionFiles(sql, of);
  const differing = registered.find((file) => {
    const now = files.find(({ path }) => path === file.path);
    return now === undefined || now.sizeBytes !== file.sizeBytes || now.sha256 !== file.sha256;
  });
  if (differing !== undefined)
    throw new AppError(
      'InvalidState',
      `The file '${differing.path.slice(0, 200)}' of version ${of.version} of '${stored}' is not what was registered.`,
    );
  return { folder, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}
