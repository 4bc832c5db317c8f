import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { EnvironmentFailure } from './environments.ts';
import { runProgram } from './programs.ts';

/** The program that makes environments, found or installed. */
export interface Uv {
  /** What its arguments are appended to: a path, or `python3 -m uv`. */
  readonly command: readonly string[];
  /** `0.13.8`. */
  readonly version: string;
}

export interface UvPlaces {
  /** The executable that the administrator names; then no other is looked for. */
  readonly named: string | undefined;
  /** The variable PATH. */
  readonly searchPath: string;
  /** A Python that can make virtual environments, for installing uv where there is none. */
  readonly python: string;
  /** Where uv is installed then. */
  readonly folder: string;
  /** A requirements file with the version and its digests. */
  readonly pinned: string;
  /** Variables of the network, such as proxies and certificates. */
  readonly network: Readonly<Record<string, string>>;
}

const LOOK_MS = 20_000;
const INSTALL_MS = 10 * 60_000;

/**
 * The uv that is named; else the one that was installed here before; else one on the search path, or as a module of
 * the Python; else the pinned version is installed, held to its digests.
 * @throws EnvironmentFailure when there is none and none can be installed
 */
export async function findUv(
  places: UvPlaces,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<Uv> {
  if (places.named !== undefined) {
    const uv = await look([places.named], places, signal);
    if (uv === undefined)
      throw new EnvironmentFailure('InvalidArgument', `${places.named}, named in --uv, is not uv.`);
    return uv;
  }
  const installed = path.join(places.folder, 'bin', 'uv');
  if (existsSync(installed)) {
    const uv = await look([installed], places, signal);
    if (uv !== undefined) return uv;
  }
  for (const folder of places.searchPath.split(path.delimiter)) {
    const candidate = path.join(folder, 'uv');
    const uv = existsSync(candidate) ? await look([candidate], places, signal) : undefined;
    if (uv !== undefined) return uv;
  }
  const asModule = await look([places.python, '-m', 'uv'], places, signal);
  return asModule ?? (await install(places, log, signal));
}

async function look(
  command: readonly string[],
  { searchPath }: UvPlaces,
  signal: AbortSignal,
): Promise<Uv | undefined> {
  const ended = await runProgram([...command, '--version'], {
    variables: { PATH: searchPath },
    signal: AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    // Found, but of another machine or not executable: as if it were not there.
    if (error instanceof EnvironmentFailure) return undefined;
    throw error;
  });
  const version = /^uv (\d+\.\d+\.\d+\S*)/.exec(ended?.stdout ?? '')?.[1];
  return ended?.code === 0 && version !== undefined ? { command, version } : undefined;
}

async function install(places: UvPlaces, log: (line: string) => void, signal: AbortSignal): Promise<Uv> {
  log('Installing uv, which makes Python environments (once)');
  await mkdir(path.dirname(places.folder), { recursive: true });
  const draft = `${places.folder}.${process.pid}.${Math.random().toString(36).slice(2, 10)}`;
  const options = {
    variables: { PATH: places.searchPath, ...places.network },
    signal: AbortSignal.any([signal, AbortSignal.timeout(INSTALL_MS)]),
    onLine: log,
  };
  try {
    await succeed([places.python, '-m', 'venv', draft], options);
    const pip = [path.join(draft, 'bin', 'python'), '-I', '-m', 'pip', 'install', '--quiet'];
    const pinned = ['--disable-pip-version-check', '--require-hashes', '--requirement', places.pinned];
    await succeed([...pip, ...pinned], options);
    // Another process may have been quicker.
    await rename(draft, places.folder).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  const uv = await look([path.join(places.folder, 'bin', 'uv')], places, signal);
  if (uv === undefined)
    throw new EnvironmentFailure('InvalidArgument', 'The uv that was installed does not start.');
  return uv;
}

async function succeed(command: readonly string[], options: Parameters<typeof runProgram>[1]): Promise<void> {
  const ended = await runProgram(command, options);
  if (ended.code !== 0)
    throw new EnvironmentFailure(
      'Unavailable',
      'uv, which makes Python environments, is not on this machine and could not be installed: put it on the PATH, or name it with --uv.',
      { log: ended.stderr },
    );
}
