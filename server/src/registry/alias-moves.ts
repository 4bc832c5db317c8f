import type { BatchHandler } from '../db/batcher.ts';
import type { Sql } from '../db/port.ts';
import type { RecordEvents } from '../events/outbox.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { type AliasRow, findAliases, upsertAliases } from './aliases-repository.ts';
import { type NotedChange, noteAll } from './changes.ts';
import type { PromotionGuard } from './guards.ts';
import { notReady, PENDING } from './model-rules.ts';
import { holdModels } from './models-repository.ts';
import { registryEvent } from './registry-events.ts';
import { versionNotFound } from './version-details.ts';
import { findVersions } from './versions-repository.ts';

/** An alias is to point at a version, from wherever it pointed. */
export interface AliasMove {
  readonly name: string;
  readonly alias: string;
  readonly version: number;
  /** Who moves it; undefined for who has no name. */
  readonly by: string | undefined;
}

/**
 * Moves the aliases of many requests together; a move to a version that is not there, that has not got its files yet, or that the guard refuses, fails
 * alone. Of several moves of one alias the last one holds, and each has its event.
 */
export function createAliasWriter({
  clock,
  recordEvents,
  guardPromotion,
}: {
  readonly clock: Clock;
  readonly recordEvents: RecordEvents;
  readonly guardPromotion: PromotionGuard;
}): BatchHandler<AliasMove, undefined> {
  return async (tx, moves) => {
    // Until the commit no version goes that an alias is to point at, and nobody else moves the aliases.
    await holdModels(tx, [...new Set(moves.map(({ name }) => name))]);
    const versions = new Map((await findVersions(tx, moves)).map((row) => [keyOf(row), row]));
    const results: (undefined | AppError)[] = [];
    const rows = new Map<string, AliasRow>();
    const wanted = moves.flatMap((move) => {
      const row = versions.get(keyOf(move));
      return row === undefined ? [] : [{ model_no: row.model_no, alias: move.alias }];
    });
    const once = [...new Map(wanted.map((place) => [placeOf(place), place])).values()];
    const held = new Map((await findAliases(tx, once)).map((row) => [placeOf(row), row.version]));
    const changes: NotedChange[] = [];
    const events = [];
    for (const move of moves) {
      const { name, alias, version } = move;
      const row = versions.get(keyOf(move));
      const refused =
        row === undefined
          ? versionNotFound(name, version)
          : row.status === PENDING
            ? notReady(name, version)
            : await refusal(tx, move, guardPromotion);
      results.push(refused);
      if (row === undefined || refused !== undefined) continue;
      const moved = { model_no: row.model_no, alias, version };
      const from = held.get(placeOf(moved));
      rows.set(placeOf(moved), moved);
      held.set(placeOf(moved), version);
      if (from !== version) {
        changes.push({
          by: move.by,
          modelNo: row.model_no,
          kind: 'alias',
          subject: alias,
          from: from === undefined ? undefined : String(from),
          to: String(version),
        });
      }
      const isPrompt = row.of_prompt === 1;
      const data = { name, alias, version: String(version) };
      events.push(registryEvent({ subject: 'alias', action: 'created', isPrompt, data }));
    }
    await upsertAliases(tx, [...rows.values()]);
    await noteAll(tx, clock.nowMs(), changes);
    await recordEvents(tx, events);
    return results;
  };
}

const placeOf = ({ model_no, alias }: Pick<AliasRow, 'model_no' | 'alias'>): string => `${model_no} ${alias}`;

const keyOf = ({ name, version }: { readonly name: string; readonly version: number }): string =>
  `${version} ${name}`;

async function refusal(sql: Sql, move: AliasMove, guard: PromotionGuard): Promise<AppError | undefined> {
  try {
    const { name, alias, version } = move;
    await guard(sql, { kind: 'alias', name, alias, version });
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
