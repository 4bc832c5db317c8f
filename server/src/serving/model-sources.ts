import { createReadStream, existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { AppError, invalidArgument, notFound, unavailable } from '../kernel/errors.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';
import { type ModelAddress, parseModelAddress } from './model-address.ts';
import { MODEL_FILE } from './model-file.ts';
import type { ModelSource, SourceFile } from './model-files.ts';

/** A tracking server that is asked by REST: ours, or any that speaks MLflow's protocol. */
export interface TrackingServer {
  /** Without a slash at its end; undefined where none was named. */
  readonly url: string | undefined;
  /** The header `authorization`. */
  readonly authorization: string | undefined;
}

/** A model that was found, with its files to be fetched. */
export interface FoundModel {
  /** `ChurnPredictionModel`, or a folder's name. */
  readonly name: string;
  /** `3`; empty where the model is no version of the registry. */
  readonly version: string;
  readonly source: ModelSource;
}

const CALL_MS = 30_000;
const FILE_MS = 60 * 60_000;
const MAX_FILES = 20_000;
const MAX_STEPS = 5;

/**
 * Finds a model and lists its files.
 * @throws AppError NotFound for what there is not; InvalidArgument for what lies where this machine cannot fetch it;
 *   Unavailable for a server that does not answer
 */
export async function findModel(
  address: ModelAddress,
  server: TrackingServer,
  signal: AbortSignal,
): Promise<FoundModel> {
  const door = openDoor(server, signal);
  const named = await locate(address, door);
  if (named.place.kind === 'folder')
    return { ...named, source: await folderSource(named.place.path, named.what) };
  return { ...named, source: await proxiedSource(named.place.path, { what: named.what, door }) };
}

type Place = Extract<ModelAddress, { kind: 'folder' | 'proxied' }>;

interface Located {
  readonly name: string;
  readonly version: string;
  readonly what: string;
  readonly place: Place;
}

/** Follows what one address says of another: an alias a version, a version a logged model, that one its files. */
async function locate(address: ModelAddress, door: Door): Promise<Located> {
  let at = address;
  let name = '';
  let version = '';
  for (let step = 0; step < MAX_STEPS; step += 1) {
    switch (at.kind) {
      case 'folder':
      case 'proxied': {
        const what = name === '' ? `the model at ${at.path}` : `version ${version} of '${name}'`;
        return { name: name || path.posix.basename(at.path), version, what, place: at };
      }
      case 'alias':
        at = await versionOfAlias(at, door);
        break;
      case 'stage':
      case 'latest':
        at = await latestVersion(at, door);
        break;
      case 'version': {
        ({ name, version } = at);
        const query = { name, version };
        const answer = await door.get('mlflow/model-versions/get-download-uri', query);
        at = parsePlace(answer.artifact_uri, `version ${version} of '${name}'`);
        break;
      }
      case 'logged-model': {
        const { model } = await door.get(`mlflow/logged-models/${encodeURIComponent(at.id)}`, {});
        const info = fields(fields(model).info);
        at = parsePlace(info.artifact_uri, `the model ${at.id}`);
        break;
      }
      case 'run':
        at = await folderOfRun(at, door);
    }
  }
  throw invalidArgument('The addresses of this model lead from one to the next without an end.');
}

async function versionOfAlias(
  { name, alias }: Extract<ModelAddress, { kind: 'alias' }>,
  door: Door,
): Promise<ModelAddress> {
  const answer = await door.get('mlflow/registered-models/alias', { name, alias });
  return { kind: 'version', name, version: textOf(fields(answer.model_version).version) };
}

async function latestVersion(
  at: Extract<ModelAddress, { kind: 'stage' | 'latest' }>,
  door: Door,
): Promise<ModelAddress> {
  const stages = at.kind === 'stage' ? [at.stage] : [];
  const answer = await door.post('mlflow/registered-models/get-latest-versions', { name: at.name, stages });
  const numbers = (Array.isArray(answer.model_versions) ? (answer.model_versions as unknown[]) : [])
    .map((found) => Number(fields(found).version))
    .filter((number) => Number.isSafeInteger(number));
  if (numbers.length === 0)
    throw notFound(
      at.kind === 'stage'
        ? `No version of '${at.name}' is in the stage ${at.stage}.`
        : `'${at.name}' has no versions.`,
    );
  return { kind: 'version', name: at.name, version: String(Math.max(...numbers)) };
}

/** Since MLflow 3 a model that was logged in a run lies beside the run; its name is then the first part of the path. */
async function folderOfRun(
  { runId, path: inRun }: Extract<ModelAddress, { kind: 'run' }>,
  door: Door,
): Promise<ModelAddress> {
  const { run } = await door.get('mlflow/runs/get', { run_id: runId });
  const { info, outputs } = fields(run);
  const root = parsePlace(fields(info).artifact_uri, `the run ${runId}`);
  const [model, ...below] = inRun.split('/') as [string, ...string[]];
  const logged = fields(outputs).model_outputs;
  for (const output of (Array.isArray(logged) ? (logged as unknown[]) : []).reverse()) {
    const id = textOf(fields(output).model_id);
    const answer = await door.get(`mlflow/logged-models/${encodeURIComponent(id)}`, {});
    const found = fields(fields(answer.model).info);
    if (found.name !== model) continue;
    const place = parsePlace(found.artifact_uri, `the model ${id}`);
    return below.length === 0 ? place : below.reduce(under, place);
  }
  return inRun.split('/').reduce(under, root);
}

function under(place: ModelAddress, part: string): ModelAddress {
  if (place.kind === 'proxied') return { kind: 'proxied', path: `${place.path}/${part}` };
  if (place.kind === 'folder') return { kind: 'folder', path: path.join(place.path, part) };
  throw invalidArgument(`'${part}' cannot be found below another model.`);
}

function parsePlace(uri: unknown, what: string): ModelAddress {
  const text = textOf(uri);
  try {
    return parseModelAddress(text);
  } catch (cause) {
    throw invalidArgument(
      `The files of ${what} lie at ${text.slice(0, 300)}, where only the server itself can read: serve them through its artifact proxy.`,
      { cause },
    );
  }
}

async function folderSource(folder: string, what: string): Promise<ModelSource> {
  const root = path.resolve(folder);
  const found = await stat(root).catch((cause: unknown) => {
    throw notFound(`There is no folder ${root}.`, { cause });
  });
  if (!found.isDirectory()) throw invalidArgument(`${root} is not a folder.`);
  // Before anything is copied: a server may name any folder of this machine.
  if (!existsSync(path.join(root, MODEL_FILE)))
    throw invalidArgument(`There is no file ${MODEL_FILE} in ${root}: it is no model of MLflow.`);
  const files: SourceFile[] = [];
  // What is no plain file, as a link, is no part of a model: it could name any file of the machine.
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    const full = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || full.includes(`${path.sep}__pycache__${path.sep}`)) continue;
    const { size } = await stat(full);
    files.push({ path: path.relative(root, full).split(path.sep).join('/'), sizeBytes: size, sha256: null });
    bound(files, what);
  }
  return { what, files, open: async (file) => createReadStream(path.join(root, parseArtifactPath(file))) };
}

