import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Files } from '../../artifacts/files.ts';
import { type ZipEntry, zip, zipLength } from '../../artifacts/zip.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, invalidArgument, notFound } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { renderAttachment } from '../../objects/content-disposition.ts';
import { parseVersion } from '../../registry/model-rules.ts';
import { versionNotFound } from '../../registry/version-details.ts';
import { modelArtifactLocation } from '../../tracking/logged-models.ts';
import { runArtifactLocation } from '../../tracking/run-details.ts';
import { describeDownload, queryParameter } from '../mlflow/artifact-descriptions.ts';
import { sendFile } from '../mlflow/artifact-download.ts';
import { managedFolder, managedPath } from '../mlflow/artifact-paths.ts';
import type { ArtifactServices } from '../mlflow/artifact-proxy.ts';
import { optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import { needs, ofStream } from '../mlflow/targets.ts';
import { onModel, type ReadModelName } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import type { DescribedParameter, RawCall, RawRoute, RouteDescription } from '../routes.ts';
import { viewHeaders } from './view-headers.ts';

const VIEW = '/ajax-api/slipway/v1/artifacts/view';
const FOLDER = '/ajax-api/slipway/v1/artifacts/folder.zip';
const MAX_PACKED = 100_000;

/** Exactly one of the three is given. */
const OWNER: readonly DescribedParameter[] = [
  { name: 'run_id', in: 'query', description: 'The run whose files are meant,' },
  { name: 'model_id', in: 'query', description: 'or the logged model,' },
  { name: 'name', in: 'query', description: 'or the registered model, with `version`.' },
  { name: 'version', in: 'query', description: 'The number of its version.' },
];

const PACKS: RouteDescription = {
  summary: 'Sends a folder as one archive.',
  tag: 'slipway',
  parameters: [...OWNER, { name: 'path', in: 'query', description: 'The folder; everything without it.' }],
  answers: { 200: { description: 'The archive.', types: ['application/zip'] } },
};

export interface ViewServices extends ArtifactServices {
  readonly clock: Clock;
}

/**
 * What the pages need of artifacts beside MLflow's routes. Both name whose files they mean by `run_id`, by `model_id`,
 * or by `name` and `version`.
 *
 * - `…/artifacts/view?run_id=&path=`: a file to be shown, under a policy that leaves it no origin; with ranges.
 * - `…/artifacts/folder.zip?run_id=&path=`: a folder, or without `path` everything, to be saved as one archive.
 */
export function artifactViewRoutes(services: ViewServices): readonly RawRoute[] {
  const { files, clock, targets, readModelName } = services;
  const access = [
    ...ofStream([
      ...needs('experiment.read', targets.ofOptionalRun('run_id')),
      ...needs('experiment.read', targets.ofOptionalLoggedModel('model_id')),
    ]),
    ofVersionInQuery(readModelName),
  ];

  async function view(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const query = request.query as JsonObject;
    const path = parseArtifactPath(requiredString(query, 'path'));
    const { location } = await findOwner(services, query);
    const destination = request.headers['sec-fetch-dest'];
    return sendFile(request, reply, {
      files,
      path: managedPath(location, path),
      headersOf: (name, etag) =>
        viewHeaders({ name, etag, destination: typeof destination === 'string' ? destination : undefined }),
    });
  }

  async function folder(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const query = request.query as JsonObject;
    const inside = optionalString(query, 'path') ?? '';
    const { location, name } = await findOwner(services, query);
    const root = inside === '' ? managedFolder(location) : managedPath(location, parseArtifactPath(inside));
    const title = inside === '' ? name : inside.slice(inside.lastIndexOf('/') + 1);
    const entries = await entriesBelow(files, root, title);
    if (entries.length === 0) throw notFound(`No artifacts in '${inside.slice(0, 200)}'.`, { field: 'path' });
    return reply
      .headers({
        'content-type': 'application/zip',
        'content-length': zipLength(entries),
        'content-disposition': renderAttachment(`${title}.zip`),
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
      })
      .send(Readable.from(zip(entries, clock.nowMs()), { objectMode: false }));
  }

  return [
    {
      method: 'GET',
      path: VIEW,
      access,
      description: describeDownload('GET', ...OWNER, queryParameter('path', 'The file.')),
      handle: view,
    },
    {
      method: 'HEAD',
      path: VIEW,
      access,
      description: describeDownload('HEAD', ...OWNER, queryParameter('path', 'The file.')),
      handle: view,
    },
    { method: 'GET', path: FOLDER, access, description: PACKS, handle: folder },
  ];
}

/** Of the model whose version the query names, where it names one. */
function ofVersionInQuery(readModelName: ReadModelName): Need<RawCall> {
  const ofVersion = onModel('model.read-files', readModelName, {
    nameOf: ({ request }: RawCall) => requiredString(request.query as JsonObject, 'name'),
    missing: (name, { request }) =>
      versionNotFound(name, parseVersion(requiredString(request.query as JsonObject, 'version'))),
  });
  return {
    action: ofVersion.action,
    target: (call) =>
      optionalString(call.request.query as JsonObject, 'name') ? ofVersion.target(call) : [],
  };
}

interface Owner {
  readonly location: string;
  /** For the name of an archive of everything. */
  readonly name: string;
}

async function findOwner(
  { runs, loggedModels, readModelName, getVersionLocation }: ArtifactServices,
  query: JsonObject,
): Promise<Owner> {
  const runId = optionalString(query, 'run_id');
  const modelId = optionalString(query, 'model_id');
  const name = optionalString(query, 'name');
  if ([runId, modelId, name].filter(Boolean).length !== 1) {
    throw invalidArgument('Exactly one of run_id, model_id and name (with version) must be given.', {
      field: 'run_id',
    });
  }
  if (runId) return { location: runArtifactLocation((await runs.get(runId)).run), name: runId };
  if (modelId) {
    const { row } = await loggedModels.get(modelId, { allowDeleted: false });
    return { location: modelArtifactLocation(row), name: modelId };
  }
  const version = requiredString(query, 'version');
  const { stored } = readModelName(name!);
  return { location: await getVersionLocation(stored, version), name: `${stored}-${version}` };
}

/** Every file below a folder, called as in `title/sub/file`. */
async function entriesBelow(
  files: Files,
  root: ArtifactPath | '',
  title: string,
): Promise<readonly ZipEntry[]> {
  const found: ZipEntry[] = [];
  const folders: { readonly path: string; readonly name: string }[] = [{ path: root, name: title }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let after: string | undefined;
    do {
      const page = await files.list(folder.path as ArtifactPath | '', { after });
      for (const { name, sizeBytes } of page.entries) {
        const path = folder.path === '' ? name : `${folder.path}/${name}`;
        const inArchive = `${folder.name}/${name}`;
        if (sizeBytes === undefined) folders.push({ path, name: inArchive });
        else found.push({ name: inArchive, sizeBytes, read: () => readWhole(files, path as ArtifactPath) });
      }
      if (found.length > MAX_PACKED) {
        throw new AppError(
          'LimitExceeded',
          `The folder holds more than ${MAX_PACKED.toLocaleString('en-US')} files: download folders of it, or use mlflow.artifacts.download_artifacts.`,
          { field: 'path' },
        );
      }
      after = page.next;
    } while (after !== undefined);
  }
  return found;
}

async function readWhole(files: Files, path: ArtifactPath): Promise<AsyncIterable<Uint8Array>> {
  return (await files.open(path)).read.stream;
}
