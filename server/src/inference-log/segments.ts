import {
  closeSync,
  fdatasync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './journal-folder.ts';
import { encodeHeader, type SegmentHeader } from './record.ts';

const sync = promisify(fdatasync);
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** The table's folder, the process's and the journal. */
const NAMED_DEPTH = 3;
const OPEN = '.open';
const CLOSED = '.log';

/** A segment that is being written. All of it is synchronous: it happens within the turn whose answers wait for it. */
export interface OpenSegment {
  readonly number: number;
  readonly createdMs: number;
  /** Of what is whole. */
  readonly sizeBytes: number;
  /** Appends all of it or nothing. @throws what the file system says */
  write(bytes: Buffer): void;
  /** Whether so many bytes would fit on the disk now. */
  hasRoom(sizeBytes: number): boolean;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  /** Ends the segment: it can be handed over from here on. */
  finish(): Promise<void>;
}

const nameOf = (segment: number): string => String(segment).padStart(20, '0');

/** @param folder of one table in the journal of this process; made when missing. */
export function openSegment(folder: string, header: SegmentHeader): OpenSegment {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const file = path.join(folder, nameOf(header.segment));
  const descriptor = openSync(file + OPEN, 'wx', FILE_MODE);
  let size = 0;
  let syncing: Promise<void> = Promise.resolve();
  let isNamed = false;

  function write(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(descriptor, bytes, done, bytes.length - done, size + done);
    } catch (error) {
      // What is whole stays; a torn end would be passed over by readers, but not by the next write.
      ftruncateSync(descriptor, size);
      throw error;
    }
    size += bytes.length;
  }

  try {
    write(encodeHeader(header));
  } catch (error) {
    closeSync(descriptor);
    rmSync(file + OPEN, { force: true });
    throw error;
  }

  return {
    number: header.segment,
    createdMs: header.createdMs,
    get sizeBytes() {
      return size;
    },
    write,
    hasRoom(sizeBytes) {
      const before = size;
      try {
        write(Buffer.alloc(sizeBytes));
      } catch {
        return false;
      }
      size = before;
      ftruncateSync(descriptor, size);
      return true;
    },
    sync() {
      syncing = syncing.then(async () => {
        await sync(descriptor);
        if (isNamed) return;
        // The file's own name, and those of the folders that may be new.
        for (let each = folder, depth = 0; depth < NAMED_DEPTH; each = path.dirname(each), depth++)
          await syncFolder(each);
        isNamed = true;
      });
      return syncing;
    },
    async finish() {
      renameSync(file + OPEN, file + CLOSED);
      try {
        await syncing.catch(() => undefined);
        await sync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      await syncFolder(folder);
    },
  };
}

export interface ClosedSegment {
  readonly number: number;
  readonly file: string;
}

/** In their order. Of a process that is dead, what it was writing is closed first. */
export async function listSegments(
  folder: string,
  { ofDead }: { readonly ofDead: boolean },
): Promise<readonly ClosedSegment[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  const segments: ClosedSegment[] = [];
  for (const name of names.sort()) {
    const [, digits = '', suffix] = /^(\d{20})(\.open|\.log)$/.exec(name) ?? [];
    if (suffix === undefined || (suffix === OPEN && !ofDead)) continue;
    const file = path.join(folder, digits + CLOSED);
    // Another process may do the same at this moment.
    if (suffix === OPEN) await unlessGone(rename(path.join(folder, name), file));
    segments.push({ number: Number(digits), file });
  }
  return segments;
}

/** The first bytes of a file, as many as it has of them; undefined once it has been handed over and removed. */
export async function readBeginning(file: string, sizeBytes: number): Promise<Buffer | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(sizeBytes), 0, sizeBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Durable: a segment that came back after a power cut would be found to be handed over already, but only by a look. */
export async function removeSegment({ file }: ClosedSegment): Promise<void> {
  await rm(file, { force: true });
  await unlessGone(syncFolder(path.dirname(file)));
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no such call for folders; NTFS keeps its names in a journal.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlessGone(doing: Promise<void>): Promise<void> {
  try {
    await doing;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
