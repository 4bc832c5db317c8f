import type { Database, Sql } from '../db/port.ts';
import type { Principal } from '../governance/access.ts';
import type { Clock } from '../kernel/clock.ts';
import { type AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import { parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import type { Page } from '../tracking/experiments.ts';
import { checkLength } from '../tracking/key-rules.ts';
import * as repository from './comments-repository.ts';
import { type ModelName, nameOfRow } from './model-names.ts';
import { findModelPlace } from './uploaded-versions-repository.ts';
import { getVersion, holdVersion } from './version-details.ts';

export interface Comment {
  readonly id: string;
  /** Their name when they said it. */
  readonly userId: string;
  /** The id of the principal, which nobody else gets. */
  readonly principalId: string;
  readonly text: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

const MAX_LENGTH = 65_535;

/** What people say of versions, with their names and the time. */
export function createComments({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  return {
    /** @throws AppError NotFound for the version; InvalidArgument for an empty text, or one over 65,535 characters. */
    async create(
      name: string,
      version: number,
      said: { readonly text: string; readonly by: Pick<Principal, 'id' | 'name'> },
    ): Promise<Comment> {
      checkText(said.text);
      return db.write(async (tx) => {
        const { model_no } = await holdVersion(tx, name, version);
        const nowMs = clock.nowMs();
        const row: repository.CommentRow = {
          comment_id: randomHexId(),
          model_no,
          version,
          user_id: said.by.name,
          user_no: Number(said.by.id),
          comment: said.text,
          created_at: nowMs,
          updated_at: nowMs,
        };
        await repository.insertComment(tx, row);
        return commentOf(row);
      });
    },

    /** The oldest first. @throws AppError NotFound for the version; InvalidArgument for a bad token. */
    async list(
      name: string,
      version: number,
      page: { readonly maxResults: number; readonly pageToken: string | undefined },
    ): Promise<Page<Comment>> {
      const { offset } = parsePageToken(page.pageToken);
      return db.read(async (sql) => {
        const { model_no: modelNo } = await getVersion(sql, name, version);
        const limit = page.maxResults + 1;
        const rows = await repository.listComments(sql, { modelNo, version }, { limit, offset });
        return {
          items: rows.slice(0, page.maxResults).map(commentOf),
          nextPageToken:
            rows.length < limit ? undefined : renderPageToken({ offset: offset + page.maxResults }),
        };
      });
    },

    /** Who said it, of which model. @throws AppError NotFound */
    async find(id: string): Promise<{ readonly model: ModelName } & Pick<Comment, 'userId' | 'principalId'>> {
      return db.read(async (sql) => {
        const row = await getRow(sql, id);
        const place = await findModelPlace(sql, row.model_no);
        if (place === undefined) throw commentNotFound(id);
        const { userId, principalId } = commentOf(row);
        return { model: nameOfRow(place), userId, principalId };
      });
    },

    /** @throws AppError NotFound, InvalidArgument */
    async update(id: string, text: string): Promise<Comment> {
      checkText(text);
      return db.write(async (tx) => {
        const row = await getRow(tx, id);
        const nowMs = clock.nowMs();
        await repository.updateComment(tx, id, { comment: text, nowMs });
        return commentOf({ ...row, comment: text, updated_at: nowMs });
      });
    },

    /** @throws AppError NotFound */
    async delete(id: string): Promise<void> {
      await db.write(async (tx) => {
        await getRow(tx, id);
        await repository.deleteComment(tx, id);
      });
    },
  };
}

export type Comments = ReturnType<typeof createComments>;

export const commentNotFound = (id: string): AppError =>
  notFound(`There is no comment '${id.slice(0, 100)}'.`, { field: 'id' });

async function getRow(sql: Sql, id: string): Promise<repository.CommentRow> {
  const row = await repository.findComment(sql, id);
  if (row === undefined) throw commentNotFound(id);
  return row;
}

function checkText(text: string): void {
  if (text.trim() === '') throw invalidArgument('A comment cannot be empty.', { field: 'comment' });
  checkLength(text, MAX_LENGTH, 'comment');
}

const commentOf = (row: repository.CommentRow): Comment => ({
  id: row.comment_id,
  userId: row.user_id,
  principalId: String(row.user_no),
  text: row.comment,
  createdAtMs: row.created_at,
  updatedAtMs: row.updated_at,
});