async function proxiedSource(
  root: string,
  { what, door }: { readonly what: string; readonly door: Door },
): Promise<ModelSource> {
  const files: SourceFile[] = [];
  const folders = [''];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const listed = folder === '' ? root : `${root}/${folder}`;
    const answer = await door.get('mlflow-artifacts/artifacts', { path: listed });
    for (const entry of Array.isArray(answer.files) ? (answer.files as unknown[]) : []) {
      const { path: name, is_dir: isFolder, file_size: size } = fields(entry);
      const inside = parseArtifactPath(folder === '' ? textOf(name) : `${folder}/${textOf(name)}`);
      if (isFolder === true) folders.push(inside);
      else files.push({ path: inside, sizeBytes: Number(size ?? 0), sha256: null });
      bound(files, what);
    }
  }
  if (files.length === 0) throw notFound(`There are no files of ${what}.`);
  return { what, files, open: (file) => door.download(`${root}/${file}`) };
}

function bound(files: readonly SourceFile[], what: string): void {
  if (files.length > MAX_FILES) throw invalidArgument(`There are more than ${MAX_FILES} files in ${what}.`);
}

interface Door {
  get(route: string, query: Readonly<Record<string, string>>): Promise<Fields>;
  post(route: string, body: object): Promise<Fields>;
  /** A file by its path in the artifact proxy. */
  download(file: string): Promise<Readable>;
}

type Fields = Readonly<Record<string, unknown>>;

function openDoor({ url, authorization }: TrackingServer, signal: AbortSignal): Door {
  async function reach(route: string, init: RequestInit, withinMs: number): Promise<Response> {
    if (url === undefined)
      throw invalidArgument(
        'No server is named: give its address by --url, or set MLFLOW_TRACKING_URI to http://host:port.',
        { field: 'url' },
      );
    try {
      return await fetch(`${url}/api/2.0/${route}`, {
        ...init,
        // Credentials must not follow to wherever a server might send them.
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
        headers: {
          'content-type': 'application/json',
          ...(authorization !== undefined && { authorization }),
        },
      });
    } catch (cause) {
      signal.throwIfAborted();
      throw unavailable(`No server answers at ${url}: check --url, and that it runs.`, { cause });
    }
  }

  async function ask(route: string, init: RequestInit): Promise<Fields> {
    const response = await reach(route, init, CALL_MS);
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return fields(answer);
    throw refusal(response.status, fields(answer).message);
  }

  return {
    get: (route, query) => ask(`${route}?${new URLSearchParams(query)}`, { method: 'GET' }),
    post: (route, body) => ask(route, { method: 'POST', body: JSON.stringify(body) }),
    async download(file) {
      const escaped = file.split('/').map(encodeURIComponent).join('/');
      const response = await reach(`mlflow-artifacts/artifacts/${escaped}`, { method: 'GET' }, FILE_MS);
      if (!response.ok || response.body === null) throw refusal(response.status, `no file ${file}`);
      return Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
    },
  };
}

function refusal(status: number, said: unknown): AppError {
  const message = typeof said === 'string' ? said : `the server answered with status ${status}.`;
  if (status === 401)
    return new AppError('Unauthenticated', `${message} Give a token by --token or MLFLOW_TRACKING_TOKEN.`);
  if (status === 403) return new AppError('PermissionDenied', message);
  return status === 404 ? notFound(message) : invalidArgument(message);
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalidArgument(
    'The server answered in a form that is not known: is it a tracking server of MLflow?',
  );
}
