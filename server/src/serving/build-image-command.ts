import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Environments } from '../environments/environments.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { IMAGE_TARGETS, type ImageTarget, imageFiles } from './image-files.ts';
import { type ModelAddress, parseModelAddress } from './model-address.ts';
import type { ModelFiles } from './model-files.ts';
import { findModel, type TrackingServer } from './model-sources.ts';

export interface BuildImageCommand {
  readonly address: ModelAddress;
  readonly out: string;
  readonly target: ImageTarget;
}

export interface BuildImageDependencies {
  readonly server: TrackingServer;
  readonly modelFiles: ModelFiles;
  readonly environments: Environments;
  /** The folder of this program: `package.json`, and in `dist` what the build leaves. */
  readonly programFolder: string;
  readonly write: (text: string) => void;
}

/** @throws AppError InvalidArgument for what is no such command. */
export function readBuildImageCommand(flags: {
  readonly 'model-uri'?: string | undefined;
  readonly output?: string | undefined;
  readonly target?: string | undefined;
}): BuildImageCommand {
  const { 'model-uri': model, output, target = 'docker' } = flags;
  if (model === undefined || output === undefined)
    throw invalidArgument(
      'Expected `slipway models build-image -m MODEL -o FOLDER [--target docker|kubernetes|sagemaker|azureml]`.',
    );
  const known = IMAGE_TARGETS.find((name) => name === target);
  if (known === undefined)
    throw invalidArgument(`--target is one of ${IMAGE_TARGETS.join(', ')}; got '${target}'.`, {
      field: 'target',
    });
  return { address: parseModelAddress(model), out: output, target: known };
}

/**
 * Writes a folder from which an image that serves the model is built, without needing Docker here: the model's files,
 * its packages by version and digest, this program, and the manifests of the target.
 * @throws AppError; EnvironmentFailure for packages that cannot be had
 */
export async function runBuildImageCommand(
  dependencies: BuildImageDependencies,
  command: BuildImageCommand,
  signal: AbortSignal,
): Promise<void> {
  const { modelFiles, environments, programFolder, write } = dependencies;
  const out = path.resolve(command.out);
  const taken = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw invalidArgument(`${out} cannot be written to: ${error.message}.`, { cause: error });
  });
  if (taken.length > 0) throw invalidArgument(`${out} is not empty: name a new folder by -o.`);
  const found = await findModel(command.address, dependencies.server, signal);
  write(`Fetching ${found.source.what}\n`);
  const copy = await modelFiles.ensure(found.source, signal);
  const keep = modelFiles.inUse(copy.digest);
  await mkdir(path.dirname(out), { recursive: true });
  const draft = await mkdtemp(`${out}.`);
  try {
    const spec = await environments.plan(copy.folder);
    write('Locking its Python packages\n');
    const locked = await environments.lock(
      spec,
      { machine: process.arch === 'arm64' ? 'aarch64' : 'x86_64' },
      { log: () => undefined, signal },
    );
    const model = path.join(draft, 'model');
    await cp(copy.folder, model, { recursive: true });
    await makeOrdinary(model);
    await writeFile(path.join(draft, 'requirements.txt'), locked.requirements);
    for (const wheel of spec.wheels)
      await cp(wheel.path, path.join(draft, 'wheels', path.basename(wheel.path)));
    await copyProgram(programFolder, path.join(draft, 'program'));
    const files = imageFiles({
      target: command.target,
      modelName: found.name,
      modelVersion: found.version,
      python: locked.python,
      node: process.versions.node,
      hasWheels: spec.wheels.length > 0,
    });
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(draft, name)), { recursive: true });
      await writeFile(path.join(draft, name), text, { mode: name === 'serve' ? 0o755 : 0o644 });
    }
    await chmod(draft, 0o755);
    // Onto an empty folder, or where there is none.
    await rename(draft, out);
    write(`${out} is ready: README.md there says how it is built and run.\n`);
  } finally {
    keep();
    await rm(draft, { recursive: true, force: true });
  }
}

/** What an installation of this program consists of; its packages are installed where the image is built. */
async function copyProgram(from: string, to: string): Promise<void> {
  const description = JSON.parse(await readFile(path.join(from, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const { name, version, license, type, dependencies } = description;
  await cp(path.join(from, 'dist'), path.join(to, 'dist'), { recursive: true }).catch((cause: unknown) => {
    throw invalidArgument('The program has not been built: run `npm run build` first.', { cause });
  });
  const own = { name, version, license, private: true, type, dependencies };
  await writeFile(path.join(to, 'package.json'), `${JSON.stringify(own, undefined, 2)}\n`);
}

/** The kept copy is read-only; the owner of the new folder may change and remove his. */
async function makeOrdinary(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) await makeOrdinary(full);
    else await chmod(full, 0o644);
  }
}
