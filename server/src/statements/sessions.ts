import { randomUUID } from 'node:crypto';
import type { Database } from '../db/port.ts';
import type { Access } from '../governance/access.ts';
import type { Clock } from '../kernel/clock.ts';
import { notFound } from '../kernel/errors.ts';
import * as repository from './sessions-repository.ts';

/** Where names of fewer than three parts lie. */
export interface Place {
  readonly catalog: string;
  readonly schema: string;
}

export const DEFAULT_PLACE: Place = { catalog: 'workspace', schema: 'default' };

const LIFE_MS = 24 * 60 * 60 * 1000;

/** What SQL clients open before their first statement: it remembers what `USE` said. It belongs to who opened it. */
export function createSqlSessions({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  async function find(id: string, access: Access): Promise<Place> {
    const row = await db.read((sql) => repository.findSession(sql, id));
    const isTheirs =
      row !== undefined && row.principal_id === access.principal.id && row.expires_at > clock.nowMs();
    if (!isTheirs) throw notFound(`The session ${id.slice(0, 100)} does not exist.`, { field: 'session_id' });
    const { catalog_name: catalog, schema_name: schema } = row;
    return { catalog: catalog ?? DEFAULT_PLACE.catalog, schema: schema ?? DEFAULT_PLACE.schema };
  }

  return {
    /** The id of a new one, good for a day. */
    async open(place: Partial<Place>, access: Access): Promise<string> {
      const id = randomUUID();
      const nowMs = clock.nowMs();
      const session = {
        id,
        principalId: access.principal.id,
        catalog: place.catalog,
        schema: place.schema,
        expiresAt: nowMs + LIFE_MS,
      };
      await db.write(async (tx) => {
        await repository.deleteExpiredSessions(tx, nowMs);
        await repository.insertSession(tx, session);
      });
      return id;
    },

    /** @throws AppError NotFound, also for another's. */
    find,

    /** @throws AppError NotFound */
    async move(id: string, place: Place, access: Access): Promise<void> {
      await find(id, access);
      await db.write((tx) => repository.updateSession(tx, id, place));
    },

    /** @throws AppError NotFound */
    async close(id: string, access: Access): Promise<void> {
      await find(id, access);
      await db.write((tx) => repository.deleteSession(tx, id));
    },
  };
}

export type SqlSessions = ReturnType<typeof createSqlSessions>;
