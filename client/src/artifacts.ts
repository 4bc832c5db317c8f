import { type ArtifactRoot, ArtifactRoots, encodePath } from './artifact-roots.ts';
import { watchReceiver, watchSource } from './byte-streams.ts';
import { invalidArgument } from './errors.ts';
import { readFlag, readList, readOptionalNumber, readOptionalText, readText } from './fields.ts';
import { type Attempt, type CallOptions, type Http, type HttpRequest, timedOut } from './http.ts';
import { sendingTimeMs, uploadInParts } from './multipart-upload.ts';
import { Paged } from './paged.ts';

/** Bytes of a file. In browsers a stream works over HTTP/2 only: a `Blob` or `File` works everywhere. */
export type ArtifactBody = Blob | Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array<ArrayBuffer>>;

export interface ArtifactEntry {
  /** Relative to the root that was listed. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Undefined for folders. */
  readonly sizeBytes: number | undefined;
}

export interface ArtifactListing extends CallOptions {
  /** A folder below the root; the root without it. */
  readonly path?: string | undefined;
  /** Up to 1000, which is also the default. */
  readonly pageSize?: number | undefined;
}

export interface UploadOptions extends CallOptions {
  /** SHA-256 of the bytes in hex: the server refuses others. */
  readonly sha256?: string | undefined;
  /** Replaces only the file with this ETag; `*` any that is there. */
  readonly ifMatch?: string | undefined;
  /** `*` replaces nothing: PRECONDITION… as RESOURCE_CONFLICT, status 412, where there is a file already. */
  readonly ifNoneMatch?: string | undefined;
  /** From which size on a file goes to the object store directly, where the server offers it; 500 MiB without it. */
  readonly multipartFromBytes?: number | undefined;
  /** Of such an upload; 10 MiB without it, at least 5 MiB on S3. */
  readonly partSizeBytes?: number | undefined;
}

export interface DownloadOptions extends CallOptions {
  /** `{ start, end }` includes both ends, `{ last }` is so many bytes from the end. */
  readonly range?:
    | { readonly start: number; readonly end?: number | undefined }
    | { readonly last: number }
    | undefined;
  /** Answers status 304 and no body where the file still has this ETag. */
  readonly ifNoneMatch?: string | undefined;
}

const PATH = 'api/2.0/mlflow-artifacts/artifacts';
const MEBIBYTE = 1024 * 1024;

/**
 * Files of runs, logged models and model versions: `client.artifacts`. Bytes go through the server, in streams.
 *
 * @example
 * ```ts
 * await client.artifacts.upload({ runId }, 'reports/summary.json', JSON.stringify({ accuracy: 0.97 }));
 * for await (const { path, sizeBytes } of client.artifacts.list({ runId }, { path: 'reports' })) {
 *   console.log(path, sizeBytes);
 * }
 * const summary = await client.artifacts.text({ runId }, 'reports/summary.json');
 * ```
 */
export class Artifacts {
  readonly #http: Http;
  readonly #roots: ArtifactRoots;

  constructor(http: Http) {
    this.#http = http;
    this.#roots = new ArtifactRoots(http);
  }

