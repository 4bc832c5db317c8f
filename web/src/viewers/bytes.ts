import { RequestError } from '../data/request-error.ts';
import { fetchSignedIn } from '../data/session.ts';

/** A file as viewers read it. */
export interface ShownFile {
  /** Answers ranges. */
  readonly url: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Bytes from `start` on, before `end`. @throws RequestError */
export async function readRange(
  file: ShownFile,
  range: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const end = Math.min(range.end, file.sizeBytes);
  // No range lies in an empty file.
  if (range.start >= end) return new Uint8Array(0);
  return fetchBytes(file, { range: `bytes=${range.start}-${end - 1}` }, signal);
}

/** @throws RequestError */
export async function readText(file: ShownFile, signal?: AbortSignal): Promise<string> {
  return new TextDecoder().decode(await readRange(file, { start: 0, end: file.sizeBytes }, signal));
}

async function fetchBytes(
  file: ShownFile,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetchSignedIn(file.url, { headers, ...(signal && { signal }) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestError('The server does not answer, so the file could not be read.', {
      code: 'UNREACHABLE',
    });
  }
  if (!response.ok) {
    throw new RequestError(`The file could not be read: the server answered ${response.status}.`, {
      code: 'UNREADABLE',
      status: response.status,
      requestId: response.headers.get('x-request-id') ?? undefined,
    });
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Whether bytes look like text: UTF-8 (perhaps cut within a character) without control characters. */
export function looksLikeText(bytes: Uint8Array): boolean {
  if (bytes.some(isControl)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** All but tab, line ends, form feed and escape, which colours logs. */
const isControl = (byte: number): boolean => byte < 9 || (byte > 13 && byte < 32 && byte !== 27);
