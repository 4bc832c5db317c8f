import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Files } from '../../artifacts/files.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { parseVersion } from '../../registry/model-rules.ts';
import { versionNotFound } from '../../registry/version-details.ts';
import type { LoggedModels } from '../../tracking/logged-models.ts';
import { modelArtifactLocation } from '../../tracking/logged-models.ts';
import { runArtifactLocation } from '../../tracking/run-details.ts';
import type { Runs } from '../../tracking/runs.ts';
import { onModel, type ReadModelName } from '../model-access.ts';
import type { RawCall, RawRoute } from '../routes.ts';
import {
  DELETES,
  describeDownload,
  describeUpload,
  IN_PATH,
  MODEL_ID,
  NAME,
  queryParameter,
  VERSION,
} from './artifact-descriptions.ts';
import { sendFile } from './artifact-download.ts';
import { managedPath } from './artifact-paths.ts';
import { receiveFile } from './artifact-upload.ts';
import { missing, parseRunId, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import { needs, ofStream, type Targets } from './targets.ts';

export interface ArtifactServices {
  readonly files: Files;
  readonly runs: Runs;
  readonly loggedModels: LoggedModels;
  readonly targets: Targets;
  readonly readModelName: ReadModelName;
  /** Where a version's files are. @throws AppError NotFound */
  getVersionLocation(name: string, version: string): Promise<string>;
}

const query = (request: FastifyRequest): JsonObject => request.query as JsonObject;

const PROXY = '2.0/mlflow-artifacts/artifacts/*';
const PATH = queryParameter('path', 'The file, below the folder of its owner.');
const RUN_ID = queryParameter('run_id', 'The run; `run_uuid` means the same.');
const RUN_UUID = queryParameter('run_uuid', 'The run; `run_id` means the same.');

/** The routes that move bytes. */
export function artifactStreamRoutes({
  files,
  runs,
  loggedModels,
  targets,
  readModelName,
  getVersionLocation,
}: ArtifactServices): readonly RawRoute[] {
  const send = (request: FastifyRequest, reply: FastifyReply, path: ArtifactPath) =>
    sendFile(request, reply, { files, path });
  const reading = ofStream(needs('experiment.read', targets.ofReadablePathInUrl));
  const below = (location: string, message: JsonObject, field: string): ArtifactPath =>
    managedPath(location, parseArtifactPath(requiredString(message, field), field));
  const nothing = (reply: FastifyReply) => reply.header('content-type', 'application/json').send('{}');

  return [
    ...onBoth(
      { method: 'GET', path: PROXY, access: reading, description: describeDownload('GET', IN_PATH) },
      (request, reply) => send(request, reply, pathInUrl(request)),
    ),
    ...onBoth(
      { method: 'HEAD', path: PROXY, access: reading, description: describeDownload('HEAD', IN_PATH) },
      (request, reply) => send(request, reply, pathInUrl(request)),
    ),
    ...onBoth(
      {
        method: 'PUT',
        path: PROXY,
        access: ofStream(needs('experiment.edit', targets.ofPathInUrl)),
        description: describeUpload(IN_PATH),
      },
      async (request, reply) => {
        const path = pathInUrl(request);
        // The router takes `dir/` for `dir`, which would make a file of what the sender takes for a folder.
        if (request.url.split('?', 1)[0]!.endsWith('/')) {
          throw invalidArgument('Invalid path: it ends with `/`, but a file is sent.', {
            field: 'artifact_path',
          });
        }
        await receiveFile(request, reply, { files, path });
        return nothing(reply);
      },
    ),
    ...onBoth(
      {
        method: 'DELETE',
        path: PROXY,
        access: ofStream(needs('experiment.manage', targets.ofPathInUrl)),
        description: DELETES,
      },
      async (request, reply) => {
        await files.delete(pathInUrl(request));
        return nothing(reply);
      },
    ),
    route(
      {
        method: 'GET',
        path: '/get-artifact',
        access: ofStream(needs('experiment.read', targets.ofRun)),
        description: describeDownload('GET', RUN_ID, PATH),
      },
      async (request, reply) => {
        const { run } = await runs.get(parseRunId(query(request)));
        return send(request, reply, below(runArtifactLocation(run), query(request), 'path'));
      },
    ),
    route(
      {
        method: 'GET',
        path: '/model-versions/get-artifact',
        access: [
          onModel('model.read-files', readModelName, {
            nameOf: ({ request }: RawCall) => requiredString(query(request), 'name'),
            missing: (name, { request }) =>
              versionNotFound(name, parseVersion(requiredString(query(request), 'version'))),
          }),
        ],
        description: describeDownload('GET', NAME, VERSION, PATH),
      },
      async (request, reply) => {
        const message = query(request);
        const name = readModelName(requiredString(message, 'name')).stored;
        const location = await getVersionLocation(name, requiredString(message, 'version'));
        return send(request, reply, below(location, message, 'path'));
      },
    ),
    route(
      {
        method: 'GET',
        path: '/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files',
        access: ofStream(needs('experiment.read', targets.ofLoggedModel)),
        description: describeDownload(
          'GET',
          MODEL_ID,
          queryParameter('artifact_file_path', 'The file, below the model.'),
        ),
      },
      async (request, reply) => {
        const { model_id: modelId } = request.params as { model_id: string };
        const { row } = await loggedModels.get(modelId, { allowDeleted: false });
        return send(request, reply, below(modelArtifactLocation(row), query(request), 'artifact_file_path'));
      },
    ),
    route(
      {
        method: 'POST',
        path: '/ajax-api/2.0/mlflow/upload-artifact',
        access: ofStream(needs('experiment.edit', targets.ofRun)),
        description: describeUpload(RUN_UUID, PATH),
      },
      async (request, reply) => {
        const message = query(request);
        if (!message.run_uuid && !message.run_id) throw missing('run_uuid');
        const { run } = await runs.get(parseRunId(message));
        await receiveFile(request, reply, {
          files,
          path: below(runArtifactLocation(run), message, 'path'),
        });
        return nothing(reply);
      },
    ),
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

type Facts = Omit<RawRoute, 'handle'>;

const route = (facts: Facts, handle: RawRoute['handle']): RawRoute => ({ ...facts, handle });

const onBoth = (facts: Facts, handle: RawRoute['handle']): readonly RawRoute[] =>
  ['/api/', '/ajax-api/'].map((prefix) => route({ ...facts, path: prefix + facts.path }, handle));
