import { AppError, invalidArgument } from '../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../objects/artifact-path.ts';
import { artifactOfDbfs } from './dbfs-paths.ts';

export interface VolumeName {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
}

/** A version of a model by its three names. */
export interface VersionName {
  readonly catalog: string;
  readonly schema: string;
  readonly model: string;
  readonly version: number;
}

/** What a path of the Files API or of DBFS means. It is read once; nothing after looks at the text again. */
export type FilePlace =
  | { readonly kind: 'artifact'; readonly path: ArtifactPath | '' }
  | { readonly kind: 'volume'; readonly volume: VolumeName; readonly path: ArtifactPath | '' }
  | { readonly kind: 'model'; readonly version: VersionName; readonly path: ArtifactPath | '' };

/**
 * Reads a path of the Files API, decoded once: `/Volumes/…`, `/Models/…`, `/WorkspaceInternal/Mlflow/Artifacts/…`.
 * @throws AppError InvalidArgument for other paths and for all that may leave the named place; NotFound for a path above
 * a volume or a version, where there are no files.
 */
export function parseFilesPath(text: string): FilePlace {
  const parts = partsOf(text);
  switch (parts[0]) {
    case 'Volumes':
      return parseVolumePath(parts, text);
    case 'Models':
      return parseModelPath(parts, text);
    case 'WorkspaceInternal':
      return parseTrackingPath(parts, text);
  }
  throw invalidArgument(
    `Invalid path '${shown(text)}': the Files API has /Volumes/<catalog>/<schema>/<volume>/… and /Models/<catalog>/<schema>/<model>/<version>/….`,
    { field: 'path' },
  );
}

/** Reads a path of DBFS, with or without `dbfs:`. @throws AppError InvalidArgument, NotFound */
export function parseDbfsPath(text: string): FilePlace {
  const plain = text.replace(/^dbfs:(?=\/)/i, '');
  if (!plain.startsWith('/')) {
    throw invalidArgument(`Invalid path '${shown(text)}': it must be absolute.`, { field: 'path' });
  }
  const path = plain.slice(1).replace(/\/$/, '');
  if (path !== '') parseArtifactPath(path);
  if (path === 'Volumes' || path.startsWith('Volumes/')) return parseVolumePath(partsOf(plain), text);
  const artifact = artifactOfDbfs(path);
  if (artifact === undefined) {
    throw invalidArgument(`Invalid path '${shown(text)}': it has an empty part.`, { field: 'path' });
  }
  return { kind: 'artifact', path: artifact === '' ? '' : parseArtifactPath(artifact) };
}

/** As the Files API names it. */
export function renderFilesPath(place: FilePlace): string {
  const below = place.path === '' ? '' : `/${place.path}`;
  switch (place.kind) {
    case 'volume': {
      const { catalog, schema, name } = place.volume;
      return `/Volumes/${catalog}/${schema}/${name}${below}`;
    }
    case 'model': {
      const { catalog, schema, model, version } = place.version;
      return `/Models/${catalog}/${schema}/${model}/${version}${below}`;
    }
    case 'artifact': {
      const [experiment, second, ...rest] = place.path.split('/');
      return second === 'models'
        ? ['', ...TRACKING, experiment, 'LoggedModels', ...rest].join('/')
        : ['', ...TRACKING, experiment, 'Runs', second, ...rest].join('/');
    }
  }
}

const TRACKING = ['WorkspaceInternal', 'Mlflow', 'Artifacts'] as const;

function partsOf(text: string): string[] {
  // Clients end the path of a folder with a slash, and some begin a path without one.
  const path = text.replace(/^\//, '').replace(/\/$/, '');
  return parseArtifactPath(path).split('/');
}

function parseVolumePath([, catalog, schema, name, ...rest]: readonly string[], text: string): FilePlace {
  if (catalog === undefined || schema === undefined || name === undefined) throw noSuchFile(text);
  return { kind: 'volume', volume: { catalog, schema, name }, path: joined(rest) };
}

function parseModelPath(
  [, catalog, schema, model, number, ...rest]: readonly string[],
  text: string,
): FilePlace {
  if (catalog === undefined || schema === undefined || model === undefined || number === undefined) {
    throw noSuchFile(text);
  }
  const version = /^[1-9]\d{0,14}$/.test(number) ? Number(number) : undefined;
  if (version === undefined) {
    throw invalidArgument(`Invalid path '${shown(text)}': '${shown(number)}' is no number of a version.`, {
      field: 'path',
    });
  }
  return { kind: 'model', version: { catalog, schema, model, version }, path: joined(rest) };
}

/** `/WorkspaceInternal/Mlflow/Artifacts/<experiment>/(Runs|LoggedModels)/<id>/…`, which the clients make of locations. */
function parseTrackingPath(parts: readonly string[], text: string): FilePlace {
  const [, mlflow, artifacts, experiment = '', kind, id, ...rest] = parts;
  const isTracking =
    mlflow === TRACKING[1] &&
    artifacts === TRACKING[2] &&
    /^\d+$/.test(experiment) &&
    (kind === 'Runs' || kind === 'LoggedModels');
  if (!isTracking || id === undefined) throw noSuchFile(text);
  // What is shown as a run is none of these.
  if (kind === 'Runs' && id === 'models') throw noSuchFile(text);
  const path = [experiment, ...(kind === 'LoggedModels' ? ['models'] : []), id, ...rest].join('/');
  return { kind: 'artifact', path: parseArtifactPath(path) };
}

const joined = (parts: readonly string[]): ArtifactPath | '' =>
  parts.length === 0 ? '' : parseArtifactPath(parts.join('/'));

/** The Files API's own word for what is not there, which clients look for. */
export const noSuchFile = (text: string): AppError =>
  new AppError('NotFound', `No such file or directory: '${shown(text)}'.`, { reason: 'NOT_FOUND' });

const shown = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
