import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { randomHexId } from '../kernel/ids.ts';
import type { FilePath, NamedFiles } from '../objects/named-files.ts';

/** Files of tables where programs on this machine can read them. */
export interface FileCache {
  /**
   * Where a file lies on this machine, fetched if it must be; it stays there until `release`. Files are never changed
   * under their names, so one that is here is right.
   * @throws AppError NotFound, Unavailable
   */
  hold(file: FilePath): Promise<HeldFile>;
}

export interface HeldFile {
  readonly place: string;
  release(): void;
}

interface Entry {
  readonly place: string;
  readonly fetched: Promise<number>;
  sizeBytes: number;
  holders: number;
}

const DEFAULT_BYTES = 2 * 2 ** 30;

/** @param folder of this process alone; emptied first */
export async function openFileCache({
  files,
  folder,
  maxBytes = DEFAULT_BYTES,
}: {
  readonly files: NamedFiles;
  readonly folder: string;
  /** What files may take that nobody holds. */
  readonly maxBytes?: number;
}): Promise<FileCache> {
  // In the order in which they were wanted last.
  const entries = new Map<FilePath, Entry>();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder))
    await rm(path.join(folder, name), { recursive: true, force: true });

  async function fetch(file: FilePath, place: string): Promise<number> {
    const draft = `${place}.${randomHexId()}`;
    try {
      const { stream } = await files.get(file);
      await pipeline(stream, createWriteStream(draft, { mode: 0o600 }));
      await rename(draft, place);
      return (await stat(place)).size;
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  function makeRoom(): void {
    let total = 0;
    for (const { sizeBytes } of entries.values()) total += sizeBytes;
    for (const [file, entry] of entries) {
      if (total <= maxBytes) return;
      if (entry.holders > 0) continue;
      entries.delete(file);
      total -= entry.sizeBytes;
      // A reader that has it open reads on; what cannot be removed now goes at the next start.
      rm(entry.place, { force: true }).catch(() => undefined);
    }
  }

  return {
    async hold(file) {
      const local = files.localPath(file);
      if (local !== undefined) return { place: local, release: () => undefined };
      let entry = entries.get(file);
      if (entry === undefined) {
        const name = createHash('sha256').update(file).digest('hex');
        const place = path.join(folder, `${name}.${randomHexId()}`);
        entry = { place, fetched: fetch(file, place), sizeBytes: 0, holders: 0 };
      }
      entries.delete(file);
      entries.set(file, entry);
      entry.holders++;
      const held = entry;
      try {
        held.sizeBytes = await held.fetched;
      } catch (error) {
        entries.delete(file);
        throw error;
      }
      let released = false;
      return {
        place: held.place,
        release() {
          if (released) return;
          released = true;
          held.holders--;
          makeRoom();
        },
      };
    },
  };
}
