import type { Sql, Transaction } from '../db/port.ts';

export interface UploadRow {
  readonly upload_id: string;
  readonly path: string;
  readonly object_key: string;
  readonly store_upload_id: string;
  readonly created_at: number;
  readonly completed_at: number | null;
  /** 1 where the file must not be there yet. */
  readonly only_new: number | null;
}

const COLUMNS = 'upload_id, path, object_key, store_upload_id, created_at, completed_at, only_new';

export async function insertUpload(tx: Transaction, upload: Omit<UploadRow, 'completed_at'>): Promise<void> {
  await tx.run(
    `INSERT INTO artifact_uploads (upload_id, path, object_key, store_upload_id, created_at, only_new)
     VALUES (?, ?, ?, ?, ?, ?)`,
    [
      upload.upload_id,
      upload.path,
      upload.object_key,
      upload.store_upload_id,
      upload.created_at,
      upload.only_new,
    ],
  );
}

export async function findUpload(sql: Sql, uploadId: string): Promise<UploadRow | undefined> {
  return sql.get<UploadRow>(`SELECT ${COLUMNS} FROM artifact_uploads WHERE upload_id = ?`, [uploadId]);
}

/** Whether it was still open: of several that complete it, one does. */
export async function completeUpload(tx: Transaction, uploadId: string, nowMs: number): Promise<boolean> {
  const completed = await tx.run(
    'UPDATE artifact_uploads SET completed_at = ? WHERE upload_id = ? AND completed_at IS NULL',
    [nowMs, uploadId],
  );
  return completed > 0;
}

export async function deleteUpload(tx: Transaction, uploadId: string): Promise<void> {
  await tx.run('DELETE FROM artifact_uploads WHERE upload_id = ?', [uploadId]);
}

/** The oldest uploads that began before. */
export async function listUploadsBefore(sql: Sql, beforeMs: number, limit: number): Promise<UploadRow[]> {
  return sql.all<UploadRow>(
    `SELECT ${COLUMNS} FROM artifact_uploads WHERE created_at < ? ORDER BY created_at LIMIT ?`,
    [beforeMs, limit],
  );
}
