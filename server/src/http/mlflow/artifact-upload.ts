import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FileFacts, Files, Precondition } from '../../artifacts/files.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import type { ArtifactPath } from '../../objects/artifact-path.ts';
import type { ObjectBody } from '../../objects/port.ts';
import { bodyOf } from '../request-body.ts';
import { namesEtag } from './artifact-headers.ts';

export interface ReceivedFile {
  readonly files: Files;
  readonly path: ArtifactPath;
  /** Beside what the headers ask. */
  readonly precondition?: Precondition | undefined;
  /** Judges the call when all is there, where the rule of the route does not. */
  readonly judgeAgain?: () => Promise<void>;
}

/**
 * Stores the body of a request as a file, as it streams in. Checked where the sender says them: the size
 * (`Content-Length`), checksums (`Content-MD5`, `X-Checksum-Sha256`, `Content-Digest`), and what may be there already
 * (`If-Match`, `If-None-Match`). An interrupted request leaves nothing.
 */
export async function receiveFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { files, path, precondition, judgeAgain }: ReceivedFile,
): Promise<FileFacts> {
  const { headers, raw } = request;
  const length = headers['content-length'];
  try {
    const body = bodyOf(request, judgeAgain);
    const stored = await files.put(path, checkedByMd5(body, headers), {
      expectedSizeBytes: length === undefined ? undefined : Number(length),
      expectedSha256: announcedSha256(headers),
      precondition: bothOf(precondition, preconditionOf(headers)),
    });
    reply.header('etag', `"${stored.etag}"`);
    return stored;
  } catch (error) {
    // What is left of the body is read away: a sender listens only when all is sent.
    raw.resume();
    throw error;
  }
}

function bothOf(one: Precondition | undefined, other: Precondition | undefined): Precondition | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return (current) => {
    one(current);
    other(current);
  };
}

function preconditionOf({
  'if-match': only,
  'if-none-match': unless,
}: IncomingHttpHeaders): Precondition | undefined {
  if (only === undefined && unless === undefined) return undefined;
  return (current) => {
    if (only !== undefined && !namesEtag(only, current?.etag)) {
      throw new AppError('PreconditionFailed', 'The artifact is not the one that If-Match names.');
    }
    if (unless !== undefined && namesEtag(unless, current?.etag)) {
      throw new AppError('PreconditionFailed', 'The artifact is there already.');
    }
  };
}

/** Hex, in lower case. @throws AppError InvalidArgument for what is no SHA-256 */
function announcedSha256(headers: IncomingHttpHeaders): string | undefined {
  const plain = headers['x-checksum-sha256'];
  if (plain !== undefined) {
    const hex = typeof plain === 'string' ? readDigest(plain, 32) : undefined;
    if (hex === undefined) {
      throw invalidArgument('X-Checksum-Sha256: expected 64 hex digits, or base64.', {
        field: 'X-Checksum-Sha256',
      });
    }
    return hex;
  }
  // RFC 9530: `sha-256=:base64:, sha-512=:base64:`
  const digest = headers['content-digest'];
  if (typeof digest !== 'string') return undefined;
  const [, base64] = /(?:^|,)\s*sha-256=:([^:]*):/.exec(digest) ?? [];
  if (base64 === undefined) return undefined;
  const hex = readDigest(base64, 32);
  if (hex === undefined)
    throw invalidArgument('Content-Digest: sha-256 is not base64.', { field: 'Content-Digest' });
  return hex;
}

function checkedByMd5(body: ObjectBody, headers: IncomingHttpHeaders): ObjectBody {
  const announced = headers['content-md5'];
  if (announced === undefined) return body;
  const expected = typeof announced === 'string' ? readDigest(announced, 16) : undefined;
  if (expected === undefined)
    throw invalidArgument('Content-MD5: expected base64.', { field: 'Content-MD5' });
  return hashed(body, expected);
}

/** The body, which fails at its end when its MD5 is another one. */
async function* hashed(body: ObjectBody, expected: string): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('md5');
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== expected) {
    throw invalidArgument(`The bytes that arrived have the MD5 ${found}: send the file again.`, {
      field: 'Content-MD5',
    });
  }
}

/** Hex or base64 of so many bytes, as hex in lower case. */
function readDigest(text: string, bytes: number): string | undefined {
  if (new RegExp(`^[0-9a-f]{${bytes * 2}}$`, 'i').test(text)) return text.toLowerCase();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes ? decoded.toString('hex') : undefined;
}
