import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError, invalidArgument } from '../../kernel/errors.ts';

/** Of a body, also of one that was compressed. */
const MAX_SCORING_BYTES = 64 * 2 ** 20;

const unzip = promisify(gunzip);

/**
 * The whole body of a scoring request, uncompressed.
 * @throws AppError PayloadTooLarge; InvalidArgument where it is no gzip though it says so, or ends too early
 */
export function readScoringBody(raw: IncomingMessage): Promise<Buffer> {
  const encoding = raw.headers['content-encoding']?.trim().toLowerCase();
  if (encoding === undefined || encoding === 'identity') return readWhole(raw);
  if (encoding === 'gzip') return readWhole(raw).then(uncompress);
  raw.resume();
  return Promise.reject(
    invalidArgument(`The body is encoded as '${encoding.slice(0, 50)}': send it as it is, or as gzip.`),
  );
}

/** Small bodies come in one piece: nothing is copied. */
function readWhole(raw: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let only: Buffer | undefined;
    let pieces: Buffer[] | undefined;
    let bytes = 0;
    raw.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > MAX_SCORING_BYTES) {
        // What is left is read away: a sender listens only when all is sent.
        pieces = undefined;
        reject(tooLarge());
        return;
      }
      if (only === undefined) only = piece;
      else {
        pieces ??= [only];
        pieces.push(piece);
      }
    });
    raw.once('end', () => resolve(pieces === undefined ? (only ?? NOTHING) : Buffer.concat(pieces)));
    raw.once('error', reject);
  });
}

const NOTHING = Buffer.alloc(0);

async function uncompress(body: Buffer): Promise<Buffer> {
  try {
    return await unzip(body, { maxOutputLength: MAX_SCORING_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw invalidArgument('The body is no gzip, though its Content-Encoding says so.', { cause: error });
  }
}

const tooLarge = () =>
  new AppError('PayloadTooLarge', `The request body is larger than ${MAX_SCORING_BYTES / 2 ** 20} MiB.`);
