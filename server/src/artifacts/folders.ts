import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { alreadyExists, invalidArgument, invalidState, notFound } from '../kernel/errors.ts';
import {
  type ArtifactDeletionGuard,
  checkDepth,
  enterFolder,
  type FileFacts,
  factsOf,
  foldersOf,
  placeOf,
} from './files.ts';
import * as repository from './files-repository.ts';
import type { TreePath } from './trees.ts';

/** What is at a path. */
export type Found =
  | { readonly kind: 'file'; readonly facts: FileFacts }
  | { readonly kind: 'folder'; readonly modifiedAtMs: number };

export interface FoldersDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly guardDeletion: ArtifactDeletionGuard;
  readonly guardWrite: ArtifactDeletionGuard;
  readonly guardAddition: ArtifactDeletionGuard;
}

/** Folders as things of their own, for the protocols that make and remove them. */
export function createFolders({ db, clock, guardDeletion, guardWrite, guardAddition }: FoldersDependencies) {
  return {
    /** Undefined where nothing is. The root is a folder. */
    async find(path: TreePath | ''): Promise<Found | undefined> {
      if (path === '') return { kind: 'folder', modifiedAtMs: 0 };
      const entry = await db.read((sql) => repository.findEntry(sql, placeOf(path)));
      if (entry === undefined) return undefined;
      const facts = factsOf(entry);
      return facts === undefined
        ? { kind: 'folder', modifiedAtMs: entry.written_at }
        : { kind: 'file', facts };
    },

    /**
     * Makes a folder and those above it; there already is a success.
     * @throws AppError InvalidArgument where a file is; Conflict among the files of a model version.
     */
    async make(path: TreePath): Promise<void> {
      checkDepth(path);
      await db.write(async (tx) => {
        const known = await repository.findEntry(tx, placeOf(path));
        if (known !== undefined && known.object_key === null) return;
        await guardWrite(tx, path);
        await guardAddition(tx, path);
        await enterFolder(tx, foldersOf(path), clock.nowMs());
      });
    },

    /** @throws AppError NotFound; InvalidArgument for a file; InvalidState where something lies in it. */
    async removeEmpty(path: TreePath): Promise<void> {
      const place = placeOf(path);
      await db.write(async (tx) => {
        await guardDeletion(tx, path);
        await repository.holdFolder(tx, place);
        const entry = await repository.findEntry(tx, place);
        if (entry === undefined) throw notFound('No such folder.', { reason: 'NOT_FOUND' });
        if (entry.object_key !== null) throw invalidArgument('This is a file, no folder.', { field: 'path' });
        if (await repository.hasEntries(tx, place)) {
          throw invalidState('The folder is not empty: remove what lies in it first.', {
            reason: 'DIRECTORY_NOT_EMPTY',
          });
        }
        await repository.deleteTree(tx, place);
      });
    },

    /**
     * Moves a file or a folder with all in it; the folders above the new place are made.
     * @throws AppError NotFound; AlreadyExists where something is at the new place; InvalidArgument for a folder into
     * itself; Conflict where a model version needs a file, or has its files at, above or below the new place.
     */
    async move(from: TreePath, to: TreePath): Promise<void> {
      checkDepth(to);
      if (to === from || to.startsWith(`${from}/`)) {
        throw invalidArgument('A folder cannot be moved into itself.', { field: 'destination_path' });
      }
      await db.write(async (tx) => {
        await guardDeletion(tx, from);
        await guardWrite(tx, to);
        // What comes along may lie where a version was registered before it had files.
        await guardDeletion(tx, to);
        const [source, target] = [placeOf(from), placeOf(to)];
        await repository.holdFolder(tx, foldersOf(source.parent).at(-1));
        const entry = await repository.findEntry(tx, source);
        if (entry === undefined)
          throw notFound('There is nothing at the source path.', { field: 'source_path' });
        await repository.holdFolder(tx, source);
        await enterFolder(tx, foldersOf(target.parent), clock.nowMs());
        if ((await repository.findEntry(tx, target)) !== undefined) {
          throw alreadyExists('Something is at the destination path already.', { field: 'destination_path' });
        }
        await repository.moveTree(tx, source, target);
      });
    },
  };
}

export type Folders = ReturnType<typeof createFolders>;
