import type { Database } from '../db/port.ts';
import type { RecordEvents } from '../events/outbox.ts';
import { invalidArgument, notFound } from '../kernel/errors.ts';
import * as repository from './aliases-repository.ts';
import type { PromotionGuard } from './guards.ts';
import { checkAlias, checkAliasIsFree, checkModelName, isLatestAlias } from './model-rules.ts';
import { getModelRow } from './models.ts';
import { registryEvent } from './registry-events.ts';
import { getVersion, readVersion, type VersionDetails } from './version-details.ts';
import { findVersionByAlias, listLatest } from './versions-repository.ts';

export interface AliasesDependencies {
  readonly db: Database;
  readonly recordEvents: RecordEvents;
  readonly guardPromotion: PromotionGuard;
}

/** Aliases: names that point at one version of a model and move. */
export function createAliases({ db, recordEvents, guardPromotion }: AliasesDependencies) {
  return {
    /**
     * Points the alias at the version, from wherever it pointed.
     * @throws AppError NotFound for the version, InvalidArgument for a bad or reserved alias, and what the guard throws.
     */
    async set(name: string, alias: string, version: number): Promise<void> {
      checkModelName(name);
      checkAlias(alias);
      checkAliasIsFree(alias);
      await db.write(async (tx) => {
        const row = await getVersion(tx, name, version);
        await guardPromotion(tx, { kind: 'alias', name, version, alias });
        await repository.upsertAlias(tx, { model_no: row.model_no, alias, version });
        const model = await getModelRow(tx, name);
        await recordEvents(tx, [
          registryEvent({
            subject: 'alias',
            action: 'created',
            isPrompt: model.is_prompt === 1,
            data: { name, alias, version: String(version) },
          }),
        ]);
      });
    },

    /** Nothing happens when there is no such alias. @throws AppError NotFound for the model, and what the guard throws. */
    async delete(name: string, alias: string): Promise<void> {
      checkAlias(alias);
      await db.write(async (tx) => {
        const model = await getModelRow(tx, name);
        await guardPromotion(tx, { kind: 'alias removal', name, alias });
        if (!(await repository.deleteAlias(tx, model.model_no, alias))) return;
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

    /**
     * The version that the alias points at; `latest` is the highest version of any stage.
     * @throws AppError NotFound for the model; InvalidArgument for an alias that is not there, as the real server has it.
     */
    async resolve(name: string, alias: string): Promise<VersionDetails> {
      checkModelName(name);
      checkAlias(alias);
      return db.read(async (sql) => {
        const row = await findVersionByAlias(sql, name, alias);
        if (row !== undefined) return readVersion(sql, row);
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
