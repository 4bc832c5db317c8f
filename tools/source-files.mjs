import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

/**
 * The files that belong to the repository: known to git, or new and not ignored.
 * @param {string[]} folders below the root; all when none is named
 * @returns {string[]} paths from the root, with `/`
 */
export function repositoryFiles(...folders) {
  const listing = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...folders],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  // A file that was deleted and not yet committed is still known to git.
  return [...new Set(listing.split('\0'))].filter((file) => file && existsSync(path.join(root, file)));
}
