import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

const READ_BYTES = 1024 * 1024;
const WRITE_BYTES = 1024 * 1024;

/** Bytes to the disk, hashed on the way, synced, and only then under their name. */
export async function receiveFile(request: IncomingMessage, folder: string, name: string): Promise<string> {
  const target = path.join(folder, name);
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  await mkdir(path.dirname(target), { recursive: true });
  const file = await open(draft, 'w');
  const hash = createHash('sha256');
  let written: Promise<unknown> = Promise.resolve();
  let pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      pieces.push(piece);
      size += piece.length;
      if (size < WRITE_BYTES) continue;
      // One write is under way while the next is collected and hashed.
      for (const part of pieces) hash.update(part);
      await written;
      written = file.writev(pieces);
      written.catch(() => undefined);
      pieces = [];
      size = 0;
    }
    for (const part of pieces) hash.update(part);
    await written;
    if (size > 0) await file.writev(pieces);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, target);
  const directory = await open(path.dirname(target));
  await directory.sync();
  await directory.close();
  return hash.digest('hex');
}

export async function sendFile(response: ServerResponse, folder: string, name: string): Promise<void> {
  const file = path.join(folder, name);
  const { size } = await stat(file);
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': size });
  await pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), response);
}
