import { type Files, forget } from '../artifacts/files.ts';
import { inTree } from '../artifacts/trees.ts';
import type { Access } from '../governance/access.ts';
import { AppError, alreadyExists, invalidArgument, invalidState, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import type { ObjectBody, ObjectRead } from '../objects/port.ts';
import { createHomes, FOLDER, type HomesDependencies } from './homes.ts';
import type { WorkspaceForm } from './notebooks.ts';
import {
  childOf,
  isBuiltIn,
  maySee,
  mayUse,
  placeOf,
  placesTo,
  ROOT,
  renderWorkspacePath,
  visibleChildren,
  type WorkspacePath,
} from './workspace-paths.ts';
import type { NewObject, ObjectRow } from './workspace-repository.ts';
import * as repository from './workspace-repository.ts';

/** What is at a path. */
export interface WorkspaceObject {
  /** Below 2^53. */
  readonly id: number;
  readonly path: WorkspacePath;
  readonly kind: 'DIRECTORY' | 'FILE' | 'NOTEBOOK' | 'MLFLOW_EXPERIMENT';
  readonly language: string | undefined;
  readonly format: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
}

/** An experiment whose name is a path. */
export interface NamedExperiment {
  readonly experimentNo: number;
  /** `/Users/jane@acme.com/fraud-detection` */
  readonly name: string;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
}

export interface WorkspaceDependencies extends HomesDependencies {
  readonly files: Files;
  readonly experiments: {
    /** Directly in a folder, those that the caller may read. */
    listIn(folder: string, access: Access): Promise<readonly NamedExperiment[]>;
    /** Undefined also for one that the caller may not read. */
    find(name: string, access: Access): Promise<NamedExperiment | undefined>;
  };
}

export interface WriteOptions {
  readonly form: WorkspaceForm;
  readonly overwrite: boolean;
  readonly expectedSizeBytes?: number | undefined;
}

const PAGE = 1000;
const MAX_LIST = 100_000;

export function createWorkspace({ db, files, clock, experiments, numberOf }: WorkspaceDependencies) {
  const homes = createHomes({ db, clock, numberOf });
  const house = ({ principal }: Access): Promise<void> => homes.house(principal);

  async function findRow(path: WorkspacePath): Promise<ObjectRow | undefined> {
    return path === ROOT ? rootRow : db.read((sql) => repository.findObject(sql, placeOf(path)));
  }

  /** What is there for the caller; what it may not see is not. */
  async function getRow(path: WorkspacePath, access: Access): Promise<ObjectRow> {
    await house(access);
    const row = maySee(access.principal, path) ? await findRow(path) : undefined;
    if (row === undefined) throw missing(path);
    return row;
  }

  async function find(path: WorkspacePath, access: Access): Promise<WorkspaceObject | undefined> {
    await house(access);
    const row = maySee(access.principal, path) ? await findRow(path) : undefined;
    if (row !== undefined) return objectOf(row);
    const experiment = path === ROOT ? undefined : await experiments.find(renderWorkspacePath(path), access);
    return experiment && objectOfExperiment(experiment);
  }

  function requireUse(path: WorkspacePath, { principal }: Access): void {
    if (mayUse(principal, path)) return;
    throw new AppError(
      'PermissionDenied',
      `Permission denied: ${principal.name} may write below its own home folder and /Shared, not at ${shown(path)}.`,
    );
  }

  return {
    /** @throws AppError NotFound */
    async get(path: WorkspacePath, access: Access): Promise<WorkspaceObject> {
      const object = await find(path, access);
      if (object === undefined) throw missing(path);
      return object;
    },

    ownerOf: homes.ownerOf,

    /** By the number that `get` told. @throws AppError NotFound, also for what is there and is of another kind. */
    async getById(
      id: string,
      { kind, access }: { readonly kind: WorkspaceObject['kind']; readonly access: Access },
    ): Promise<WorkspaceObject> {
      await house(access);
      const no = /^\d{1,15}$/.test(id) ? Number(id) : -1;
      const row = no === ROOT_ID ? rootRow : await db.read((sql) => repository.findObjectById(sql, no));
      const object = row && objectOf(row);
      if (object?.kind !== kind || !maySee(access.principal, object.path))
        throw notFound(`There is no ${kind.toLowerCase()} with the id ${id.slice(0, 100)}.`);
      return object;
    },

    /** What lies in a folder, or a file alone. @throws AppError NotFound */
    async list(path: WorkspacePath, access: Access): Promise<readonly WorkspaceObject[]> {
      const object = await find(path, access);
      if (object === undefined) throw missing(path);
      if (object.kind !== 'DIRECTORY') return [object];
      const items: WorkspaceObject[] = [];
      const visible = visibleChildren(access.principal, path);
      for (let after = ''; items.length < MAX_LIST; ) {
        const rows = await db.read((sql) =>
          repository.listObjects(sql, { parent: path, names: visible, after, limit: PAGE }),
        );
        items.push(...rows.map(objectOf));
        if (rows.length < PAGE) break;
        after = rows.at(-1)!.name;
      }
      const names = new Set(items.map((item) => item.path));
      const found = await experiments.listIn(renderWorkspacePath(path), access);
      return [...items, ...found.map(objectOfExperiment).filter((item) => !names.has(item.path))];
    },

    /**
     * Makes a folder and those above it; there already is a success.
     * @throws AppError PermissionDenied; AlreadyExists where a file is, there or above.
     */
    async makeFolder(path: WorkspacePath, access: Access): Promise<void> {
      await house(access);
      if (maySee(access.principal, path) && (await findRow(path))?.kind === 'DIRECTORY') return;
      requireUse(path, access);
      const insertFolders = await homes.folderMaker(path, access.principal);
      await db.write(async (tx) => {
        await insertFolders(tx);
        for (const place of placesTo(path)) {
          // Held from the top down: whoever removes one of them comes before or after.
          const row = await repository.holdObject(tx, place);
          const at = shown(childOf(place.parent, place.name));
          if (row === undefined)
            throw new AppError('Conflict', `Path (${at}) has just been removed: try again.`);
          if (row.kind !== 'DIRECTORY') throw alreadyExists(`Path (${at}) already exists and is no folder.`);
        }
      });
    },

    /**
     * Stores a file, whole and at once. Of several that must be new one wins.
     * @throws AppError NotFound for a folder that is not there; AlreadyExists; PermissionDenied; what the body throws
     */
    async write(
      path: WorkspacePath,
      body: ObjectBody,
      options: WriteOptions & { readonly access: Access },
    ): Promise<void> {
      const { access, form, overwrite } = options;
      await house(access);
      // A folder of somebody else is not there, for whoever may not see it.
      if (!maySee(access.principal, placeOf(path).parent)) throw missingParent(path);
      requireUse(path, access);
      const contentId = randomHexId();
      let sizeBytes = 0;
      async function* counted() {
        for await (const chunk of body) {
          sizeBytes += chunk.length;
          yield chunk;
        }
      }
      await files.put(inTree('workspace', contentId), counted(), {
        expectedSizeBytes: options.expectedSizeBytes,
        async within(tx) {
          const place = placeOf(path);
          // Held: whoever writes into the folder at the same time comes before or after.
          const folder =
            place.parent === ROOT ? rootRow : await repository.holdObject(tx, placeOf(place.parent));
          if (folder?.kind !== 'DIRECTORY') throw missingParent(path);
          const known = await repository.holdObject(tx, place);
          if (known?.kind === 'DIRECTORY')
            throw alreadyExists(`Path (${shown(path)}) already exists: it is a folder.`);
          if (known !== undefined && !overwrite) throw alreadyExists(`Path (${shown(path)}) already exists.`);
          const nowMs = clock.nowMs();
          const object: NewObject = {
            ...place,
            kind: form.kind,
            language: form.kind === 'NOTEBOOK' ? form.language : null,
            format: form.kind === 'NOTEBOOK' ? form.format : null,
            content_id: contentId,
            size_bytes: sizeBytes,
            created_at: nowMs,
            created_by: access.principal.name,
            modified_at: nowMs,
            owner_no: null,
          };
          if (known === undefined) await repository.insertObjects(tx, [object]);
          else await repository.updateObject(tx, known.object_id, object);
          if (known?.content_id) await forget(tx, inTree('workspace', known.content_id), nowMs);
        },
      });
    },

    /** @throws AppError NotFound; InvalidArgument for a folder. */
    async open(
      path: WorkspacePath,
      access: Access,
    ): Promise<{ readonly object: WorkspaceObject; readonly read: ObjectRead }> {
      const row = await getRow(path, access);
      if (row.content_id === null) {
        throw invalidArgument(`Path (${shown(path)}) is a folder: it has no content.`, { field: 'path' });
      }
      try {
        return { object: objectOf(row), read: (await files.open(inTree('workspace', row.content_id))).read };
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'NotFound') throw error;
        // Written again since: what is there now is as good.
        const again = await getRow(path, access);
        if (again.content_id === null || again.content_id === row.content_id) throw error;
        return {
          object: objectOf(again),
          read: (await files.open(inTree('workspace', again.content_id))).read,
        };
      }
    },

    /** @throws AppError NotFound; InvalidState for a folder with something in it unless `recursive`; PermissionDenied */
    async delete(
      path: WorkspacePath,
      { access, recursive }: { readonly access: Access; readonly recursive: boolean },
    ): Promise<void> {
      const found = await find(path, access);
      if (found === undefined) throw missing(path);
      if (found.kind === 'MLFLOW_EXPERIMENT') {
        throw invalidArgument(`Path (${shown(path)}) is an experiment: delete it as one.`, { field: 'path' });
      }
      if (isBuiltIn(path)) {
        throw invalidState(`Path (${shown(path)}) cannot be deleted.`);
      }
      requireUse(path, access);
      await db.write(async (tx) => {
        const row = await repository.holdObject(tx, placeOf(path));
        if (row === undefined) throw missing(path);
        if (row.kind === 'DIRECTORY' && !recursive) {
          const inside = await repository.listObjects(tx, {
            parent: path,
            names: 'all',
            after: '',
            limit: 1,
          });
          if (inside.length > 0) {
            throw invalidState(`Folder (${shown(path)}) is not empty: delete it recursively.`, {
              reason: 'DIRECTORY_NOT_EMPTY',
            });
          }
        }
        const nowMs = clock.nowMs();
        for (const contentId of await repository.deleteObjects(tx, placeOf(path))) {
          await forget(tx, inTree('workspace', contentId), nowMs);
        }
      });
    },
  };
}

