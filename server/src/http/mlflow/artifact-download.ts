import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FileFacts, Files } from '../../artifacts/files.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ArtifactPath } from '../../objects/artifact-path.ts';
import type { ByteRange } from '../../objects/port.ts';
import { fileHeaders, namesEtag, parseRange } from './artifact-headers.ts';

/** A reader that takes nothing for so long is gone, or means harm. */
const SILENCE_MS = 120_000;

/** Answers a file or the part of it that `Range` names, under the conditions of RFC 9110, section 13. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { files, path }: { readonly files: Files; readonly path: ArtifactPath },
): Promise<FastifyReply> {
  const { 'if-none-match': unless, 'if-match': only, 'if-range': ifRange, range: wanted } = request.headers;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isHead = request.method === 'HEAD';
  let range = parseRange(wanted);
  if (isHead || only !== undefined || unless !== undefined || ifRange !== undefined) {
    const facts = await files.stat(path);
    if (only !== undefined && !namesEtag(only, facts.etag)) {
      throw new AppError('PreconditionFailed', 'The artifact has other bytes by now than If-Match names.');
    }
    if (unless !== undefined && namesEtag(unless, facts.etag)) {
      return reply.headers(fileHeaders(name, facts.etag)).code(304).send();
    }
    if (isHead) {
      return reply.headers(fileHeaders(name, facts.etag)).header('content-length', facts.sizeBytes).send();
    }
    // A part of bytes that the reader does not have the rest of is no use.
    if (ifRange !== undefined && (Array.isArray(ifRange) || !namesEtag(ifRange, facts.etag)))
      range = undefined;
  }
  const { facts, read } = await open(reply, { files, path, range });
  reply.headers(fileHeaders(name, facts.etag)).header('content-length', read.lengthBytes);
  if (range !== undefined) {
    const last = read.start + read.lengthBytes - 1;
    reply.code(206).header('content-range', `bytes ${read.start}-${last}/${facts.sizeBytes}`);
  }
  reply.raw.setTimeout(SILENCE_MS);
  return reply.send(read.stream);
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
