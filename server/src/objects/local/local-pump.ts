import { read } from 'node:fs';
import { promisify } from 'node:util';
import { unavailable } from '../../kernel/errors.ts';
import type { ResolvedRange } from '../byte-range.ts';

const READ_BYTES = 512 * 1024;
const readDescriptor = promisify(read);

/**
 * Hands a file over piece by piece, reading one piece while the other is being written. Two buffers serve however large
 * the file is: memory that is new for every piece makes the collector of garbage run all the time.
 */
export async function pumpFile(
  descriptor: number,
  { start, lengthBytes }: ResolvedRange,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const size = Math.min(READ_BYTES, lengthBytes);
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)] as const;
  const end = start + lengthBytes;
  let writing: Promise<void> | undefined;
  let position = start;
  for (let turn: 0 | 1 = 0; position < end; turn = turn === 0 ? 1 : 0) {
    const buffer = buffers[turn];
    const { bytesRead } = await readDescriptor(
      descriptor,
      buffer,
      0,
      Math.min(size, end - position),
      position,
    );
    if (bytesRead === 0) throw unavailable('The file is shorter than it was when the read began.');
    await writing;
    writing = write(buffer.subarray(0, bytesRead));
    // Its failure is met at the next await; until then it must not count as unhandled.
    writing.catch(() => undefined);
    position += bytesRead;
  }
  await writing;
}
