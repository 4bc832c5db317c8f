import { crc32 } from 'node:zlib';
import { AppError } from '../kernel/errors.ts';

/** A file to pack: what it is called in the archive, how long it is, and its bytes. */
export interface ZipEntry {
  readonly name: string;
  readonly sizeBytes: number;
  read(): Promise<AsyncIterable<Uint8Array>>;
}

const MOST_32 = 0xffffffff;
const MOST_16 = 0xffff;
/** Sizes and checksum follow the bytes (bit 3); names are UTF-8 (bit 11). */
const FLAGS = 0x0808;
const VERSION = 45;

/** How many bytes `zip` gives for these entries. */
export function zipLength(entries: readonly Pick<ZipEntry, 'name' | 'sizeBytes'>[]): number {
  let offset = 0;
  let directory = 0;
  for (const { name, sizeBytes } of entries) {
    directory += centralHeader({ name: Buffer.from(name), sizeBytes, offset, crc: 0, stamp: 0 }).length;
    offset += localHeader(Buffer.from(name), sizeBytes, 0).length + sizeBytes;
    offset += descriptor(0, sizeBytes).length;
  }
  return offset + directory + end({ count: entries.length, offset, size: directory }).length;
}

/**
 * An archive of files, as a stream, in the order given. Nothing is compressed: artifacts mostly are already, and so the
 * length is known before the first byte. Archives and files beyond 4 GiB are in the form of ZIP64 (APPNOTE 6.3.10).
 *
 * @throws AppError Conflict where a file has another length by now, and whatever reading throws.
 */
export async function* zip(
  entries: readonly ZipEntry[],
  timeMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stamp = dosTime(timeMs);
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const header = localHeader(name, entry.sizeBytes, stamp);
    yield header;
    let crc = 0;
    let length = 0;
    for await (const chunk of await entry.read()) {
      crc = crc32(chunk, crc);
      length += chunk.length;
      yield chunk;
    }
    if (length !== entry.sizeBytes) {
      throw new AppError('Conflict', `'${entry.name}' was replaced while it was packed: try again.`);
    }
    const trailer = descriptor(crc, length);
    yield trailer;
    directory.push(centralHeader({ name, sizeBytes: length, offset, crc, stamp }));
    offset += header.length + length + trailer.length;
  }
  const size = directory.reduce((sum, header) => sum + header.length, 0);
  yield* directory;
  yield end({ count: directory.length, offset, size });
}

function localHeader(name: Buffer, sizeBytes: number, stamp: number): Buffer {
  const isLong = sizeBytes >= MOST_32;
  const extra = isLong ? zip64Extra([0, 0]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt32LE(stamp, 10);
  header.writeUInt32LE(isLong ? MOST_32 : 0, 18);
  header.writeUInt32LE(isLong ? MOST_32 : 0, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

function descriptor(crc: number, sizeBytes: number): Buffer {
  const isLong = sizeBytes >= MOST_32;
  const buffer = Buffer.alloc(isLong ? 24 : 16);
  buffer.writeUInt32LE(0x08074b50, 0);
  buffer.writeUInt32LE(crc, 4);
  if (isLong) {
    buffer.writeBigUInt64LE(BigInt(sizeBytes), 8);
    buffer.writeBigUInt64LE(BigInt(sizeBytes), 16);
  } else {
    buffer.writeUInt32LE(sizeBytes, 8);
    buffer.writeUInt32LE(sizeBytes, 12);
  }
  return buffer;
}

interface Packed {
  readonly name: Buffer;
  readonly sizeBytes: number;
  readonly offset: number;
  readonly crc: number;
  readonly stamp: number;
}

function centralHeader({ name, sizeBytes, offset, crc, stamp }: Packed): Buffer {
  const isLong = sizeBytes >= MOST_32;
  const isFar = offset >= MOST_32;
  const long = [...(isLong ? [sizeBytes, sizeBytes] : []), ...(isFar ? [offset] : [])];
  const extra = long.length > 0 ? zip64Extra(long) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt32LE(stamp, 12);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(isLong ? MOST_32 : sizeBytes, 20);
  header.writeUInt32LE(isLong ? MOST_32 : sizeBytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(isFar ? MOST_32 : offset, 42);
  return Buffer.concat([header, name, extra]);
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return extra;
}

interface Directory {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
}

function end({ count, offset, size }: Directory): Buffer {
  const tail = Buffer.alloc(22);
  tail.writeUInt32LE(0x06054b50, 0);
  tail.writeUInt16LE(Math.min(count, MOST_16), 8);
  tail.writeUInt16LE(Math.min(count, MOST_16), 10);
  tail.writeUInt32LE(Math.min(size, MOST_32), 12);
  tail.writeUInt32LE(Math.min(offset, MOST_32), 16);
  if (count < MOST_16 && offset < MOST_32 && size < MOST_32) return tail;
  const long = Buffer.alloc(56 + 20);
  long.writeUInt32LE(0x06064b50, 0);
  long.writeBigUInt64LE(44n, 4);
  long.writeUInt16LE(VERSION, 12);
  long.writeUInt16LE(VERSION, 14);
  long.writeBigUInt64LE(BigInt(count), 24);
  long.writeBigUInt64LE(BigInt(count), 32);
  long.writeBigUInt64LE(BigInt(size), 40);
  long.writeBigUInt64LE(BigInt(offset), 48);
  long.writeUInt32LE(0x07064b50, 56);
  long.writeBigUInt64LE(BigInt(offset + size), 64);
  long.writeUInt32LE(1, 72);
  return Buffer.concat([long, tail]);
}

/** Date and time as MS-DOS had them, in UTC; the time in the lower half. */
function dosTime(timeMs: number): number {
  const time = new Date(timeMs);
  const clock =
    (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | Math.floor(time.getUTCSeconds() / 2);
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  return ((date << 16) | clock) >>> 0;
}
