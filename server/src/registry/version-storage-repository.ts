import type { Sql } from '../db/port.ts';
import { DELETED_STAGE } from './model-rules.ts';

interface VersionState {
  readonly name: string;
  readonly status: string;
}

/** What a version is at, held until the commit. */
export async function findVersionState(
  sql: Sql,
  { modelNo, version }: { readonly modelNo: number; readonly version: number },
): Promise<VersionState | undefined> {
  return sql.get<VersionState>(
    `SELECT m.name, v.status FROM model_versions v JOIN registered_models m ON m.model_no = v.model_no
     WHERE v.model_no = ? AND v.version = ? AND v.stage <> '${DELETED_STAGE}'${sql.dialect.forUpdate('v')}`,
    [modelNo, version],
  );
}

interface StorageRow {
  readonly model_no: number;
  readonly status: string;
  readonly storage_location: string | null;
  readonly source: string | null;
}

export async function findStorage(
  sql: Sql,
  name: string,
  version: number,
): Promise<StorageRow | undefined> {
  return sql.get<StorageRow>(
    `SELECT v.model_no, v.status, v.storage_location, v.source
     FROM model_versions v JOIN registered_models m ON m.model_no = v.model_no
     WHERE m.name = ? AND v.version = ? AND v.stage <> '${DELETED_STAGE}'`,
    [name, version],
  );
}
