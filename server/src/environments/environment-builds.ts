import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { explainFailure } from './build-failure.ts';
import { EnvironmentFailure, type EnvironmentSpec, type Requirement } from './environments.ts';
import type { Interpreter } from './interpreters.ts';
import { runProgram } from './programs.ts';
import { digestOf } from './python-env-file.ts';
import { renderRequirement } from './requirements.ts';
import type { Uv } from './uv.ts';

/** Where packages come from. All of it is set by whoever runs the server. */
export interface PackageIndex {
  readonly url: string | undefined;
  /** Folders of wheels. */
  readonly findLinks: readonly string[];
  readonly offline: boolean;
}

export interface BuildTools {
  readonly uv: Uv;
  readonly interpreter: Interpreter;
  readonly index: PackageIndex;
  /** Kept between builds, on the file system of the environments: what is installed is linked from here. */
  readonly cache: string;
  readonly searchPath: string;
  /** Variables of the network, such as proxies and certificates. */
  readonly network: Readonly<Record<string, string>>;
}

const ALONE_MS = 60_000;

/**
 * Makes an environment beside its place and moves it there whole. When another process was quicker, its work is kept
 * and this one is thrown away.
 * @throws EnvironmentFailure; the signal's reason when that aborts
 */
export async function buildEnvironment(
  tools: BuildTools,
  wish: {
    readonly spec: EnvironmentSpec;
    /** The final place. */
    readonly folder: string;
    /** Written into the environment before it is moved, by name. */
    describe(draft: string): Promise<Readonly<Record<string, string>>>;
  },
  { log, signal }: { readonly log: (line: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const workplace = path.join(
    path.dirname(wish.folder),
    `.draft.${process.pid}.${randomBytes(6).toString('hex')}`,
  );
  const draft = path.join(workplace, 'environment');
  await mkdir(workplace, { recursive: true });
  try {
    const files = await writeWish(workplace, wish.spec);
    await run(tools, [
      'venv',
      '--relocatable',
      '--no-python-downloads',
      '--python',
      tools.interpreter.executable,
      draft,
    ]);
    const python = interpreterOf(draft);
    await run(tools, [
      'pip',
      'install',
      '--only-binary',
      ':all:',
      '--compile-bytecode',
      '--python',
      python,
      '--requirement',
      files.requirements,
      '--constraint',
      files.constraints,
      ...files.wheels,
    ]);
    for (const [name, text] of Object.entries(await wish.describe(draft)))
      await writeFile(path.join(draft, name), text);
    await rename(draft, wish.folder).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '') || !existsSync(interpreterOf(wish.folder)))
        throw error;
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new EnvironmentFailure('Unavailable', 'The disk for Python environments is full.', {
      cause: error,
    });
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }

  async function run(uses: BuildTools, args: readonly string[]): Promise<void> {
    const ended = await callUv(uses, args, { signal, log });
    if (ended.code !== 0)
      throw await explainFailure(ended.stderr, wish.spec, (requirement) =>
        checkAlone(uses, requirement, { workplace, signal }),
      );
  }
}

/**
 * The requirements that a spec comes to on a Linux of today, held to the digests of their files.
 * @throws EnvironmentFailure
 */
