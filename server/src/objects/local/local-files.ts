import { type BigIntStats, constants } from 'node:fs';
import { copyFile, type FileHandle, link, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError, alreadyExists, notFound, unavailable } from '../../kernel/errors.ts';
import { type BodyReaderOptions, createBodyReader } from '../body-reader.ts';
import type { ObjectBody, PutResult } from '../port.ts';

// Nobody else on the machine may swap the bytes of a model before it is loaded.
export const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const WRITE_BYTES = 1024 * 1024;
const PUBLISH_ATTEMPTS = 10;

/**
 * Writes a body to a new file and makes its bytes durable. On any error the file is gone again.
 *
 * While a batch is on its way to the disk the next is read and hashed; memory is two batches. Two writes at once would
 * be slower: the kernel lets one at a time into a file, and the other burns a core waiting.
 */
export async function writeFileDurably(
  file: string,
  body: ObjectBody,
  options: Omit<BodyReaderOptions, 'batchBytes'> & { readonly mode?: number },
): Promise<PutResult> {
  const reader = createBodyReader(body, { ...options, batchBytes: WRITE_BYTES });
  const handle = await onDisk(() => open(file, 'wx', options.mode ?? FILE_MODE));
  let writing: Promise<void> | undefined;
  try {
    let position = 0;
    for await (const batch of reader.batches()) {
      await writing;
      const at = position;
      writing = onDisk(() => writeAll(handle, batch.chunks, { position: at, sizeBytes: batch.sizeBytes }));
      // Its failure is met at a later await; until then it must not count as unhandled.
      writing.catch(() => undefined);
      position += batch.sizeBytes;
    }
    await writing;
    const stats = await onDisk(async () => {
      // The size counts among what fdatasync keeps; times and owner need not survive a crash.
      await handle.datasync();
      return handle.stat({ bigint: true });
    });
    await handle.close();
    return { ...factsOf(stats), sha256: reader.sha256() };
  } catch (error) {
    // Waits for the writes that still run.
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
    throw error;
  }
}

interface WriteTarget {
  readonly position: number;
  readonly sizeBytes: number;
}

async function writeAll(
  handle: FileHandle,
  chunks: readonly Uint8Array[],
  { position, sizeBytes }: WriteTarget,
): Promise<void> {
  let rest = chunks;
  for (let written = 0; written < sizeBytes; ) {
    const { bytesWritten } = await handle.writev(rest, position + written);
    written += bytesWritten;
    if (written < sizeBytes) rest = [Buffer.concat(rest).subarray(bytesWritten)];
  }
}

/** Joins files into a new one and makes it durable. @returns its size and ETag */
export async function joinFiles(
  parts: readonly string[],
  file: string,
): Promise<{ sizeBytes: number; etag: string }> {
  const handle = await open(file, 'wx', FILE_MODE);
  try {
    const buffer = Buffer.allocUnsafe(WRITE_BYTES);
    let position = 0;
    for (const part of parts) {
      const source = await open(part, 'r');
      try {
        for (;;) {
          const { bytesRead } = await source.read(buffer, 0, buffer.length, null);
          if (bytesRead === 0) break;
          await writeAll(handle, [buffer.subarray(0, bytesRead)], { position, sizeBytes: bytesRead });
          position += bytesRead;
        }
      } finally {
        await source.close();
      }
    }
    await handle.datasync();
    return factsOf(await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
}

/** Copies a file durably; file systems that can, share the blocks. */
export async function copyDurably(from: string, to: string): Promise<{ sizeBytes: number; etag: string }> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const handle = await open(to, 'r+');
  try {
    await handle.datasync();
    return factsOf(await handle.stat({ bigint: true }));
  } finally {
    await handle.close();
  }
}

export interface PublishOptions {
  /** The folder under which names are made durable. */
  readonly root: string;
  readonly ifAbsent: boolean;
  /** Of folders that are made. */
  readonly folderMode?: number;
}

/** Moves a finished file to its name, durably, and makes folders on the way. @throws AlreadyExists */
export async function publish(temporary: string, file: string, options: PublishOptions): Promise<void> {
  const folder = path.dirname(file);
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(folder, { recursive: true, mode: options.folderMode ?? FOLDER_MODE });
      await (options.ifAbsent ? moveIfAbsent(temporary, file) : rename(temporary, file));
      break;
    } catch (error) {
      // A delete next door may have removed a folder of ours while it was empty; Node's mkdir then says ENOTDIR, too.
      const isGone = codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
      if (!isGone || attempt === PUBLISH_ATTEMPTS) throw error;
    }
  }
  await Promise.all(foldersBetween(options.root, folder).map(syncFolder));
}

/** Unlike rename, link refuses a name that exists, and only one of many callers can win. */
async function moveIfAbsent(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw alreadyExists('The object exists already.', { cause: error });
    throw error;
  }
  await rm(temporary, { force: true });
}

/** Removes folders that became empty, up to but without the root. */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (const each of foldersBetween(root, folder)) {
    if (each === root) return;
    try {
      await rmdir(each);
    } catch (error) {
      // Not empty, or gone already: either way there is nothing left to tidy above.
      if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) return;
      throw error;
    }
  }
}

/** From the inner folder out to the root. */
function foldersBetween(root: string, folder: string): string[] {
  const folders = [folder];
  for (let each = folder; each !== root; ) {
    each = path.dirname(each);
    folders.push(each);
  }
  return folders;
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no such call for folders; NTFS keeps its names in a journal.
  if (process.platform === 'win32') return;
  let handle: FileHandle;
  try {
    handle = await open(folder, 'r');
  } catch (error) {
    // Emptied and removed by a delete since: then there is no name left to keep.
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rewritten object is another inode with another time, so its ETag differs also where the size does not. */
export function factsOf(stats: BigIntStats): { sizeBytes: number; etag: string } {
  const sizeBytes = Number(stats.size);
  return {
    sizeBytes,
    etag: `${stats.ino.toString(36)}-${stats.mtimeNs.toString(36)}-${sizeBytes.toString(36)}`,
  };
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Runs a call of the file system and says its errors in our words. */
export async function onDisk<T>(call: () => Promise<T>, absent = 'There is no such object.'): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw diskError(error, absent);
  }
}

function diskError(error: unknown, absent: string): unknown {
  if (error instanceof AppError) return error;
  const options = { cause: error };
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return notFound(absent, options);
    case 'ENOSPC':
    case 'EDQUOT':
      return unavailable('The disk of the artifact store is full. Free some space and try again.', options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return unavailable(
        'The server may not use its artifact folder. Check the rights of the folder.',
        options,
      );
    case 'EIO':
    case 'ESTALE':
    case 'EMFILE':
    case 'ENFILE':
      return unavailable('The artifact folder cannot be reached now. Try again later.', options);
    default:
      return error;
  }
}
