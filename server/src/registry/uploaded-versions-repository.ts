import type { Sql, Transaction } from '../db/port.ts';
import { DELETED_STAGE, PENDING, READY } from './model-rules.ts';
import type { VersionNumber } from './version-folders.ts';

export async function setReady(
  tx: Transaction,
  { modelNo, version }: VersionNumber,
  change: { readonly by: string; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    `UPDATE model_versions SET status = '${READY}', status_message = NULL, updated_by = ?, last_update_time = ?
     WHERE model_no = ? AND version = ? AND status = '${PENDING}'`,
    [change.by, change.nowMs, modelNo, version],
  );
}

/** A file of a version, by its path below the version's folder. */
export interface VersionFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex; null for what a client sent to the object store itself. */
  readonly sha256: string | null;
}

export async function insertVersionFiles(
  tx: Transaction,
  { modelNo, version }: VersionNumber,
  files: readonly VersionFile[],
): Promise<void> {
  await tx.insertMany(
    'model_version_files',
    { model_no: 'bigint', version: 'bigint', path: 'text', size_bytes: 'bigint', sha256: 'text' },
    files.map((file) => [modelNo, version, file.path, file.sizeBytes, file.sha256]),
  );
}

export async function listVersionFiles(
  sql: Sql,
  { modelNo, version }: VersionNumber,
): Promise<VersionFile[]> {
  const rows = await sql.rows<[string, number, string | null]>(
    'SELECT path, size_bytes, sha256 FROM model_version_files WHERE model_no = ? AND version = ? ORDER BY path',
    [modelNo, version],
  );
  return rows.map(([path, sizeBytes, sha256]) => ({ path, sizeBytes, sha256 }));
}

/** Whether a version that is there has its files at a location, or below it. */
export async function isUsed(sql: Sql, location: string): Promise<boolean> {
  // '0' comes right after '/': the range of all locations below.
  const found = await sql.get(
    `SELECT 1 AS one FROM model_versions
     WHERE (storage_location = ? OR (storage_location >= ? AND storage_location < ?))
       AND stage <> '${DELETED_STAGE}' LIMIT 1`,
    [location, `${location}/`, `${location}0`],
  );
  return found !== undefined;
}

export interface ArrivedFile extends VersionFile {
  /** Of the bytes: another number, other bytes. */
  readonly blobNo: number;
}

/** All files below a folder of the artifacts, by path below it. */
export async function listTree(sql: Sql, folder: string): Promise<ArrivedFile[]> {
  const rows = await sql.rows<[string, string, number, string | null, number]>(
    `SELECT a.parent, a.name, b.size_bytes, b.sha256, b.blob_no
     FROM artifact_entries a JOIN blobs b ON b.blob_no = a.blob_no
     WHERE a.parent = ? OR (a.parent >= ? AND a.parent < ?)`,
    [folder, `${folder}/`, `${folder}0`],
  );
  return rows.map(([parent, name, sizeBytes, sha256, blobNo]) => ({
    path: `${parent}/${name}`.slice(folder.length + 1),
    sizeBytes,
    sha256,
    blobNo,
  }));
}

/** Files below a folder whose parts are still coming, by path below it. */
export async function listOpenUploads(sql: Sql, folder: string): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    'SELECT path FROM artifact_uploads WHERE completed_at IS NULL AND path >= ? AND path < ? ORDER BY path',
    [`${folder}/`, `${folder}0`],
  );
  return rows.map(([path]) => path.slice(folder.length + 1));
}

/** Versions of a model that may have files of their own in its folder. */
export async function listUploaded(sql: Sql, modelNo: number): Promise<number[]> {
  const rows = await sql.rows<[number]>(
    `SELECT version FROM model_versions
     WHERE model_no = ? AND storage_location >= ? AND storage_location < ? ORDER BY version`,
    [
      modelNo,
      `mlflow-artifacts:/registered-models/${modelNo}/`,
      `mlflow-artifacts:/registered-models/${modelNo}0`,
    ],
  );
  return rows.map(([version]) => version);
}

/** What a version that is there is at; held until the commit, where this is a write. */
export async function holdState(
  sql: Sql,
  { modelNo, version }: VersionNumber,
): Promise<{ readonly name: string; readonly status: string } | undefined> {
  return sql.get(
    `SELECT m.name, v.status FROM model_versions v JOIN registered_models m ON m.model_no = v.model_no
     WHERE v.model_no = ? AND v.version = ? AND v.stage <> '${DELETED_STAGE}'${sql.dialect.forUpdate('v')}`,
    [modelNo, version],
  );
}

export async function findModelPlace(
  sql: Sql,
  modelNo: number,
): Promise<{ readonly name: string; readonly schema_name: string } | undefined> {
  return sql.get('SELECT name, schema_name FROM registered_models WHERE model_no = ?', [modelNo]);
}
