import type { Database } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { type ChangeRow, listChanges } from './changes-repository.ts';
import { getModelRow } from './models.ts';

export interface ActivityQuery {
  /** The stored name of the model. */
  readonly name: string;
  /** Only what happened before this change. */
  readonly before: number | undefined;
  /** From 1 to 500. */
  readonly limit: number;
}

export interface ActivityPage {
  /** The latest first. */
  readonly changes: readonly ChangeRow[];
  /** The `before` of what happened earlier; undefined where that is all. */
  readonly next: number | undefined;
}

const MAX_LIMIT = 500;

/** What happened to models: told by the changes that were written down with them. */
export function createModelActivity({ db }: { readonly db: Database }) {
  return {
    /** @throws AppError NotFound for the model, InvalidArgument for a window that cannot be */
    async page({ name, before, limit }: ActivityQuery): Promise<ActivityPage> {
      if (limit < 1 || limit > MAX_LIMIT) {
        throw invalidArgument(`limit must be from 1 to ${MAX_LIMIT}.`, { field: 'limit' });
      }
      return db.read(async (sql) => {
        const { model_no: modelNo } = await getModelRow(sql, name);
        const rows = await listChanges(sql, modelNo, { before, limit: limit + 1 });
        const changes = rows.slice(0, limit);
        return { changes, next: rows.length > limit ? changes.at(-1)!.change_no : undefined };
      });
    },
  };
}

export type ModelActivity = ReturnType<typeof createModelActivity>;
