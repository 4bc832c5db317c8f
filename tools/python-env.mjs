// Makes the Python environments that tests, the benchmark and the acceptance suite run in.
// An environment is named after its locked requirements file in acceptance/requirements/ and keyed by
// the hash of that file: a second call finds it ready and costs one `stat`.
//
//   import { pythonEnv } from './python-env.mjs';
//   const python = await pythonEnv('mlflow-3.17.2');   // absolute path of its interpreter
//
//   node tools/python-env.mjs mlflow-3.17.2            // the same from a shell: prints the path
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const environments = path.join(root, '.venvs');
/** Where the suites' servers and commands have the environments of models: to make one costs more than most tests. */
export const modelEnvironments = path.join(environments, 'of-models');
const uvRequirements = path.join(root, 'python', 'uv.txt');
const windows = process.platform === 'win32';

const interpreter = (/** @type {string} */ folder) =>
  windows ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python');
const requirementsFile = (/** @type {string} */ name) =>
  path.join(root, 'acceptance', 'requirements', `${name}.txt`);

/**
 * Runs a program and resolves when it ends with 0; its output goes to stderr, so stdout stays for results.
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<void>}
 */
function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 2, 2],
    });
    child.on('error', (cause) => reject(new Error(`cannot start ${command}: ${cause.message}`, { cause })));
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args[0]} ended with ${signal ?? code}`)),
    );
  });
}

/** @param {string} name @param {string} requirements the path of its locked requirements */
async function folderFor(name, requirements) {
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  return path.join(environments, `${name}-${hash.slice(0, 12)}`);
}

/**
 * Builds a folder beside its final place and moves it there whole, so that an interrupted or a second,
 * simultaneous build never leaves a half-made environment under the final name.
 * @param {string} folder @param {(draft: string) => Promise<void>} build
 */
async function buildOnce(folder, build) {
  if (existsSync(interpreter(folder))) return;
  await mkdir(environments, { recursive: true });
  const draft = `${folder}.${process.pid}`;
  try {
    await build(draft);
    await rename(draft, folder);
  } catch (failure) {
    if (!existsSync(interpreter(folder))) throw failure;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The absolute path of the pinned `uv`, which is installed first when it is missing. */
export async function uvProgram() {
  const folder = await folderFor('uv', uvRequirements);
  await buildOnce(folder, async (draft) => {
    const python = process.env.PYTHON ?? (windows ? 'python' : 'python3');
    await run(python, ['-m', 'venv', draft]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run(interpreter(draft), [...pip, '--require-hashes', '--requirement', uvRequirements]);
  });
  return path.join(path.dirname(interpreter(folder)), windows ? 'uv.exe' : 'uv');
}

/**
 * The interpreter of the environment `name`, which is made first when it is missing.
 *
 * Needs `python3` 3.11 or newer on the PATH (or the variable PYTHON) and, the first time, a package registry.
 * Bytecode is compiled at once: importing mlflow from source costs seconds in every process that does it.
 * @param {string} name a file acceptance/requirements/NAME.txt
 */
export async function pythonEnv(name) {
  const requirements = requirementsFile(name);
  if (!existsSync(requirements)) throw new Error(`no such environment: ${requirements} is missing`);
  const folder = await folderFor(name, requirements);
  await buildOnce(folder, async (draft) => {
    const tool = await uvProgram();
    const python = process.env.PYTHON ?? (windows ? 'python' : 'python3');
    console.error(`python-env: making ${name} (once)`);
    // Relocatable, because the folder is renamed when it is complete.
    await run(tool, ['venv', '--quiet', '--relocatable', '--python', python, draft]);
    await run(
      tool,
      [
        'pip',
        'install',
        '--quiet',
        '--compile-bytecode',
        '--require-hashes',
        '--python',
        interpreter(draft),
        '--requirement',
        requirements,
      ],
      { PYTHONDONTWRITEBYTECODE: undefined },
    );
    await writeFile(path.join(draft, 'requirements.txt'), await readFile(requirements));
  });
  return interpreter(folder);
}

/** The environment variables a Python process of ours starts with: bytecode may be written, output is not held back. */
export function pythonVariables(extra = {}) {
  /** @type {NodeJS.ProcessEnv} */
  const variables = { ...process.env, PYTHONUNBUFFERED: '1', ...extra };
  delete variables.PYTHONDONTWRITEBYTECODE;
  return variables;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const name = process.argv[2];
  if (!name) {
    console.error('usage: node tools/python-env.mjs NAME   (a file acceptance/requirements/NAME.txt)');
    process.exit(2);
  }
  console.log(await pythonEnv(name));
}
