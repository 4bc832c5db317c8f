import type { Sql, Transaction } from '../db/port.ts';

export interface CommentRow {
  readonly comment_id: string;
  readonly model_no: number;
  readonly version: number;
  readonly user_id: string;
  /** Of whom the name was then. */
  readonly user_no: number;
  readonly comment: string;
  readonly created_at: number;
  readonly updated_at: number;
}

const COLUMNS =
  'c.comment_id, c.model_no, c.version, c.user_id, c.user_no, c.comment, c.created_at, c.updated_at';

export async function insertComment(tx: Transaction, row: CommentRow): Promise<void> {
  await tx.run(
    `INSERT INTO model_version_comments (comment_id, model_no, version, user_id, user_no, comment, created_at,
       updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      row.comment_id,
      row.model_no,
      row.version,
      row.user_id,
      row.user_no,
      row.comment,
      row.created_at,
      row.updated_at,
    ],
  );
}

export async function findComment(sql: Sql, commentId: string): Promise<CommentRow | undefined> {
  return sql.get<CommentRow>(`SELECT ${COLUMNS} FROM model_version_comments c WHERE c.comment_id = ?`, [
    commentId,
  ]);
}

/** The oldest first. */
export async function listComments(
  sql: Sql,
  version: { readonly modelNo: number; readonly version: number },
  page: { readonly limit: number; readonly offset: number },
): Promise<CommentRow[]> {
  return sql.all<CommentRow>(
    `SELECT ${COLUMNS} FROM model_version_comments c WHERE c.model_no = ? AND c.version = ?
     ORDER BY c.created_at, c.comment_id LIMIT ? OFFSET ?`,
    [version.modelNo, version.version, page.limit, page.offset],
  );
}

export async function updateComment(
  tx: Transaction,
  commentId: string,
  change: { readonly comment: string; readonly nowMs: number },
): Promise<void> {
  await tx.run('UPDATE model_version_comments SET comment = ?, updated_at = ? WHERE comment_id = ?', [
    change.comment,
    change.nowMs,
    commentId,
  ]);
}

export async function deleteComment(tx: Transaction, commentId: string): Promise<void> {
  await tx.run('DELETE FROM model_version_comments WHERE comment_id = ?', [commentId]);
}