export type Workspace = ReturnType<typeof createWorkspace>;

/** The root is kept nowhere. */
const ROOT_ID = 0;

const rootRow: ObjectRow = {
  ...FOLDER,
  object_id: ROOT_ID,
  parent: ROOT,
  name: '',
  created_at: 0,
  created_by: '',
  modified_at: 0,
  owner_no: null,
};

function objectOf(row: ObjectRow): WorkspaceObject {
  return {
    id: row.object_id,
    path: childOf(row.parent, row.name),
    kind: row.kind,
    language: row.language ?? undefined,
    format: row.format ?? undefined,
    sizeBytes: row.kind === 'DIRECTORY' ? undefined : row.size_bytes,
    createdAtMs: row.created_at,
    modifiedAtMs: row.modified_at,
  };
}

const objectOfExperiment = (experiment: NamedExperiment): WorkspaceObject => ({
  id: experiment.experimentNo,
  path: experiment.name.slice(1) as WorkspacePath,
  kind: 'MLFLOW_EXPERIMENT',
  language: undefined,
  format: undefined,
  sizeBytes: undefined,
  createdAtMs: experiment.createdAtMs,
  modifiedAtMs: experiment.modifiedAtMs,
});

const shown = (path: WorkspacePath): string => renderWorkspacePath(path).slice(0, 300);

const missing = (path: WorkspacePath): AppError => notFound(`Path (${shown(path)}) doesn't exist.`);

const missingParent = (path: WorkspacePath): AppError =>
  notFound(`The parent folder (${shown(placeOf(path).parent)}) does not exist.`);
