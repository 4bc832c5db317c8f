import type { Sql } from '../db/port.ts';

export interface VersionPlaceRow {
  /** The model's stored name. */
  readonly name: string;
  readonly storage_location: string;
}

/** Where the files lie of the versions that came from the run, or from the logged model. */
export async function listVersionPlaces(
  sql: Sql,
  of: { readonly runId: string } | { readonly modelId: string },
): Promise<VersionPlaceRow[]> {
  const [column, id] = 'runId' in of ? ['run_id', of.runId] : ['logged_model_id', of.modelId];
  return sql.all<VersionPlaceRow>(
    `SELECT DISTINCT m.name, v.storage_location FROM model_versions v
     JOIN registered_models m ON m.model_no = v.model_no
     WHERE v.${column} = ? AND v.storage_location IS NOT NULL`,
    [id],
  );
}
