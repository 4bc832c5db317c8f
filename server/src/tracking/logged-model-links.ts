import type { Sql, Transaction } from '../db/port.ts';
import { modelArtifactLocation } from './logged-models.ts';
import * as repository from './logged-models-repository.ts';

/** What a registered version takes over from the logged model that it registers. */
export interface LoggedModelSource {
  readonly modelNo: number;
  readonly artifactLocation: string;
  readonly sourceRunId: string | undefined;
}

/** Undefined for a model that is unknown or in the trash. */
export async function findLoggedModelSource(
  sql: Sql,
  modelId: string,
): Promise<LoggedModelSource | undefined> {
  const row = await repository.findLoggedModel(sql, modelId);
  if (row === undefined || row.lifecycle_stage === 'deleted') return undefined;
  return {
    modelNo: row.model_no,
    artifactLocation: modelArtifactLocation(row),
    sourceRunId: row.source_run_id ?? undefined,
  };
}

/** A tag of the logged model lists the versions that register it: a JSON list of {name, version}. */
export const VERSIONS_TAG = 'mlflow.modelVersions';

/** Adds versions to the logged model's list of those that register it. */
export async function linkModelVersions(
  tx: Transaction,
  modelNo: number,
  versions: readonly { readonly name: string; readonly version: number }[],
): Promise<void> {
  await repository.holdLoggedModel(tx, modelNo);
  const tags = await repository.listModelTags(tx, [modelNo]);
  const known = parseList(tags.find((tag) => tag.key === VERSIONS_TAG)?.value);
  const value = JSON.stringify([...known, ...versions.map(({ name, version }) => ({ name, version }))]);
  await repository.upsertModelTags(tx, modelNo, [{ key: VERSIONS_TAG, value }]);
}

/** The versions that such a tag names; what else somebody wrote there is passed over. */
export const parseVersionLinks = (text: string): readonly { readonly name: string }[] =>
  parseList(text).filter(
    (item): item is { name: string } =>
      typeof item === 'object' && item !== null && typeof (item as { name?: unknown }).name === 'string',
  );

/** Clients may write the tag too: a text that is no list counts as none. */
function parseList(text: string | undefined): readonly unknown[] {
  if (text === undefined) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
