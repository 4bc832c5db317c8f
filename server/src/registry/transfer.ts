import type { Database, Sql, Transaction } from '../db/port.ts';
import { listAliases } from './aliases-repository.ts';
import { DEFAULT_CATALOG, DEFAULT_SCHEMA, schemaNameOf } from './model-names.ts';
import { carriesPromptTag } from './model-rules.ts';
import { findModels, listModelTags, upsertModelTags } from './models-repository.ts';
import { holdSchema } from './schema-models-repository.ts';
import type { TransferredModel } from './transfer-entities.ts';
import * as repository from './transfer-repository.ts';
import { listVersionTags, upsertVersionTags } from './versions-repository.ts';

const MODELS_AT_ONCE = 100;

const asMap = (tags: readonly { readonly key: string; readonly value: string }[]) =>
  new Map(tags.map(({ key, value }) => [key, value]));

/** Writes a registered model whole: versions with their numbers, stages, tags and aliases. Its name must be free. */
export async function putModel(tx: Transaction, model: TransferredModel): Promise<void> {
  const tags = asMap(model.tags);
  const schemaName = await findPlace(tx, model.name);
  const modelNo = await repository.insertModelRow(tx, {
    ...model,
    schemaName,
    isPrompt: carriesPromptTag(tags),
    lastVersion: Math.max(0, ...model.versions.map(({ version }) => version)),
  });
  await upsertModelTags(tx, modelNo, tags);
  await repository.insertVersionRows(
    tx,
    modelNo,
    model.versions.map((version) => ({ ...version, isPrompt: carriesPromptTag(asMap(version.tags)) })),
  );
  await upsertVersionTags(
    tx,
    model.versions.flatMap(({ version, tags: ofVersion }) =>
      ofVersion.map(({ key, value }) => [modelNo, version, key, value] as const),
    ),
  );
  await repository.insertAliasRows(tx, modelNo, model.aliases);
}

/** `a.b.c` lies in the schema `a.b`, where there is one; all else is a plain name. */
async function findPlace(tx: Transaction, name: string): Promise<string> {
  const [, catalog, schema] = /^([^.]+)\.([^.]+)\.[^.]+$/.exec(name) ?? [];
  const isThere =
    catalog !== undefined && schema !== undefined && (await holdSchema(tx, { catalog, schema }));
  return schemaNameOf(isThere ? { catalog, schema } : { catalog: DEFAULT_CATALOG, schema: DEFAULT_SCHEMA });
}

/** The registered models among `names` that exist, whole. */
export async function readModels(sql: Sql, names: readonly string[]): Promise<TransferredModel[]> {
  const rows = [...(await findModels(sql, names)).values()];
  const numbers = rows.map((row) => row.model_no);
  const versions = await repository.listAllVersions(sql, numbers);
  const versionTags = Map.groupBy(
    await listVersionTags(sql, versions),
    (tag) => `${tag.model_no}/${tag.version}`,
  );
  const versionsOf = Map.groupBy(versions, (version) => version.model_no);
  const tagsOf = Map.groupBy(await listModelTags(sql, numbers), (tag) => tag.model_no);
  const aliasesOf = Map.groupBy(await listAliases(sql, numbers), (alias) => alias.model_no);
  const keyed = (list: readonly { readonly key: string; readonly value: string }[] = []) =>
    list.map(({ key, value }) => ({ key, value }));
  return rows.map((row) => ({
    name: row.name,
    description: row.description,
    creationTimeMs: row.creation_time,
    lastUpdateTimeMs: row.last_update_time,
    tags: keyed(tagsOf.get(row.model_no)),
    aliases: (aliasesOf.get(row.model_no) ?? []).map(({ alias, version }) => ({ alias, version })),
    versions: (versionsOf.get(row.model_no) ?? []).map((v) => ({
      version: v.version,
      stage: v.stage,
      description: v.description,
      userId: v.user_id,
      source: v.source,
      storageLocation: v.storage_location,
      runId: v.run_id,
      runLink: v.run_link,
      loggedModelId: v.logged_model_id,
      status: v.status,
      statusMessage: v.status_message,
      creationTimeMs: v.creation_time,
      lastUpdateTimeMs: v.last_update_time,
      tags: keyed(versionTags.get(`${v.model_no}/${v.version}`)),
    })),
  }));
}

/** Names of all registered models, in pages in ascending order. */
export async function* listModelNames(db: Database): AsyncGenerator<string[]> {
  for (let after = ''; ; ) {
    const page = await db.read((sql) => repository.listModelNames(sql, after, MODELS_AT_ONCE));
    if (page.length === 0) return;
    after = page.at(-1)!;
    yield page;
  }
}
