import type { Sql, Transaction } from '../db/port.ts';

export interface VolumeRow {
  readonly volume_id: string;
  readonly catalog_name: string;
  readonly schema_name: string;
  readonly name: string;
  readonly comment: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly updated_at: number;
  readonly updated_by: string;
}

/** Catalogs and schemas are the same in any case. */
export interface SchemaKey {
  readonly catalogKey: string;
  readonly schemaKey: string;
}

const VOLUME = `SELECT volume_id, catalog_name, schema_name, name, comment, created_at, created_by, updated_at, updated_by
  FROM volumes`;

export async function findVolume(
  sql: Sql,
  { catalogKey, schemaKey, name }: SchemaKey & { readonly name: string },
): Promise<VolumeRow | undefined> {
  return sql.get<VolumeRow>(`${VOLUME} WHERE catalog_key = ? AND schema_key = ? AND name = ?`, [
    catalogKey,
    schemaKey,
    name,
  ]);
}

export async function findVolumeById(sql: Sql, volumeId: string): Promise<VolumeRow | undefined> {
  return sql.get<VolumeRow>(`${VOLUME} WHERE volume_id = ?`, [volumeId]);
}

/** Of one schema, by name; only those that are named. */
export async function listVolumes(
  sql: Sql,
  {
    catalogKey,
    schemaKey,
    names,
    after,
    limit,
  }: SchemaKey & {
    readonly names: 'all' | readonly string[];
    readonly after: string;
    readonly limit: number;
  },
): Promise<VolumeRow[]> {
  const named = names === 'all' ? '' : ` AND ${sql.dialect.inList('name', 'text')}`;
  return sql.all<VolumeRow>(
    `${VOLUME} WHERE catalog_key = ? AND schema_key = ? AND name > ?${named} ORDER BY name LIMIT ?`,
    [catalogKey, schemaKey, after, ...(names === 'all' ? [] : [sql.dialect.list(names)]), limit],
  );
}

/** @returns whether the name was free */
export async function insertVolume(tx: Transaction, volume: VolumeRow & SchemaKey): Promise<boolean> {
  const added = await tx.run(
    `INSERT INTO volumes (volume_id, catalog_key, schema_key, catalog_name, schema_name, name, comment, created_at,
       created_by, updated_at, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    [
      volume.volume_id,
      volume.catalogKey,
      volume.schemaKey,
      volume.catalog_name,
      volume.schema_name,
      volume.name,
      volume.comment,
      volume.created_at,
      volume.created_by,
      volume.updated_at,
      volume.updated_by,
    ],
  );
  return added === 1;
}

export async function updateVolume(
  tx: Transaction,
  volume: Pick<VolumeRow, 'volume_id' | 'name' | 'comment' | 'updated_at' | 'updated_by'>,
): Promise<void> {
  await tx.run(
    'UPDATE volumes SET name = ?, comment = ?, updated_at = ?, updated_by = ? WHERE volume_id = ?',
    [volume.name, volume.comment, volume.updated_at, volume.updated_by, volume.volume_id],
  );
}

/** Whether the volume is there; it stays until the commit, where this is a write. Many may hold it so at once. */
export async function holdVolume(sql: Sql, volumeId: string): Promise<boolean> {
  const row = await sql.get(
    `SELECT v.volume_id FROM volumes v WHERE v.volume_id = ?${sql.dialect.forShare('v')}`,
    [volumeId],
  );
  return row !== undefined;
}

export async function deleteVolume(tx: Transaction, volumeId: string): Promise<void> {
  await tx.run('DELETE FROM volumes WHERE volume_id = ?', [volumeId]);
}

export async function moveVolumes(
  tx: Transaction,
  from: SchemaKey,
  to: SchemaKey & { readonly catalog: string; readonly schema: string },
): Promise<void> {
  await tx.run(
    `UPDATE volumes SET catalog_key = ?, schema_key = ?, catalog_name = ?, schema_name = ?
     WHERE catalog_key = ? AND schema_key = ?`,
    [to.catalogKey, to.schemaKey, to.catalog, to.schema, from.catalogKey, from.schemaKey],
  );
}
