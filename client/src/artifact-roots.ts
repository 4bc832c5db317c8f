import { invalidArgument, SlipwayError } from './errors.ts';
import { readObject, readText } from './fields.ts';
import type { CallOptions, Http } from './http.ts';

/**
 * What artifacts belong to: a run, a logged model, a version of a registered model, or a place as the server calls it. A
 * `Run`, an `ActiveRun` and a `LoggedModel` are roots themselves, and save the request that looks up their place.
 */
export type ArtifactRoot =
  | { readonly artifactUri: string }
  | { readonly runId: string }
  | { readonly modelId: string }
  | { readonly modelName: string; readonly version: string };

const MAX_REMEMBERED = 200;

/** Finds where the artifacts of a root are; places never change, so those of the last roots are remembered. */
export class ArtifactRoots {
  readonly #http: Http;
  readonly #remembered = new Map<string, string>();

  constructor(http: Http) {
    this.#http = http;
  }

  /**
   * The folder below the server's artifact routes, its parts percent-encoded.
   * @throws SlipwayError NOT_IMPLEMENTED for artifacts that this server does not keep
   */
  async folderOf(root: ArtifactRoot, options: CallOptions): Promise<string> {
    const uri = 'artifactUri' in root ? root.artifactUri : await this.#lookUp(root, options);
    // The scheme, perhaps the name of a host, and the path.
    const match = /^mlflow-artifacts:(?:\/\/[^/]*)?\/?(.*)$/s.exec(uri);
    if (match === null) {
      throw new SlipwayError(
        `The artifacts lie at ${uri}, which the server does not serve: read and write them there, with credentials of your own.`,
        { errorCode: 'NOT_IMPLEMENTED' },
      );
    }
    return match[1] === '' ? '' : encodePath(decoded(match[1]!).replace(/\/$/, ''));
  }

  async #lookUp(
    root: Exclude<ArtifactRoot, { readonly artifactUri: string }>,
    options: CallOptions,
  ): Promise<string> {
    const key = JSON.stringify(root);
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const uri = await this.#ask(root, options);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(key, uri);
    return uri;
  }

  async #ask(
    root: Exclude<ArtifactRoot, { readonly artifactUri: string }>,
    options: CallOptions,
  ): Promise<string> {
    const { signal, timeoutMs } = options;
    const call = { signal, timeoutMs };
    if ('runId' in root) {
      const answer = await this.#http.get('api/2.0/mlflow/runs/get', { run_id: root.runId }, call);
      return readText(readObject(readObject(answer, 'run'), 'info'), 'artifact_uri');
    }
    if ('modelId' in root) {
      const path = `api/2.0/mlflow/logged-models/${encodeURIComponent(root.modelId)}`;
      const answer = await this.#http.get(path, {}, call);
      return readText(readObject(readObject(answer, 'model'), 'info'), 'artifact_uri');
    }
    const query = { name: root.modelName, version: root.version };
    const answer = await this.#http.get('api/2.0/mlflow/model-versions/get-download-uri', query, call);
    return readText(answer, 'artifact_uri');
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A `%` that begins no escape stands for itself.
    return path;
  }
}

/**
 * A path of artifacts as a part of a URL.
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a path whose parts a URL would not keep
 */
export function encodePath(path: string): string {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw invalidArgument(
      `Invalid path '${path}': it is relative to its root, its parts are names and neither empty nor . nor ..`,
    );
  }
  return parts.map(encodeURIComponent).join('/');
}
