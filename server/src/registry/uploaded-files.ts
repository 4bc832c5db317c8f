import { forget } from '../artifacts/files.ts';
import type { Sql, Transaction } from '../db/port.ts';
import * as repository from './uploaded-versions-repository.ts';
import { findFolder, type VersionNumber, versionFolder, versionLocation } from './version-folders.ts';

/** What every model has, and is sent like any other file. */
const MODEL_FILE = 'MLmodel';
const SHOWN_NAMES = 10;

/** The files that have arrived for a version, by path below its folder. */
export const listArrived = (sql: Sql, number: VersionNumber): Promise<repository.ArrivedFile[]> =>
  repository.listTree(sql, versionFolder(number));

/**
 * Which files of a version have not arrived, as far as that can be known: uploads that go on, a model without `MLmodel`,
 * and files of the source, where this server keeps that. In words, undefined for none.
 */
export async function findMissing(
  sql: Sql,
  number: VersionNumber,
  { source, arrived }: { readonly source: string; readonly arrived: readonly repository.ArrivedFile[] },
): Promise<string | undefined> {
  const names = new Set(arrived.map(({ path }) => path));
  if (names.size === 0) return 'no file of it has arrived';
  const open = await repository.listOpenUploads(sql, versionFolder(number));
  const onTheWay = open.filter((name) => !names.has(name));
  if (onTheWay.length > 0) return `the upload of ${shownNames(onTheWay)} is not complete`;
  const from = await findFolder(sql, source);
  const expected = from === undefined ? [] : (await repository.listTree(sql, from)).map(({ path }) => path);
  const missing = [...new Set([...expected, MODEL_FILE])].filter((name) => !names.has(name)).sort();
  return missing.length === 0 ? undefined : `${shownNames(missing)} has not arrived`;
}

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => `'${name.slice(0, 200)}'`);
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The versions of a model that have files of their own. */
export async function listSentFiles(sql: Sql, modelNo: number): Promise<VersionNumber[]> {
  return (await repository.listUploaded(sql, modelNo)).map((version) => ({ modelNo, version }));
}

/**
 * Removes the files that were sent for a version, after it went and in its transaction; where another version was copied
 * from it, they stay.
 */
export async function forgetVersionFiles(
  tx: Transaction,
  number: VersionNumber,
  nowMs: number,
): Promise<void> {
  if (await repository.isUsed(tx, versionLocation(number))) return;
  await forget(tx, versionFolder(number), nowMs);
}
