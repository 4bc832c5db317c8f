import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ModelFiles } from '../port.ts';
import type { Slot } from './slot.ts';

const PIECE_BYTES = 4 * 2 ** 20;
const PIECE_MS = 120_000;

interface FileFacts {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Brings a model to the node of a slot, if that has no copy; each file is held to its digest there. */
export async function uploadModel(
  slot: Slot,
  { folder, digest }: ModelFiles,
  signal: AbortSignal,
): Promise<void> {
  const query = { digest };
  const { found } = await slot.json('find', { query });
  if (found === true) return;
  const files = await filesOf(folder);
  await slot.json('begin', { query, message: files });
  for (const [index, file] of files.entries()) {
    const handle = await open(path.join(folder, file.path));
    try {
      for (let offset = 0; offset < file.sizeBytes; offset += PIECE_BYTES) {
        signal.throwIfAborted();
        const piece = Buffer.alloc(Math.min(PIECE_BYTES, file.sizeBytes - offset));
        await handle.read(piece, 0, piece.length, offset);
        await slot.json('write', { query: { ...query, index, offset }, body: piece, timeoutMs: PIECE_MS });
      }
    } finally {
      await handle.close();
    }
  }
  await slot.json('complete', { query, message: {}, timeoutMs: PIECE_MS });
}

async function filesOf(folder: string): Promise<FileFacts[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const hash = createHash('sha256');
      let sizeBytes = 0;
      for await (const piece of createReadStream(file)) {
        hash.update(piece as Buffer);
        sizeBytes += (piece as Buffer).length;
      }
      const relative = path.relative(folder, file).split(path.sep).join('/');
      return { path: relative, sizeBytes, sha256: hash.digest('hex') };
    }),
  );
}
