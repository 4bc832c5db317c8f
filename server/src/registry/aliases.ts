import { createBatcher } from '../db/batcher.ts';
import type { Database } from '../db/port.ts';

import type { RecordEvents } from '../events/outbox.ts';
import type { Principal } from '../governance/access.ts';
import type { Clock } from '../kernel/clock.ts';
import { invalidArgument, notFound } from '../kernel/errors.ts';
import { createAliasWriter } from './alias-moves.ts';
import * as repository from './aliases-repository.ts';
import { nameOf, noteChanges } from './changes.ts';
import type { PromotionGuard } from './guards.ts';
import { checkAlias, checkAliasIsFree, checkModelName, isLatestAlias } from './model-rules.ts';
import { getModelRow, holdModelRow } from './models.ts';
import { registryEvent } from './registry-events.ts';
import { findDetailsByAlias, readVersion, type VersionDetails } from './version-details.ts';
import { listLatest } from './versions-repository.ts';

export interface AliasesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly recordEvents: RecordEvents;
  readonly guardPromotion: PromotionGuard;
}

/** Aliases: names that point at one version of a model and move. */
export function createAliases({ db, clock, recordEvents, guardPromotion }: AliasesDependencies) {
  const submit = createBatcher(db, createAliasWriter({ clock, recordEvents, guardPromotion }));
  return {
    /**
     * Points the alias at the version, from wherever it pointed.
     * @throws AppError NotFound for the version, InvalidArgument for a bad or reserved alias, and what the guard throws.
     */
    async set(name: string, alias: string, version: number, by: Principal): Promise<void> {
      checkModelName(name);
      checkAlias(alias);
      checkAliasIsFree(alias);
      await submit({ name, alias, version, by: nameOf(by) });
    },

    /** Nothing happens when there is no such alias. @throws AppError NotFound for the model, and what the guard throws. */
    async delete(name: string, alias: string, by: Principal): Promise<void> {
      checkAlias(alias);
      await db.write(async (tx) => {
        const model = await holdModelRow(tx, name);
        await guardPromotion(tx, { kind: 'alias removal', name, alias });
        const from = await repository.deleteAlias(tx, model.model_no, alias);
        if (from === undefined) return;
        await noteChanges(tx, { by: nameOf(by), nowMs: clock.nowMs() }, [
          { modelNo: model.model_no, kind: 'alias', subject: alias, from: String(from) },
        ]);
        await recordEvents(tx, [
          registryEvent({
            subject: 'alias',
            action: 'deleted',
            isPrompt: model.is_prompt === 1,
            data: { name, alias },
          }),
        ]);
      });
    },

    /** The version that the alias points at; undefined where the model has no such alias. @throws AppError NotFound */
    async find(name: string, alias: string): Promise<VersionDetails | undefined> {
      checkModelName(name);
      checkAlias(alias);
      return db.read(async (sql) => {
        const found = await findDetailsByAlias(sql, name, alias);
        if (found === undefined) await getModelRow(sql, name);
        return found;
      });
    },

    /**
     * The version that the alias points at; `latest` is the highest version of any stage.
     * @throws AppError NotFound for the model; InvalidArgument for an alias that is not there, as the real server has it.
     */
    async resolve(name: string, alias: string): Promise<VersionDetails> {
      checkModelName(name);
      checkAlias(alias);
      return db.read(async (sql) => {
        const found = await findDetailsByAlias(sql, name, alias);
        if (found !== undefined) return found;
        const model = await getModelRow(sql, name);
        if (!isLatestAlias(alias)) {
          throw invalidArgument(`Registered model alias ${alias} not found.`, { field: 'alias' });
        }
        const latest = (await listLatest(sql, [model.model_no])).at(-1);
        if (latest === undefined) throw notFound(`Latest version not found for model ${name}.`);
        return readVersion(sql, latest);
      });
    },
  };
}

export type Aliases = ReturnType<typeof createAliases>;
