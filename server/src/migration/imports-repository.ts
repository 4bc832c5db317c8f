import type { Sql, Transaction } from '../db/port.ts';
import type { ArtifactMode } from './location-map.ts';

export interface ImportRow {
  readonly import_no: number;
  readonly artifacts: ArtifactMode;
}

export async function findImport(sql: Sql, source: string): Promise<ImportRow | undefined> {
  return sql.get<ImportRow>('SELECT import_no, artifacts FROM imports WHERE source = ?', [source]);
}

export async function upsertImport(
  tx: Transaction,
  row: { readonly source: string; readonly artifacts: ArtifactMode; readonly nowMs: number },
): Promise<number> {
  const written = await tx.get<{ import_no: number }>(
    `INSERT INTO imports (source, artifacts, started_at) VALUES (?, ?, ?)
     ON CONFLICT (source) DO UPDATE SET artifacts = excluded.artifacts RETURNING import_no`,
    [row.source, row.artifacts, row.nowMs],
  );
  return written!.import_no;
}

export async function finishImport(tx: Transaction, importNo: number, nowMs: number): Promise<void> {
  await tx.run('UPDATE imports SET finished_at = ? WHERE import_no = ? AND finished_at IS NULL', [
    nowMs,
    importNo,
  ]);
}

/** `merged`: the experiment was there with contents of its own. `artifacts`: the files of a run or logged model. */
export type ImportedKind =
  | 'experiment'
  | 'merged'
  | 'run'
  | 'logged model'
  | 'registered model'
  | 'artifacts';

export interface ImportedEntity {
  readonly sourceId: string;
  readonly targetId: string;
  /** False while parts of it may be missing. */
  readonly isWhole: boolean;
}

interface EntityRow {
  readonly source_id: string;
  readonly target_id: string;
  readonly is_whole: number;
}

/** Those of `sourceIds` that were imported, by id. */
export async function findImported(
  sql: Sql,
  importNo: number,
  { kind, sourceIds }: { readonly kind: ImportedKind; readonly sourceIds: readonly string[] },
): Promise<ReadonlyMap<string, ImportedEntity>> {
  const rows = await sql.all<EntityRow>(
    `SELECT source_id, target_id, is_whole FROM imported_entities
     WHERE import_no = ? AND kind = ? AND ${sql.dialect.inList('source_id', 'text')}`,
    [importNo, kind, sql.dialect.list(sourceIds)],
  );
  return new Map(
    rows.map((row) => [
      row.source_id,
      { sourceId: row.source_id, targetId: row.target_id, isWhole: row.is_whole === 1 },
    ]),
  );
}

export async function recordImported(
  tx: Transaction,
  importNo: number,
  { kind, entities }: { readonly kind: ImportedKind; readonly entities: readonly ImportedEntity[] },
): Promise<void> {
  await tx.insertMany(
    'imported_entities',
    { import_no: 'bigint', kind: 'text', source_id: 'text', target_id: 'text', is_whole: 'bigint' },
    entities.map((entity) => [importNo, kind, entity.sourceId, entity.targetId, Number(entity.isWhole)]),
    { onConflict: { key: ['import_no', 'kind', 'source_id'], update: ['target_id', 'is_whole'] } },
  );
}
