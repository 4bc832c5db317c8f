import type { Files } from '../../artifacts/files.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { parseArtifactPath } from '../../objects/artifact-path.ts';
import { parseLocation } from '../../objects/location.ts';
import type { ArtifactReader, ArtifactRoot, ListedFile } from '../artifact-reader.ts';

const PAGE = 1000;

/** The artifacts that this server keeps. */
export function createOwnArtifacts(files: Files): ArtifactReader {
  async function* list(root: string, folder: string): AsyncGenerator<ListedFile> {
    let after: string | undefined;
    do {
      const path = folder === '' ? root : `${root}/${folder}`;
      const page = await files.list(parseArtifactPath(path), { after, limit: PAGE });
      for (const { name, sizeBytes } of page.entries) {
        const below = folder === '' ? name : `${folder}/${name}`;
        if (sizeBytes === undefined) yield* list(root, below);
        else yield { path: below, sizeBytes };
      }
      after = page.next;
    } while (after !== undefined);
  }

  return {
    async *list(root) {
      try {
        yield* list(pathOf(root), '');
      } catch (error) {
        // Nothing was ever put there.
        if (!(error instanceof AppError && error.code === 'NotFound')) throw error;
      }
    },
    async open(root, path) {
      const { read } = await files.open(parseArtifactPath(`${pathOf(root)}/${path}`));
      return read.stream;
    },
  };
}

function pathOf(root: ArtifactRoot): string {
  const location = parseLocation(root.location);
  if (location.kind === 'managed') return location.path;
  throw invalidArgument(
    `The artifacts of ${root.owner} ${root.id} are at ${root.location}, not with this server: export with --artifacts none.`,
  );
}