export async function lockRequirements(
  tools: BuildTools,
  wish: { readonly spec: EnvironmentSpec; readonly python: string; readonly machine: string },
  { folder, log, signal }: { readonly folder: string } & Parameters<typeof callUv>[2],
): Promise<string> {
  const workplace = path.join(folder, `.draft.${process.pid}.${randomBytes(6).toString('hex')}`);
  await mkdir(workplace, { recursive: true });
  try {
    const files = await writeWish(workplace, wish.spec);
    await appendFile(files.requirements, files.wheels.map((wheel) => `${pathToFileURL(wheel)}\n`).join(''));
    const args = [
      'pip',
      'compile',
      '--generate-hashes',
      '--no-header',
      '--no-annotate',
      '--only-binary',
      ':all:',
      '--python',
      tools.interpreter.executable,
      '--python-version',
      wish.python,
      '--python-platform',
      `${wish.machine}-manylinux_2_28`,
      '--constraint',
      files.constraints,
      files.requirements,
    ];
    const ended = await callUv(tools, args, { signal, log });
    if (ended.code !== 0)
      throw await explainFailure(ended.stderr, wish.spec, (requirement) =>
        checkAlone(tools, requirement, { workplace, signal }),
      );
    // Wheels of the model lie elsewhere where this is read; what they need stays.
    return ended.stdout
      .split(/\n(?=\S)/)
      .filter((block) => !/^\S+ @ file:|^file:/.test(block))
      .join('\n');
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
}

/**
 * Installs what a requirements file names, held to its digests and without what that needs in turn, into a folder.
 * Whoever is quicker wins.
 * @throws EnvironmentFailure
 */
export async function installBeside(
  tools: Omit<BuildTools, 'interpreter'>,
  wish: { readonly folder: string; readonly python: string; readonly requirementsFile: string },
  { log, signal }: Parameters<typeof callUv>[2],
): Promise<void> {
  const draft = path.join(
    path.dirname(wish.folder),
    `.draft.${process.pid}.${randomBytes(6).toString('hex')}`,
  );
  try {
    const args = ['pip', 'install', '--target', draft, '--python', wish.python, '--compile-bytecode'];
    const pinned = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--requirement'];
    const ended = await callUv(tools, [...args, ...pinned, wish.requirementsFile], { signal, log });
    if (ended.code !== 0)
      throw new EnvironmentFailure('Unavailable', 'The packages of the compiler cannot be installed.', {
        log: ended.stderr,
      });
    await rename(draft, wish.folder).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

export function interpreterOf(folder: string): string {
  return path.join(folder, 'bin', 'python');
}

/** Installed distributions by normalised name. */
export async function installedVersions(
  tools: BuildTools,
  environment: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const args = ['pip', 'list', '--format', 'json', '--python', interpreterOf(environment)];
  const ended = await callUv(tools, args, { signal, log: () => undefined });
  if (ended.code !== 0)
    throw new EnvironmentFailure('InvalidArgument', 'What was installed cannot be listed.', {
      log: ended.stderr,
    });
  const rows = JSON.parse(ended.stdout) as readonly { readonly name: string; readonly version: string }[];
  return Object.fromEntries(
    rows.map(({ name, version }) => [name.toLowerCase().replace(/[-_.]+/g, '-'), version]),
  );
}

async function checkAlone(
  tools: BuildTools,
  requirement: Requirement,
  { workplace, signal }: { readonly workplace: string; readonly signal: AbortSignal },
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const file = path.join(workplace, 'alone.txt');
  await writeFile(file, `${renderRequirement(requirement)}\n`);
  const python = tools.interpreter.executable;
  const args = ['pip', 'compile', '--no-deps', '--only-binary', ':all:', '--python', python, file];
  const ended = await callUv(tools, args, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(ALONE_MS)]),
    log: () => undefined,
  });
  return { ok: ended.code === 0, text: ended.stderr };
}

function callUv(
  { uv, index, cache, searchPath, network }: Omit<BuildTools, 'interpreter'>,
  args: readonly string[],
  { log, signal }: { readonly log: (line: string) => void; readonly signal: AbortSignal },
) {
  return runProgram([...uv.command, ...args], {
    // Nothing else of our surroundings: UV_* and PIP_* would change what is built behind the key's back, and
    // PYTHONDONTWRITEBYTECODE would leave it uncompiled.
    variables: {
      PATH: searchPath,
      ...network,
      UV_CACHE_DIR: cache,
      UV_NO_CONFIG: '1',
      UV_NO_PROGRESS: '1',
      ...(index.url !== undefined && { UV_DEFAULT_INDEX: index.url }),
      ...(index.findLinks.length > 0 && { UV_FIND_LINKS: index.findLinks.join(',') }),
      ...(index.offline && { UV_OFFLINE: '1' }),
    },
    signal,
    onLine: log,
  });
}

/** The files that uv reads, written anew from what was judged; wheels are copies, of the digest that the key knows. */
async function writeWish(workplace: string, spec: EnvironmentSpec) {
  const requirements = path.join(workplace, 'requirements.txt');
  const constraints = path.join(workplace, 'constraints.txt');
  await writeFile(requirements, spec.requirements.map((line) => `${renderRequirement(line)}\n`).join(''));
  await writeFile(constraints, spec.constraints.map((line) => `${renderRequirement(line)}\n`).join(''));
  const wheels: string[] = [];
  for (const wheel of spec.wheels) {
    const copy = path.join(workplace, path.basename(wheel.path));
    await copyFile(wheel.path, copy);
    if ((await digestOf(copy)) !== wheel.sha256)
      throw new EnvironmentFailure(
        'InvalidArgument',
        `${path.basename(wheel.path)} changed while the environment was built.`,
      );
    wheels.push(copy);
  }
  return { requirements, constraints, wheels };
}
