import type { Sql } from '../db/port.ts';
import { notFound } from '../kernel/errors.ts';
import type { Tag } from '../tracking/run-rules.ts';
import { listAliasesOfVersion } from './aliases-repository.ts';
import { checkModelName } from './model-rules.ts';
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
  if (row === undefined)
    throw notFound(`Model Version (name=${name.slice(0, 256)}, version=${version}) not found`);
  return row;
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
