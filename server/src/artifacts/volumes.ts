import { randomUUID } from 'node:crypto';
import type { Database, Sql, Transaction } from '../db/port.ts';
import type { Access, Principal } from '../governance/access.ts';
import type { GovernedWrite } from '../governance/governed-writes.ts';
import { requireManagement, writeOwner } from '../governance/grants.ts';
import type { Ownership } from '../governance/ownership.ts';
import type { Securable } from '../governance/privileges.ts';
import { getSchemaName } from '../governance/schema-names.ts';
import type { SchemaContents, SchemaName } from '../governance/schemas.ts';
import type { Clock } from '../kernel/clock.ts';
import { type AppError, alreadyExists, invalidArgument, notFound } from '../kernel/errors.ts';
import type { VolumeName } from './file-places.ts';
import { forget } from './files.ts';
import { idInTree, inTree, type TreePath } from './trees.ts';
import type { VolumeRow } from './volumes-repository.ts';
import * as repository from './volumes-repository.ts';

/** A folder of files that lies in a schema, and that rights are held on. */
export interface Volume {
  readonly id: string;
  readonly name: VolumeName;
  readonly comment: string | undefined;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export interface VolumesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly write: GovernedWrite;
  readonly ownership: Pick<Ownership, 'claim' | 'move' | 'drop'>;
}

export interface VolumeChange {
  readonly name?: string | undefined;
  readonly comment?: string | undefined;
  /** The new owner's name. */
  readonly owner?: string | undefined;
}

const MAX_NAME_LENGTH = 255;
const MAX_COMMENT_LENGTH = 64 * 1024;
const MAX_PAGE = 1000;
const REMOVED_AT_ONCE = 200;

export function createVolumes({ db, clock, write, ownership }: VolumesDependencies) {
  async function getRow(sql: Sql, name: VolumeName): Promise<VolumeRow> {
    const row = await repository.findVolume(sql, { ...keyOf(name), name: name.name });
    if (row === undefined) throw volumeNotFound(name);
    return row;
  }

  async function remove(tx: Transaction, rows: readonly VolumeRow[]): Promise<void> {
    // First the rows: files that are on their way wait for those, or are waited for, and hold their folders after that.
    for (const { volume_id } of rows) await repository.deleteVolume(tx, volume_id);
    for (const { volume_id } of rows) await forget(tx, inTree('volumes', volume_id), clock.nowMs());
  }

  return {
    /** The caller owns it. @throws AppError NotFound for the schema; AlreadyExists; InvalidArgument for a bad name. */
    async create(name: VolumeName, comment: string | undefined, by: Principal): Promise<Volume> {
      checkName(name.name);
      checkComment(comment);
      const nowMs = clock.nowMs();
      return write(async (tx) => {
        const spelled = await getSchemaName(tx, name);
        const row: VolumeRow = {
          volume_id: randomUUID(),
          catalog_name: spelled.catalog,
          schema_name: spelled.schema,
          name: name.name,
          comment: comment ?? null,
          created_at: nowMs,
          created_by: by.name,
          updated_at: nowMs,
          updated_by: by.name,
        };
        if (!(await repository.insertVolume(tx, { ...row, ...keyOf(name) }))) {
          throw alreadyExists(`Volume '${fullName(name)}' already exists.`, {
            reason: 'VOLUME_ALREADY_EXISTS',
          });
        }
        await ownership.claim(tx, securableOfVolume(name), by);
        return volumeOf(row);
      });
    },

    /** @throws AppError NotFound */
    get: (name: VolumeName): Promise<Volume> => db.read(async (sql) => volumeOf(await getRow(sql, name))),

    async find(name: VolumeName): Promise<Volume | undefined> {
      const row = await db.read((sql) => repository.findVolume(sql, { ...keyOf(name), name: name.name }));
      return row && volumeOf(row);
    },

    /** The volume in whose folder a path is, whatever it is called now; undefined for one elsewhere, or that is gone. */
    async findAt(path: TreePath): Promise<Volume | undefined> {
      const volumeId = idInTree('volumes', path);
      if (volumeId === undefined) return undefined;
      const row = await db.read((sql) => repository.findVolumeById(sql, volumeId));
      return row && volumeOf(row);
    },

    /** Those of a schema that the caller sees, by name, after the last of the page before. */
    async list(
      access: Access,
      schema: SchemaName,
      { after = '', limit = MAX_PAGE }: { readonly after?: string | undefined; readonly limit?: number },
    ): Promise<{ readonly items: readonly Volume[]; readonly next: string | undefined }> {
      const names = access.visibleNames({ type: 'volume', ...schema });
      const rows = await db.read((sql) =>
        repository.listVolumes(sql, { ...keyOf(schema), names, after, limit: limit + 1 }),
      );
      const items = rows.slice(0, limit).map(volumeOf);
      // There is another page only where there is something to see on it.
      return { items, next: rows.length > limit ? items.at(-1)!.name.name : undefined };
    },

    /** All of it or nothing. @throws AppError NotFound, AlreadyExists, InvalidArgument; as `Grants.setOwner` for the owner. */
    async update(name: VolumeName, change: VolumeChange, by: Access): Promise<Volume> {
      if (change.name !== undefined) checkName(change.name);
      checkComment(change.comment);
      if (change.owner !== undefined) requireManagement(by, securableOfVolume(name));
      return write(async (tx, changed) => {
        const row = await getRow(tx, name);
        const renamed = { ...name, name: change.name ?? name.name };
        if (renamed.name !== name.name) {
          if ((await repository.findVolume(tx, { ...keyOf(name), name: renamed.name })) !== undefined) {
            throw alreadyExists(`Volume '${fullName(renamed)}' already exists.`, {
              reason: 'VOLUME_ALREADY_EXISTS',
            });
          }
          await ownership.move(tx, securableOfVolume(name), securableOfVolume(renamed));
        }
        const updated: VolumeRow = {
          ...row,
          name: renamed.name,
          comment: change.comment ?? row.comment,
          updated_at: clock.nowMs(),
          updated_by: by.principal.name,
        };
        await repository.updateVolume(tx, updated);
        if (change.owner !== undefined)
          await writeOwner(tx, changed, { on: securableOfVolume(renamed), principal: change.owner });
        return volumeOf(updated);
      });
    },

    /** Its files go with it. @throws AppError NotFound */
    async delete(name: VolumeName): Promise<void> {
      await write(async (tx) => {
        await remove(tx, [await getRow(tx, name)]);
        await ownership.drop(tx, [securableOfVolume(name)]);
      });
    },

    /** What of a schema lies here, for whoever deletes or renames the schema; the grants are theirs to mind. */
    contents: {
      async exist(tx, schema) {
        return (
          (await repository.listVolumes(tx, { ...keyOf(schema), names: 'all', after: '', limit: 1 })).length >
          0
        );
      },
      async delete(tx, schema) {
        for (;;) {
          const rows = await repository.listVolumes(tx, {
            ...keyOf(schema),
            names: 'all',
            after: '',
            limit: REMOVED_AT_ONCE,
          });
          await remove(tx, rows);
          if (rows.length < REMOVED_AT_ONCE) return;
        }
      },
      rename: (tx, from, to) => repository.moveVolumes(tx, keyOf(from), { ...keyOf(to), ...to }),
    } satisfies SchemaContents,
  };
}

