import { access, constants, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { EnvironmentFailure } from './environments.ts';
import { runProgram } from './programs.ts';

/** A Python of this machine that environments can be made of. */
export interface Interpreter {
  /** Real path of the executable, outside any virtual environment. */
  readonly executable: string;
  /** `3.11.7`. */
  readonly version: string;
  /** What tells builds of one version apart: compiler and date, as `sys.version` has them. */
  readonly build: string;
  /** `linux-x86_64-glibc-2.36`. */
  readonly platform: string;
  /** The installation: what a process of it must be able to read. */
  readonly prefix: string;
}

export interface ChosenInterpreter {
  readonly interpreter: Interpreter;
  readonly warning: string | undefined;
}

const PROBE = `
import json, os, platform, sys
base = getattr(sys, '_base_executable', None) or sys.executable
print(json.dumps({
    'implementation': platform.python_implementation(),
    'executable': os.path.realpath(base),
    'version': platform.python_version(),
    'build': sys.version,
    'platform': '-'.join(x for x in (sys.platform, platform.machine(), *platform.libc_ver()) if x),
    'prefix': os.path.realpath(sys.base_prefix),
}))`;

const PROBE_MS = 20_000;
const OLDEST_MINOR = 9;

/**
 * The Pythons of this machine: those named by the administrator, else `python3` and `python3.N` of the search path.
 * Each once; the first named comes first.
 */
export async function findInterpreters(options: {
  /** Executables; an entry that is no Python is an error. */
  readonly named: readonly string[];
  /** The variable PATH. */
  readonly searchPath: string;
  readonly signal: AbortSignal;
}): Promise<readonly Interpreter[]> {
  const candidates =
    options.named.length > 0 ? options.named : await candidatesOn(options.searchPath.split(path.delimiter));
  const found = new Map<string, Interpreter>();
  for (const candidate of candidates) {
    const interpreter = await probe(candidate, options);
    if (interpreter !== undefined && !found.has(interpreter.executable))
      found.set(interpreter.executable, interpreter);
    else if (interpreter === undefined && options.named.length > 0)
      throw new EnvironmentFailure('InvalidArgument', `${candidate}, named in --pythons, is no CPython 3.`);
  }
  return [...found.values()];
}

async function candidatesOn(folders: readonly string[]): Promise<string[]> {
  const plain: string[] = [];
  const numbered: string[] = [];
  const seen = new Set<string>();
  for (const folder of folders) {
    if (folder === '') continue;
    // A folder of the search path need not be there.
    const names = await readdir(folder).catch(() => []);
    for (const name of names.sort()) {
      const match = /^python3(?:\.(\d+))?$/.exec(name);
      if (match === null || (match[1] !== undefined && Number(match[1]) < OLDEST_MINOR)) continue;
      const file = path.join(folder, name);
      const real = await realpath(file).catch(() => file);
      if (seen.has(real) || !(await isExecutable(file))) continue;
      seen.add(real);
      (match[1] === undefined ? plain : numbered).push(file);
    }
  }
  return [...plain, ...numbered];
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Undefined for what does not start, as a shim of a version that is not installed, and for other implementations. */
async function probe(
  executable: string,
  { searchPath, signal }: { readonly searchPath: string; readonly signal: AbortSignal },
): Promise<Interpreter | undefined> {
  const ended = await runProgram([executable, '-I', '-c', PROBE], {
    variables: { PATH: searchPath },
    signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof EnvironmentFailure) return undefined;
    throw error;
  });
  if (ended?.code !== 0) return undefined;
  try {
    const { implementation, ...facts } = JSON.parse(ended.stdout) as Interpreter & { implementation: string };
    return implementation === 'CPython' ? facts : undefined;
  } catch {
    // It answers like no Python.
    return undefined;
  }
}

/**
 * The interpreter for a model: the same version, else the same minor version with a warning. Pickles of one minor
 * version are not promised to load in another, so there is no further choice.
 * @throws EnvironmentFailure when there is none
 */
export function chooseInterpreter(
  wanted: string | undefined,
  available: readonly Interpreter[],
): ChosenInterpreter {
  const [first] = available;
  if (first === undefined)
    throw new EnvironmentFailure(
      'InvalidArgument',
      'This server has no Python: install Python 3, or name one with --pythons.',
    );
  if (wanted === undefined)
    return {
      interpreter: first,
      warning: `The model does not say which Python it was logged with; it runs on ${first.version}.`,
    };
  const exact = available.find(({ version }) => version === wanted);
  if (exact !== undefined) return { interpreter: exact, warning: undefined };
  const minor = minorOf(wanted);
  const near = available
    .filter(({ version }) => minorOf(version) === minor)
    .sort((a, b) => patchOf(b.version) - patchOf(a.version))[0];
  if (near === undefined) {
    const had = available.map(({ version }) => version).join(', ');
    throw new EnvironmentFailure(
      'InvalidArgument',
      `The model needs Python ${minor} and this server has ${had}: add it with --pythons, or log the model again.`,
    );
  }
  return {
    interpreter: near,
    warning:
      wanted === minor
        ? undefined
        : `The model was logged with Python ${wanted} and runs on ${near.version}.`,
  };
}

const minorOf = (version: string) => version.split('.').slice(0, 2).join('.');
const patchOf = (version: string) => Number.parseInt(version.split('.')[2] ?? '0', 10);
