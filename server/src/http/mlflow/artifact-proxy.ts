import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Files } from '../../artifacts/files.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import type { LoggedModels } from '../../tracking/logged-models.ts';
import { modelArtifactLocation } from '../../tracking/logged-models.ts';
import { runArtifactLocation } from '../../tracking/run-details.ts';
import type { Runs } from '../../tracking/runs.ts';
import { authenticate } from '../authenticate.ts';
import type { Method, Privilege, RawRoute } from '../routes.ts';
import { fileHeaders, namesEtag, parseRange } from './artifact-headers.ts';
import { managedPath } from './artifact-paths.ts';
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
  async function send(
    request: FastifyRequest,
    reply: FastifyReply,
    path: ArtifactPath,
  ): Promise<FastifyReply> {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const { 'if-none-match': unless, 'if-match': only, 'if-range': ifRange } = request.headers;
    const facts = await files.stat(path);
    if (only !== undefined && !namesEtag(only, facts.sha256)) {
      throw new AppError('PreconditionFailed', 'The artifact has other bytes by now than If-Match names.');
    }
    reply.headers(fileHeaders(name, facts.sha256));
    if (unless !== undefined && namesEtag(unless, facts.sha256)) return reply.code(304).send();
    if (request.method === 'HEAD') return reply.header('content-length', facts.sizeBytes).send();
    const stale = typeof ifRange === 'string' && !namesEtag(ifRange, facts.sha256);
    const range = stale ? undefined : parseRange(request.headers.range);
    const { read } = await files.open(path, range);
    if (range !== undefined) {
      const last = read.start + read.lengthBytes - 1;
      reply.code(206).header('content-range', `bytes ${read.start}-${last}/${read.sizeBytes}`);
    }
    return reply.header('content-length', read.lengthBytes).send(read.stream);
  }

  async function receive(request: FastifyRequest, path: ArtifactPath): Promise<void> {
    const length = request.headers['content-length'];
    const sha256 = request.headers['x-checksum-sha256'];
    if (sha256 !== undefined && (typeof sha256 !== 'string' || !/^[0-9a-fA-F]{64}$/.test(sha256))) {
      throw invalidArgument('x-checksum-sha256 is 64 hex digits.', { field: 'x-checksum-sha256' });
    }
    await files.put(path, request.raw, {
      expectedSizeBytes: length === undefined ? undefined : Number(length),
      expectedSha256: typeof sha256 === 'string' ? sha256.toLowerCase() : undefined,
    });
  }

  const wildcard = (request: FastifyRequest): ArtifactPath =>
    parseArtifactPath((request.params as { '*': string })['*'], 'artifact_path');
  const query = (request: FastifyRequest): JsonObject => request.query as JsonObject;
  const below = (location: string, message: JsonObject, field: string): ArtifactPath =>
    managedPath(location, parseArtifactPath(requiredString(message, field), field));
  const nothing = (reply: FastifyReply) => reply.header('content-type', 'application/json').send('{}');

  async function runFile(request: FastifyRequest, reply: FastifyReply) {
    const { run } = await runs.get(parseRunId(query(request)));
    return send(request, reply, below(runArtifactLocation(run), query(request), 'path'));
  }

  const both = (method: Method, path: string, privilege: Privilege, handle: RawRoute['handle']): RawRoute[] =>
    ['/api/', '/ajax-api/'].map((prefix) => ({
      method,
      path: prefix + path,
      privilege,
      handle: guarded(privilege, handle),
    }));
  const one = (method: Method, path: string, privilege: Privilege, handle: RawRoute['handle']): RawRoute => ({
    method,
    path,
    privilege,
    handle: guarded(privilege, handle),
  });

  return [
    ...both('GET', PROXY, 'READ', (request, reply) => send(request, reply, wildcard(request))),
    ...both('HEAD', PROXY, 'READ', (request, reply) => send(request, reply, wildcard(request))),
    ...both('PUT', PROXY, 'EDIT', async (request, reply) => {
      await receive(request, wildcard(request));
      return nothing(reply);
    }),
    ...both('DELETE', PROXY, 'EDIT', async (request, reply) => {
      await files.delete(wildcard(request));
      return nothing(reply);
    }),
    one('GET', '/get-artifact', 'READ', runFile),
    one('GET', '/model-versions/get-artifact', 'READ', async (request, reply) => {
      const message = query(request);
      const location = await getVersionLocation(
        requiredString(message, 'name'),
        requiredString(message, 'version'),
      );
      return send(request, reply, below(location, message, 'path'));
    }),
    one(
      'GET',
      '/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files',
      'READ',
      async (request, reply) => {
        const { model_id: modelId } = request.params as { model_id: string };
        const { row } = await loggedModels.get(modelId, { allowDeleted: false });
        return send(request, reply, below(modelArtifactLocation(row), query(request), 'artifact_file_path'));
      },
    ),
    one('POST', '/ajax-api/2.0/mlflow/upload-artifact', 'EDIT', async (request, reply) => {
      const message = query(request);
      if (!message.run_uuid && !message.run_id) throw missing('run_uuid');
      const { run } = await runs.get(parseRunId(message));
      await receive(request, below(runArtifactLocation(run), message, 'path'));
      return nothing(reply);
    }),
  ];
}

function guarded(privilege: Privilege, handle: RawRoute['handle']): RawRoute['handle'] {
  return (request, reply) => {
    authenticate(request, privilege);
    return handle(request, reply);
  };
}