  /** What lies in a folder, not in folders of it; nothing for a folder that is not there. */
  list(
    root: ArtifactRoot,
    { path, pageSize = 1000, ...options }: ArtifactListing = {},
  ): Paged<ArtifactEntry> {
    return new Paged(async (pageToken) => {
      const folder = decodeURIComponent(await this.#place(root, path, options));
      const query = {
        path: folder === '' ? undefined : folder,
        max_results: pageSize,
        page_token: pageToken,
      };
      const answer = await this.#http.get(PATH, query, options);
      return {
        items: readList(answer, 'files', (file) => {
          const name = readText(file, 'path');
          return {
            path: path === undefined ? name : `${path}/${name}`,
            isFolder: readFlag(file, 'is_dir'),
            sizeBytes: readOptionalNumber(file, 'file_size'),
          };
        }),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  /**
   * Stores a file, in place of the one that is there. `timeoutMs` counts besides the time that 100 kB/s take; for a stream,
   * whose size nobody knows, it is how long the server may take nothing. Only a stream is not sent again after a failure.
   * @returns the ETag, where the server tells it. @throws SlipwayError
   */
  async upload(
    root: ArtifactRoot,
    path: string,
    body: ArtifactBody,
    options: UploadOptions = {},
  ): Promise<{ readonly etag: string | undefined }> {
    const place = await this.#place(root, path, options);
    if (body instanceof ReadableStream) return this.#uploadStream(place, body, options);
    const blob = body instanceof Blob ? body : new Blob([body]);
    if (await this.#uploadDirectly(place, blob, options)) return { etag: undefined };
    const { signal, timeoutMs = this.#http.timeoutMs } = options;
    return this.#put(place, options, {
      body: blob,
      signal,
      timeoutMs: timeoutMs + sendingTimeMs(blob.size),
    });
  }

  /**
   * A file as the `Response` of fetch: `body` is its stream, `headers` tell `etag` and `content-length`. `timeoutMs` counts
   * until the answer begins, then for each silence. @throws SlipwayError RESOURCE_DOES_NOT_EXIST
   */
  async download(root: ArtifactRoot, path: string, options: DownloadOptions = {}): Promise<Response> {
    const request = await this.#downloadRequest(root, path, options);
    return this.#http.send(request, async (response, attempt) => this.#watched(response, attempt, request));
  }

  /** A whole file, or a range of it; sent for again when the connection breaks. `timeoutMs` counts as for `download`. */
  async bytes(
    root: ArtifactRoot,
    path: string,
    options: DownloadOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const request = await this.#downloadRequest(root, path, options);
    return this.#http.send(request, async (response, attempt) => {
      const buffer = await this.#watched(response, attempt, request).arrayBuffer();
      return new Uint8Array(buffer);
    });
  }

  /** A file of UTF-8 text. */
  async text(root: ArtifactRoot, path: string, options: DownloadOptions = {}): Promise<string> {
    return new TextDecoder().decode(await this.bytes(root, path, options));
  }

  /** Removes a file, or a folder with all that is in it. */
  async delete(root: ArtifactRoot, path: string, options: CallOptions = {}): Promise<void> {
    if (path === '') throw invalidArgument('Name what is to be deleted: a file or a folder below the root.');
    const place = await this.#place(root, path, options);
    await this.#http.send({ ...options, method: 'DELETE', path: `${PATH}/${place}` }, drained);
  }

  /** The answer, whose body may take as long as it likes but not be silent for long. */
  #watched(response: Response, attempt: Attempt, { path, timeoutMs }: HttpRequest): Response {
    attempt.stopClock();
    const stallMs = timeoutMs ?? this.#http.timeoutMs;
    const { body, status, statusText, headers } = response;
    if (body === null || status === 304 || stallMs === Number.POSITIVE_INFINITY) return response;
    const onStall = () => attempt.abandon(timedOut(`GET /${path}`, stallMs));
    return new Response(watchSource(body, { stallMs, onStall }), { status, statusText, headers });
  }

  /** The place of a path below the server's artifact routes, percent-encoded. */
  async #place(root: ArtifactRoot, path: string | undefined, options: CallOptions): Promise<string> {
    const below = path === undefined ? [] : [encodePath(path)];
    const folder = await this.#roots.folderOf(root, options);
    return [...(folder === '' ? [] : [folder]), ...below].join('/');
  }

  async #uploadDirectly(place: string, blob: Blob, options: UploadOptions): Promise<boolean> {
    const { multipartFromBytes = 500 * MEBIBYTE, partSizeBytes = 10 * MEBIBYTE, signal, timeoutMs } = options;
    // The store knows neither our checksum nor our conditions.
    const { sha256, ifMatch, ifNoneMatch } = options;
    const hasConditions = sha256 !== undefined || ifMatch !== undefined || ifNoneMatch !== undefined;
    if (blob.size < multipartFromBytes || hasConditions) return false;
    const call = { signal, timeoutMs };
    const server = await this.#http.get('api/3.0/mlflow/server-info', {}, call);
    if (!readFlag(server, 'multipart_uploads_enabled')) return false;
    return uploadInParts(this.#http, { path: place, blob, partSizeBytes, options: call });
  }

  async #uploadStream(
    place: string,
    source: ReadableStream<Uint8Array<ArrayBuffer>>,
    options: UploadOptions,
  ): Promise<{ readonly etag: string | undefined }> {
    const { signal, timeoutMs: stallMs = this.#http.timeoutMs } = options;
    const stalled = new AbortController();
    const onStall = () => stalled.abort(timedOut(`PUT /${PATH}/${place}`, stallMs));
    const { stream, stop } = watchReceiver(source, { stallMs, onStall });
    const signals = signal === undefined ? [stalled.signal] : [signal, stalled.signal];
    try {
      return await this.#put(place, options, {
        body: stream,
        resend: 'never',
        signal: AbortSignal.any(signals),
        timeoutMs: Number.POSITIVE_INFINITY,
      });
    } finally {
      stop();
    }
  }

  #put(
    place: string,
    { sha256, ifMatch, ifNoneMatch }: UploadOptions,
    request: Pick<HttpRequest, 'body' | 'resend' | 'signal' | 'timeoutMs'>,
  ): Promise<{ readonly etag: string | undefined }> {
    const headers = {
      'content-type': 'application/octet-stream',
      ...(sha256 !== undefined && { 'x-checksum-sha256': sha256 }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
    };
    return this.#http.send(
      { ...request, method: 'PUT', path: `${PATH}/${place}`, headers },
      async (response) => {
        await drained(response);
        return { etag: response.headers.get('etag') ?? undefined };
      },
    );
  }

  async #downloadRequest(
    root: ArtifactRoot,
    path: string,
    { range, ifNoneMatch, ...options }: DownloadOptions,
  ): Promise<HttpRequest> {
    const headers = {
      ...(range !== undefined && { range: renderRange(range) }),
      ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
    };
    const place = await this.#place(root, path, options);
    return { ...options, method: 'GET', path: `${PATH}/${place}`, headers, expected: [304] };
  }
}

/** Reads what is left of an answer, so that its connection can serve the next request. */
async function drained(response: Response): Promise<void> {
  await response.arrayBuffer();
}

function renderRange(range: NonNullable<DownloadOptions['range']>): string {
  if ('last' in range) return `bytes=-${range.last}`;
  return `bytes=${range.start}-${range.end ?? ''}`;
}
