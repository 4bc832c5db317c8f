import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidArgument } from '../../kernel/errors.ts';
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
      for (const path of await listFiles(folder)) {
        yield { path, sizeBytes: (await stat(join(folder, path))).size };
      }
    },
    async open(root, path) {
      return createReadStream(join(folderOf(root, options), path));
    },
  };
}

function folderOf(root: ArtifactRoot, { managedFolder, relativeTo }: LocalArtifactsOptions): string {
  const location = parseLocation(root.location, {
    field: `the location of ${root.owner} ${root.id}`,
    relativeTo,
  });
  if (location.kind === 'file') return location.path;
  if (location.kind === 'managed' && managedFolder !== undefined) return join(managedFolder, location.path);
  const way =
    location.kind === 'managed'
      ? 'say where the server kept them by --artifacts-from FOLDER'
      : 'leave them there by --artifacts reference';
  throw invalidArgument(
    `The artifacts of ${root.owner} ${root.id} are at ${root.location}, which cannot be read from here: ${way}, ` +
      'or fetch them from the running server by --artifacts-from http://…',
  );
}
