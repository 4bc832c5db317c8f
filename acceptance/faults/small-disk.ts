import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { freshHome } from './databases.ts';

/** A small disk of its own, which only root can mount. */
export function mountSmallDisk(sizeBytes: number): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = freshHome();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder]);
  if (mounted.status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

export function unmount(folder: string): void {
  spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
}
