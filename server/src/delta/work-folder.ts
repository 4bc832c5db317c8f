import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

/** Where files lie while they are made. What a process that died left in it goes with the folder. */
export interface WorkFolder {
  /** Gives `work` an empty folder, which is gone when it ends. */
  use<T>(work: (folder: string) => Promise<T>): Promise<T>;
}

export function createWorkFolder(root: string): WorkFolder {
  return {
    async use(work) {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const folder = await mkdtemp(path.join(root, 'work-'));
      try {
        return await work(folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
