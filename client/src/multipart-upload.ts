import { SlipwayError } from './errors.ts';
import { readList, readNumber, readText, readTextMap, type Texts } from './fields.ts';
import type { CallOptions, Http } from './http.ts';

export interface MultipartUpload {
  /** The file below the server's artifact routes, percent-encoded. */
  readonly path: string;
  readonly blob: Blob;
  readonly partSizeBytes: number;
  readonly options: CallOptions;
}

interface SignedPart {
  readonly url: string;
  readonly partNumber: number;
  readonly headers: Texts;
}

const PATH = 'api/2.0/mlflow-artifacts/mpu';
const PARTS_AT_ONCE = 4;
/** As many as S3 takes. */
const MAX_PARTS = 10_000;

/**
 * Sends a large file to the object store directly, in parts, by addresses that the server signs; each part is retried by
 * itself. What was begun and failed is taken away.
 * @returns false where the server has no such store, and nothing was done
 */
export async function uploadInParts(http: Http, upload: MultipartUpload): Promise<boolean> {
  const { path, blob, options } = upload;
  const partSizeBytes = Math.max(upload.partSizeBytes, Math.ceil(blob.size / MAX_PARTS));
  const slash = path.lastIndexOf('/');
  const folder = path.slice(0, slash);
  const name = decodeURIComponent(path.slice(slash + 1));
  const message = { path: name, num_parts: Math.max(1, Math.ceil(blob.size / partSizeBytes)) };
  let started: Awaited<ReturnType<Http['post']>>;
  try {
    started = await http.post(`${PATH}/create/${folder}`, message, options);
  } catch (error) {
    if (error instanceof SlipwayError && error.errorCode === 'NOT_IMPLEMENTED') return false;
    throw error;
  }
  const uploadId = readText(started, 'upload_id');
  const parts = readList(
    started,
    'credentials',
    (part): SignedPart => ({
      url: readText(part, 'url'),
      partNumber: readNumber(part, 'part_number'),
      headers: readTextMap(part, 'headers'),
    }),
  );
  try {
    const etags = await sendParts(http, { parts, blob, partSizeBytes, options });
    const sent = parts.map(({ partNumber, url }) => ({
      part_number: partNumber,
      etag: etags.get(partNumber) ?? '',
      url,
    }));
    const done = { path: name, upload_id: uploadId, parts: sent };
    await http.post(`${PATH}/complete/${folder}`, done, options);
    return true;
  } catch (error) {
    // Not under the caller's signal: who gives an upload up wants its parts gone as well.
    await http
      .post(`${PATH}/abort/${folder}`, { path: name, upload_id: uploadId }, {})
      .catch(() => undefined);
    throw error;
  }
}

interface PartsToSend extends Pick<MultipartUpload, 'blob' | 'partSizeBytes' | 'options'> {
  readonly parts: readonly SignedPart[];
}

async function sendParts(
  http: Http,
  { parts, blob, partSizeBytes, options }: PartsToSend,
): Promise<ReadonlyMap<number, string>> {
  const etags = new Map<number, string>();
  const failed = new AbortController();
  const signals = [failed.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const waiting = [...parts];
  const sendNext = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const { url, headers, partNumber } = part;
      const from = (partNumber - 1) * partSizeBytes;
      const body = blob.slice(from, from + partSizeBytes);
      const etag = await http.send(
        {
          method: 'PUT',
          path: `part ${partNumber} of an upload`,
          signedUrl: url,
          headers,
          body,
          signal: AbortSignal.any(signals),
          timeoutMs: (options.timeoutMs ?? http.timeoutMs) + sendingTimeMs(body.size),
        },
        async (response) => {
          await response.arrayBuffer();
          return response.headers.get('etag') ?? '';
        },
      );
      etags.set(partNumber, etag);
    }
  };
  try {
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendNext));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
  return etags;
}

/** What a slow connection, 100 kB/s, takes for so many bytes. */
export const sendingTimeMs = (sizeBytes: number): number => sizeBytes / 100;
