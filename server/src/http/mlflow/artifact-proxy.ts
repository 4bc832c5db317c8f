import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Files } from '../../artifacts/files.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import type { LoggedModels } from '../../tracking/logged-models.ts';
import { modelArtifactLocation } from '../../tracking/logged-models.ts';
import { runArtifactLocation } from '../../tracking/run-details.ts';
import type { Runs } from '../../tracking/runs.ts';
import { authenticate } from '../authenticate.ts';
import type { Method, Privilege, RawRoute } from '../routes.ts';
import { sendFile } from './artifact-download.ts';
import { managedPath } from './artifact-paths.ts';
import { receiveFile } from './artifact-upload.ts';
import { missing, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import { parseRunId } from './runs.ts';

export interface ArtifactServices {
  readonly files: Files;
  readonly runs: Runs;
  readonly loggedModels: LoggedModels;
  /** Where a version's files are. @throws AppError NotFound */
  getVersionLocation(name: string, version: string): Promise<string>;
}

const PROXY = '2.0/mlflow-artifacts/artifacts/*';

/** The routes that move bytes. */
export function artifactStreamRoutes({
  files,
  runs,
  loggedModels,
  getVersionLocation,
}: ArtifactServices): readonly RawRoute[] {
  const send = (request: FastifyRequest, reply: FastifyReply, path: ArtifactPath) =>
    sendFile(request, reply, { files, path });
  const query = (request: FastifyRequest): JsonObject => request.query as JsonObject;
  const below = (location: string, message: JsonObject, field: string): ArtifactPath =>
    managedPath(location, parseArtifactPath(requiredString(message, field), field));
  const nothing = (reply: FastifyReply) => reply.header('content-type', 'application/json').send('{}');

  return [
    ...onBoth('GET', PROXY, 'READ', (request, reply) => send(request, reply, pathInUrl(request))),
    ...onBoth('HEAD', PROXY, 'READ', (request, reply) => send(request, reply, pathInUrl(request))),
    ...onBoth('PUT', PROXY, 'EDIT', async (request, reply) => {
      const path = pathInUrl(request);
      // The router takes `dir/` for `dir`, which would make a file of what the sender takes for a folder.
      if (request.url.split('?', 1)[0]!.endsWith('/')) {
        throw invalidArgument('Invalid path: it ends with `/`, but a file is sent.', {
          field: 'artifact_path',
        });
      }
      await receiveFile(request, reply, { files, path });
      return nothing(reply);
    }),
    ...onBoth('DELETE', PROXY, 'EDIT', async (request, reply) => {
      await files.delete(pathInUrl(request));
      return nothing(reply);
    }),
    route('GET', '/get-artifact', 'READ', async (request, reply) => {
      const { run } = await runs.get(parseRunId(query(request)));
      return send(request, reply, below(runArtifactLocation(run), query(request), 'path'));
    }),
    route('GET', '/model-versions/get-artifact', 'READ', async (request, reply) => {
      const message = query(request);
      const name = requiredString(message, 'name');
      const location = await getVersionLocation(name, requiredString(message, 'version'));
      return send(request, reply, below(location, message, 'path'));
    }),
    route(
      'GET',
      '/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files',
      'READ',
      async (request, reply) => {
        const { model_id: modelId } = request.params as { model_id: string };
        const { row } = await loggedModels.get(modelId, { allowDeleted: false });
        return send(request, reply, below(modelArtifactLocation(row), query(request), 'artifact_file_path'));
      },
    ),
    route('POST', '/ajax-api/2.0/mlflow/upload-artifact', 'EDIT', async (request, reply) => {
      const message = query(request);
      if (!message.run_uuid && !message.run_id) throw missing('run_uuid');
      const { run } = await runs.get(parseRunId(message));
      await receiveFile(request, reply, {
        files,
        path: below(runArtifactLocation(run), message, 'path'),
      });
      return nothing(reply);
    }),
  ];
}

/** The path behind `…/artifacts/`, which the router has decoded once. */
function pathInUrl(request: FastifyRequest): ArtifactPath {
  // The router drops a fragment, and with it what a caller may have hidden there (CVE-2024-3848).
  if (request.url.includes('#')) {
    throw invalidArgument('Invalid path: it holds `#`.', { field: 'artifact_path' });
  }
  return parseArtifactPath((request.params as { '*': string })['*'], 'artifact_path');
}

type Handle = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

function route(method: Method, path: string, privilege: Privilege, handle: Handle): RawRoute {
  return {
    method,
    path,
    privilege,
    async handle(request, reply) {
      authenticate(request, privilege);
      return handle(request, reply);
    },
  };
}

const onBoth = (method: Method, path: string, privilege: Privilege, handle: Handle): RawRoute[] =>
  ['/api/', '/ajax-api/'].map((prefix) => route(method, prefix + path, privilege, handle));
