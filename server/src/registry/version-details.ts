import type { Sql, Transaction } from '../db/port.ts';
import { type AppError, notFound } from '../kernel/errors.ts';
import type { Tag } from '../tracking/run-rules.ts';
import { listAliasesOfVersion } from './aliases-repository.ts';
import { checkModelName } from './model-rules.ts';
import { holdModels } from './models-repository.ts';
import type { VersionRow } from './versions-repository.ts';
import * as repository from './versions-repository.ts';

/** A version with all that is shown with it. */
export interface VersionDetails {
  readonly row: VersionRow;
  readonly tags: readonly Tag[];
  readonly aliases: readonly string[];
}

/** @throws AppError InvalidArgument for a name that cannot be, NotFound. */
export async function getVersion(sql: Sql, name: string, version: number): Promise<VersionRow> {
  checkModelName(name);
  const row = await repository.findVersion(sql, name, version);
  if (row === undefined) throw versionNotFound(name, version);
  return row;
}

/** As `getVersion`; held until the commit with its model, and all that hangs on that. @throws AppError as `getVersion` */
export async function holdVersion(tx: Transaction, name: string, version: number): Promise<VersionRow> {
  checkModelName(name);
  await holdModels(tx, [name]);
  return getVersion(tx, name, version);
}

export const versionNotFound = (name: string, version: number): AppError =>
  notFound(`Model Version (name=${name.slice(0, 256)}, version=${version}) not found`);

/** A version with its tags and aliases, by one query. @throws AppError as `getVersion` */
export async function getVersionDetails(sql: Sql, name: string, version: number): Promise<VersionDetails> {
  checkModelName(name);
  const row = await repository.findRenderedVersion(sql, name, version);
  if (row === undefined) throw versionNotFound(name, version);
  return parseDetails(row);
}

/** Undefined where the model has no such alias, or is not there. */
export async function findDetailsByAlias(
  sql: Sql,
  name: string,
  alias: string,
): Promise<VersionDetails | undefined> {
  const row = await repository.findRenderedVersionByAlias(sql, name, alias);
  return row && parseDetails(row);
}

function parseDetails(rendered: repository.RenderedVersion): VersionDetails {
  const { tags_json, aliases_json, ...row } = rendered;
  const tags = JSON.parse(tags_json) as Tag[];
  const aliases = JSON.parse(aliases_json) as string[];
  // The database gives both in any order.
  tags.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { row, tags, aliases: aliases.sort() };
}

/** One version with its tags and aliases. */
export async function readVersion(sql: Sql, row: VersionRow): Promise<VersionDetails> {
  return (await readVersions(sql, [row], { withAliases: true }))[0]!;
}

/** Tags of many versions in one query. Lists leave aliases out, as the real server does: the model shows them. */
export async function readVersions(
  sql: Sql,
  rows: readonly VersionRow[],
  { withAliases }: { readonly withAliases: boolean },
): Promise<VersionDetails[]> {
  const tags = Map.groupBy(
    await repository.listVersionTags(sql, rows),
    (tag) => `${tag.model_no} ${tag.version}`,
  );
  const details: VersionDetails[] = [];
  for (const row of rows) {
    details.push({
      row,
      tags: (tags.get(`${row.model_no} ${row.version}`) ?? []).map(({ key, value }) => ({ key, value })),
      aliases: withAliases ? await listAliasesOfVersion(sql, row.model_no, row.version) : [],
    });
  }
  return details;
}
