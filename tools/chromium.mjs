// The Chromium that tests and benchmarks drive, from the packages of the machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Flags for a browser that nobody looks at: no sandbox (root in a container), no traffic of its own. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of a Chromium, or undefined where the machine has none; SLIPWAY_CHROMIUM names one that is elsewhere. */
export function findChromium() {
  const named = process.env.SLIPWAY_CHROMIUM;
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(existsSync);
}

/**
 * Like `findChromium`, but installs Debian's package first where that is possible (root, apt-get).
 * @returns {string | undefined}
 */
export function ensureChromium() {
  const found = findChromium();
  if (found || process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return found;
  process.stderr.write('Installing Chromium for the tests (apt-get) …\n');
  const apt = (/** @type {string[]} */ ...args) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  // Names with emoji are among what tests look at.
  const packages = ['chromium', 'fonts-noto-color-emoji'];
  const install = () => apt('install', '--yes', '--quiet', '--no-install-recommends', ...packages);
  // Package lists may be missing or old; fetching them takes longer than trying.
  if (install().status !== 0) {
    apt('update', '--quiet');
    install();
  }
  return findChromium();
}
