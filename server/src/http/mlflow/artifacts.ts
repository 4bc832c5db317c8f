import type { ListPage } from '../../artifacts/files.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { modelArtifactLocation } from '../../tracking/logged-models.ts';
import { runArtifactLocation } from '../../tracking/run-details.ts';
import { managedFolder } from './artifact-paths.ts';
import type { ArtifactServices } from './artifact-proxy.ts';
import { optionalString, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { MlflowCall, MlflowRoute } from './routes.ts';
import { parseRunId } from './runs.ts';

/** The routes that tell what there is, and those for direct transfers, which need a store that signs. */
export function artifactRoutes({ files, runs, loggedModels }: ArtifactServices): readonly MlflowRoute[] {
  /** A listing below a root; paths are relative to the root. */
  async function listBelow(
    location: string,
    folder: string | undefined,
    pageToken: string | undefined,
  ): Promise<object> {
    const root = managedFolder(location);
    const inside = folder ? parseArtifactPath(folder.replace(/\/+$/, '')) : undefined;
    const path = [root, inside].filter(Boolean).join('/') as ArtifactPath | '';
    const page = await files.list(path, { after: pageToken && decodeToken(pageToken) });
    return {
      root_uri: location,
      ...renderFiles(page, (name) => (inside === undefined ? name : `${inside}/${name}`)),
      ...(page.next !== undefined && { next_page_token: Buffer.from(page.next).toString('base64') }),
    };
  }

  async function listProxy({ message }: MlflowCall): Promise<object> {
    const folder = optionalString(message, 'path');
    const path = folder ? parseArtifactPath(folder.replace(/\/+$/, '')) : '';
    // The protocol of this list has no pages: everything goes into one answer.
    const names: ListPage['entries'][number][] = [];
    let after: string | undefined;
    do {
      const page = await files.list(path, { after });
      names.push(...page.entries);
      after = page.next;
    } while (after !== undefined);
    return renderFiles({ entries: names, next: undefined }, (name) => name);
  }

  const unsupported = (what: string) => async () => {
    throw new AppError(
      'NotSupported',
      `${what} is not supported by the artifact store of this server: send files through it.`,
    );
  };

  return [
    { method: 'GET', path: '2.0/mlflow-artifacts/artifacts', privilege: 'READ', handle: listProxy },
    {
      method: 'GET',
      path: '2.0/mlflow/artifacts/list',
      privilege: 'READ',
      async handle({ message }) {
        const { run } = await runs.get(parseRunId(message));
        return listBelow(
          runArtifactLocation(run),
          optionalString(message, 'path'),
          optionalString(message, 'page_token'),
        );
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/logged-models/:model_id/artifacts/directories',
      privilege: 'READ',
      async handle({ message, path }) {
        const { row } = await loggedModels.get(path.model_id!, { allowDeleted: false });
        const folder = optionalString(message, 'artifact_directory_path');
        return listBelow(modelArtifactLocation(row), folder, optionalString(message, 'page_token'));
      },
    },
    ...(['create', 'complete', 'abort'] as const).map(
      (verb): MlflowRoute => ({
        method: 'POST',
        path: `2.0/mlflow-artifacts/mpu/${verb}/*`,
        privilege: 'EDIT',
        handle: unsupported('Multipart upload'),
      }),
    ),
    {
      method: 'GET',
      path: '2.0/mlflow-artifacts/presigned/*',
      privilege: 'READ',
      handle: unsupported('Direct download'),
    },
    {
      method: 'POST',
      path: '2.0/mlflow/artifacts/presigned-upload-url',
      privilege: 'EDIT',
      async handle({ message }) {
        const hasRun = Boolean(message.run_id);
        if (hasRun === Boolean(message.model_id)) {
          throw invalidArgument('Exactly one of run_id and model_id must be given.', { field: 'run_id' });
        }
        return refuseDirect(hasRun ? await runLocation(message) : await modelLocation(message));
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/artifacts/presigned-download-url',
      privilege: 'READ',
      handle: async ({ message }) =>
        refuseDirect(message.run_id ? await runLocation(message) : await modelLocation(message)),
    },
  ];

  async function runLocation(message: JsonObject): Promise<string> {
    parseArtifactPath(requiredString(message, 'path'));
    return runArtifactLocation((await runs.get(parseRunId(message))).run);
  }

  async function modelLocation(message: JsonObject): Promise<string> {
    parseArtifactPath(requiredString(message, 'path'));
    const modelId = requiredString(message, 'model_id');
    return modelArtifactLocation((await loggedModels.get(modelId, { allowDeleted: false })).row);
  }
}

function renderFiles(page: ListPage, pathOf: (name: string) => string): object {
  if (page.entries.length === 0) return {};
  return {
    files: page.entries.map(({ name, sizeBytes }) => ({
      path: pathOf(name),
      is_dir: sizeBytes === undefined,
      ...(sizeBytes !== undefined && { file_size: sizeBytes }),
    })),
  };
}

function decodeToken(token: string): string {
  return Buffer.from(token, 'base64').toString('utf8');
}

/** Only a location that clients reach with credentials of their own can have a signed URL of its store. */
function refuseDirect(location: string): never {
  throw invalidArgument(
    `Signed URLs exist for artifacts in an object store that clients use directly; these lie at ${location.slice(0, 200)}: send them through the server.`,
    { field: 'path' },
  );
}