export type Volumes = ReturnType<typeof createVolumes>;

export const securableOfVolume = ({ catalog, schema, name }: VolumeName): Securable => ({
  type: 'volume',
  catalog,
  schema,
  name,
});

export const volumeNotFound = (name: VolumeName): AppError =>
  notFound(`Volume '${fullName(name).slice(0, 300)}' does not exist.`, { reason: 'VOLUME_DOES_NOT_EXIST' });

/**
 * Lets no file into a volume that goes at the same moment: nobody would find it again. Asked in the transaction that
 * writes one. @throws AppError NotFound
 */
export async function guardVolumeFolder(sql: Sql, path: TreePath): Promise<void> {
  const volumeId = idInTree('volumes', path);
  if (volumeId === undefined || (await repository.holdVolume(sql, volumeId))) return;
  throw notFound('The volume of this file does not exist any more.', { reason: 'VOLUME_DOES_NOT_EXIST' });
}

const fullName = ({ catalog, schema, name }: VolumeName): string => `${catalog}.${schema}.${name}`;

const keyOf = ({ catalog, schema }: SchemaName): repository.SchemaKey => ({
  catalogKey: catalog.toLowerCase(),
  schemaKey: schema.toLowerCase(),
});

const volumeOf = (row: VolumeRow): Volume => ({
  id: row.volume_id,
  name: { catalog: row.catalog_name, schema: row.schema_name, name: row.name },
  comment: row.comment ?? undefined,
  createdAtMs: row.created_at,
  createdBy: row.created_by,
  updatedAtMs: row.updated_at,
  updatedBy: row.updated_by,
});

function checkName(name: string): void {
  // A name is a part of a path, and of a name with dots.
  if (name === '' || name.length > MAX_NAME_LENGTH || /[./\\#%\s\p{Cc}\p{Cf}`]/u.test(name)) {
    throw invalidArgument(
      `'${name.slice(0, 300)}' is no name of a volume: it has 1 to ${MAX_NAME_LENGTH} characters, and no dots, slashes or blanks.`,
      { field: 'name' },
    );
  }
}

function checkComment(comment: string | undefined): void {
  if (comment !== undefined && comment.length > MAX_COMMENT_LENGTH)
    throw invalidArgument('A comment has at most 64 KiB.', { field: 'comment' });
}
