import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { ArtifactReader, ArtifactRoot, ListedFile } from '../artifact-reader.ts';
import type { RestClient } from './rest-client.ts';
import { integer, objects, text } from './rest-json.ts';

/** Artifacts as the running server hands them out, wherever it keeps them. */
export function createRestArtifacts(client: RestClient): ArtifactReader {
  async function* list(root: ArtifactRoot, folder: string): AsyncGenerator<ListedFile> {
    let token: string | undefined;
    do {
      const { path: address, query } = listing(root, folder, token);
      const answer = await client.get(address, query);
      for (const file of objects(answer.files)) {
        const path = text(file.path) ?? '';
        if (file.is_dir === true) yield* list(root, path);
        else yield { path, sizeBytes: Number(integer(file.file_size) ?? 0) };
      }
      token = text(answer.next_page_token);
    } while (token !== undefined);
  }

  return {
    list: (root) => list(root, ''),
    async open(root, path) {
      const body =
        root.owner === 'run'
          ? client.download('/get-artifact', { run_id: root.id, path })
          : client.download(
              `/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(root.id)}/artifacts/files`,
              {
                artifact_file_path: path,
              },
            );
      return Readable.fromWeb((await body) as WebStream);
    },
  };
}

function listing(root: ArtifactRoot, folder: string, token: string | undefined) {
  return root.owner === 'run'
    ? {
        path: '/api/2.0/mlflow/artifacts/list',
        query: { run_id: root.id, path: folder, page_token: token },
      }
    : {
        path: `/api/2.0/mlflow/logged-models/${encodeURIComponent(root.id)}/artifacts/directories`,
        query: { artifact_directory_path: folder, page_token: token },
      };
}
