import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { parseLocation } from '../../objects/location.ts';
import type { ArtifactReader, ArtifactRoot } from '../artifact-reader.ts';
import { listFiles } from './file-store-files.ts';

export interface LocalArtifactsOptions {
  /** The folder behind `mlflow-artifacts:/`, which the server was started with as `--artifacts-destination`. */
  readonly managedFolder: string | undefined;
  /** The folder against which relative locations count: where the server was started. */
  readonly relativeTo: string;
}

/** Artifacts in folders of this machine. Symbolic links are not followed: they may lead anywhere. */
export function createLocalArtifacts(options: LocalArtifactsOptions): ArtifactReader {
  return {
    async *list(root) {
      const folder = folderOf(root, options);
      const paths = await whenReadable(listFiles(folder), root);
      for (const path of paths) {
        yield { path, sizeBytes: (await whenReadable(stat(join(folder, path)), root)).size };
      }
    },
    async open(root, path) {
      // Opened here and not by the stream, so that a file that cannot be read is told from a store that cannot write.
      const file = await whenReadable(open(join(folderOf(root, options), path)), root);
      return file.createReadStream();
    },
  };
}

async function whenReadable<T>(reading: Promise<T>, root: ArtifactRoot): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw unreadable(root, 'give this user the right to read them', error);
  }
}

function unreadable(root: ArtifactRoot, way: string, cause?: unknown): AppError {
  return new AppError(
    'PermissionDenied',
    `The artifacts of ${root.owner} ${root.id} are at ${root.location}, which cannot be read from here: ${way}, ` +
      'or fetch them from the running server by --artifacts-from http://…',
    { cause },
  );
}

function folderOf(root: ArtifactRoot, { managedFolder, relativeTo }: LocalArtifactsOptions): string {
  const location = parseLocation(root.location, {
    field: `the location of ${root.owner} ${root.id}`,
    relativeTo,
  });
  if (location.kind === 'file') return location.path;
  if (location.kind !== 'managed') throw unreadable(root, 'leave them there by --artifacts reference');
  if (managedFolder !== undefined) return join(managedFolder, location.path);
  throw invalidArgument(
    `The artifacts of ${root.owner} ${root.id} are at ${root.location}, which cannot be read from here: say where the ` +
      'server kept them by --artifacts-from FOLDER, or fetch them from the running server by --artifacts-from http://…',
  );
}
