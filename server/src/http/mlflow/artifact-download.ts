import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FileFacts, Files } from '../../artifacts/files.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ArtifactPath } from '../../objects/artifact-path.ts';
import type { ByteRange } from '../../objects/port.ts';
import { fileHeaders, isUnmodifiedSince, namesEtag, parseRange } from './artifact-headers.ts';

/** A reader that takes nothing for so long is gone, or means harm. */
const SILENCE_MS = 120_000;
/** What fits into few pieces goes as well as a stream. */
const PUMPED_BYTES = 1024 * 1024;

export interface SentFile {
  readonly files: Files;
  readonly path: ArtifactPath;
  /** What goes with the bytes; without it they go to be saved, never to be shown. */
  readonly headersOf?: (name: string, etag: string) => Record<string, string>;
}

/** Answers a file or the part of it that `Range` names, under the conditions of RFC 9110, section 13. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { files, path, headersOf = fileHeaders }: SentFile,
): Promise<FastifyReply> {
  const { 'if-none-match': unless, 'if-match': only, 'if-range': ifRange, range: wanted } = request.headers;
  const since = only === undefined ? request.headers['if-unmodified-since'] : undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isHead = request.method === 'HEAD';
  let range = parseRange(wanted);
  if (isHead || only !== undefined || unless !== undefined || ifRange !== undefined || since !== undefined) {
    const facts = await files.stat(path);
    reply.header('last-modified', new Date(facts.modifiedAtMs).toUTCString());
    if (since !== undefined && !isUnmodifiedSince(since, facts.modifiedAtMs)) {
      throw new AppError('PreconditionFailed', 'The artifact has been written again since.');
    }
    if (only !== undefined && !namesEtag(only, facts.etag)) {
      throw new AppError('PreconditionFailed', 'The artifact has other bytes by now than If-Match names.');
    }
    if (unless !== undefined && namesEtag(unless, facts.etag)) {
      return reply.headers(headersOf(name, facts.etag)).code(304).send();
    }
    if (isHead) {
      return reply.headers(headersOf(name, facts.etag)).header('content-length', facts.sizeBytes).send();
    }
    // A part of bytes that the reader does not have the rest of is no use.
    if (ifRange !== undefined && (Array.isArray(ifRange) || !namesEtag(ifRange, facts.etag)))
      range = undefined;
  }
  const { facts, read } = await open(reply, { files, path, range });
  reply.headers(headersOf(name, facts.etag)).header('content-length', read.lengthBytes);
  reply.header('last-modified', new Date(facts.modifiedAtMs).toUTCString());
  if (range !== undefined) {
    const last = read.start + read.lengthBytes - 1;
    reply.code(206).header('content-range', `bytes ${read.start}-${last}/${facts.sizeBytes}`);
  }
  reply.raw.setTimeout(SILENCE_MS);
  if (read.pump === undefined || read.lengthBytes < PUMPED_BYTES) return reply.send(read.stream);
  return pumpTo(reply, read.pump);
}

async function pumpTo(
  reply: FastifyReply,
  pump: (write: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<FastifyReply> {
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(reply.statusCode, reply.getHeaders() as OutgoingHttpHeaders);
  // A write whose connection has broken is never called back.
  let giveUp: ((error: Error) => void) | undefined;
  raw.once('close', () => giveUp?.(new Error('the reader left')));
  const write = (chunk: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      giveUp = reject;
      if (raw.closed || raw.destroyed) reject(new Error('the reader left'));
      else raw.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  try {
    await pump(write);
    raw.end();
  } catch (error) {
    // The head has left: all that can be said now is that the rest does not come.
    raw.destroy(error as Error);
  }
  return reply;
}

interface Opening {
  readonly files: Files;
  readonly path: ArtifactPath;
  readonly range: ByteRange | undefined;
}

async function open(reply: FastifyReply, { files, path, range }: Opening) {
  try {
    return await files.open(path, range);
  } catch (error) {
    if (error instanceof AppError && error.code === 'RangeNotSatisfiable') {
      const { sizeBytes }: FileFacts = await files.stat(path);
      reply.header('content-range', `bytes */${sizeBytes}`);
    }
    throw error;
  }
}
