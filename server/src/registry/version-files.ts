import type { Sql } from '../db/port.ts';

/**
 * The version whose files lie at, above or below a location, if there is one: those files are not for anybody else to
 * remove or replace.
 * @param location as `storage_location` holds it: `mlflow-artifacts:/0/models/m-1/artifacts`.
 * @param ancestors the location itself and every folder above it.
 */
export async function findVersionAt(
  sql: Sql,
  location: string,
  ancestors: readonly string[],
): Promise<{ name: string; version: number } | undefined> {
  return sql.get<{ name: string; version: number }>(
    `SELECT m.name, v.version FROM model_versions v JOIN registered_models m ON m.model_no = v.model_no
     WHERE v.stage <> 'Deleted_Internal' AND v.status = 'READY'
       AND (${sql.dialect.inList('v.storage_location', 'text')} OR (v.storage_location >= ? AND v.storage_location < ?))
     LIMIT 1`,
    [sql.dialect.list(ancestors), `${location}/`, `${location}0`],
  );
}
