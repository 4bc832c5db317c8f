import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import {
  type BuildTools,
  buildEnvironment,
  installBeside,
  installedVersions,
  interpreterOf,
  lockRequirements,
  type PackageIndex,
} from './environment-builds.ts';
import { collectEnvironments, listEnvironments, sizeOf, USED_SUFFIX } from './environment-collection.ts';
import { environmentKey } from './environment-key.ts';
import {
  type BuiltEnvironment,
  EnvironmentFailure,
  type EnvironmentSpec,
  type Environments,
} from './environments.ts';
import { chooseInterpreter, findInterpreters, type Interpreter } from './interpreters.ts';
import { preloadOf } from './preload.ts';
import { readEnvironmentSpec } from './python-env-file.ts';
import { renderRequirement } from './requirements.ts';
import { findUv, type Uv } from './uv.ts';

export interface EnvironmentSettings {
  /** Of environments and their cache; made when it is missing. */
  readonly folder: string;
  /** Executables of Python; none: those of the search path. */
  readonly pythons: readonly string[];
  /** The executable of uv; undefined: found, or installed from `uvRequirements`. */
  readonly uv: string | undefined;
  /** A requirements file with the version of uv and its digests. */
  readonly uvRequirements: string;
  readonly index: PackageIndex;
  /** The variable PATH. */
  readonly searchPath: string;
  /** Variables of the network, such as proxies and certificates. */
  readonly network: Readonly<Record<string, string>>;
}

interface Machine {
  readonly interpreters: readonly Interpreter[];
  readonly uv: Uv;
}

interface Building {
  readonly done: Promise<void>;
  readonly lines: string[];
  readonly listeners: Set<(line: string) => void>;
  readonly stop: AbortController;
  waiting: number;
}

/** What an environment's own file tells of it. */
interface Description {
  readonly pythonVersion: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
}

const DESCRIPTION = 'environment.json';
const BUILDS_AT_ONCE = 2;
const BUILD_MS = 30 * 60_000;
const KEPT_LINES = 500;
/** How often the mark of an environment in use is renewed, so that other processes of the same folder see it. */
const MARK_EVERY_MS = 60_000;

/** Environments in a folder of this machine. Several processes may use one folder. */
export function createEnvironments(
  settings: EnvironmentSettings,
  { clock }: { readonly clock: Clock },
): Environments {
  const builds = new Map<string, Building>();
  const uses = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>();
  const queue: (() => void)[] = [];
  let running = 0;
  let machine: Promise<Machine> | undefined;

  const folderOf = (key: string) => path.join(settings.folder, key);

  /** Looked at once; a failure is not kept, since an administrator may mend it. */
  function lookAround(log: (line: string) => void): Promise<Machine> {
    if (machine === undefined) {
      const looking = lookAtMachine(settings, log);
      machine = looking;
      looking.catch(() => {
        machine = undefined;
      });
    }
    return machine;
  }

  function toolsOf({ uv }: Machine, interpreter: Interpreter): BuildTools {
    const { index, searchPath, network } = settings;
    return { uv, interpreter, index, searchPath, network, cache: path.join(settings.folder, '.cache') };
  }

  function startBuild(tools: BuildTools, key: string, spec: EnvironmentSpec): Building {
    const building: Building = {
      lines: [],
      listeners: new Set(),
      stop: new AbortController(),
      waiting: 0,
      done: Promise.resolve(),
    };
    const log = (line: string) => {
      if (building.lines.length < KEPT_LINES) building.lines.push(line);
      for (const listener of building.listeners) listener(line);
    };
    const done = inTurn(building.stop.signal, async () => {
      const overdue = AbortSignal.timeout(BUILD_MS);
      const signal = AbortSignal.any([building.stop.signal, overdue]);
      log(`Python ${tools.interpreter.version}, uv ${tools.uv.version}`);
      for (const requirement of spec.requirements) log(`  ${renderRequirement(requirement)}`);
      try {
        await buildEnvironment(
          tools,
          {
            spec,
            folder: folderOf(key),
            describe: async (draft) => {
              const versions = await installedVersions(tools, draft, signal);
              const description: Description = {
                pythonVersion: tools.interpreter.version,
                versions,
                sizeBytes: await sizeOf(draft),
              };
              return {
                [DESCRIPTION]: JSON.stringify({ ...description, spec, log: building.lines }, undefined, 2),
              };
            },
          },
          { log, signal },
        );
      } catch (error) {
        if (!overdue.aborted) throw error;
        throw new EnvironmentFailure('Unavailable', 'The environment was not built within 30 minutes.', {
          log: building.lines.join('\n'),
          cause: error,
        });
      }
    }).finally(() => forget(key, building));
    // Those who wait hear of it; nobody may be left.
    done.catch(() => undefined);
    return Object.assign(building, { done });
  }

  function forget(key: string, building: Building): void {
    if (builds.get(key) === building) builds.delete(key);
  }

  /** Few builds at once: each takes a core and the network for itself. */
  async function inTurn(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    if (running >= BUILDS_AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
    running += 1;
    try {
      signal.throwIfAborted();
      await work();
    } finally {
      running -= 1;
      queue.shift()?.();
    }
  }

  async function waitFor(
    key: string,
    building: Building,
    log: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (const line of building.lines) log(line);
    building.listeners.add(log);
    building.waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = () => left.reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    // It may have been the caller's own doing, on hearing the first lines.
    if (signal.aborted) leave();
    try {
      await Promise.race([building.done, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      building.listeners.delete(log);
      building.waiting -= 1;
      if (building.waiting === 0) {
        // Nobody wants it any more. Who comes now begins anew.
        forget(key, building);
        building.stop.abort(new EnvironmentFailure('Unavailable', 'Nobody waits for it.'));
      }
    }
  }

  return {
    plan: readEnvironmentSpec,

    async ensure(spec, log, signal) {
      signal.throwIfAborted();
      await mkdir(settings.folder, { recursive: true });
      const around = await lookAround(log);
      const { interpreter, warning } = chooseInterpreter(spec.python, around.interpreters);
      const tools = toolsOf(around, interpreter);
      const { index } = settings;
      const key = environmentKey({ spec, interpreter, uvVersion: around.uv.version, index });
      if (!existsSync(interpreterOf(folderOf(key)))) {
        let building = builds.get(key);
        if (building === undefined) {
          building = startBuild(tools, key, spec);
          builds.set(key, building);
        }
        await waitFor(key, building, log, signal);
      }
      await mark(settings.folder, key, clock.nowMs());
      return describe(folderOf(key), { key, interpreter, warnings: warning === undefined ? [] : [warning] });
    },

    async lock(spec, { machine: of }, { log, signal }) {
      await mkdir(settings.folder, { recursive: true });
      const around = await lookAround(log);
      const { interpreter } = chooseInterpreter(undefined, around.interpreters);
      const python = spec.python ?? interpreter.version;
      const { folder } = settings;
      const tools = toolsOf(around, interpreter);
      return {
        python,
        requirements: await lockRequirements(tools, { spec, python, machine: of }, { folder, log, signal }),
      };
    },

    async beside(environment, requirementsFile, { log, signal }) {
      const { uv } = await lookAround(log);
      const { index, searchPath, network } = settings;
      const wanted = await readFile(requirementsFile, 'utf8');
      const minor = environment.pythonVersion.split('.').slice(0, 2).join('.');
      const key = createHash('sha256')
        .update(JSON.stringify([minor, process.arch, wanted]))
        .digest('hex');
      // Not the name of an environment: it is small, and not collected.
      const folder = path.join(settings.folder, `.beside-${key.slice(0, 32)}`);
      if (existsSync(folder)) return folder;
      const tools = { uv, index, searchPath, network, cache: path.join(settings.folder, '.cache') };
      const overdue = AbortSignal.timeout(BUILD_MS);
      await installBeside(
        tools,
        { folder, python: environment.python, requirementsFile },
        { log, signal: AbortSignal.any([signal, overdue]) },
      );
      return folder;
    },

    inUse(key) {
      // A mark that cannot be written (a full disk) makes the environment look older to other processes, no more.
      const markNow = () => void mark(settings.folder, key, clock.nowMs()).catch(() => undefined);
      const use = uses.get(key) ?? { count: 0, timer: setInterval(markNow, MARK_EVERY_MS).unref() };
      use.count += 1;
      uses.set(key, use);
      let given = false;
      return () => {
        if (given) return;
        given = true;
        use.count -= 1;
        if (use.count > 0) return;
        clearInterval(use.timer);
        uses.delete(key);
      };
    },

    list: () => listEnvironments(settings.folder, (key) => uses.has(key)),

    collect: ({ maxBytes }) =>
      collectEnvironments(settings.folder, {
        maxBytes,
        now: clock.nowMs(),
        isInUse: (key) => uses.has(key) || builds.has(key),
      }),
  };
}

async function lookAtMachine(settings: EnvironmentSettings, log: (line: string) => void): Promise<Machine> {
  const { searchPath, network } = settings;
  // Its own deadlines; it is shared by callers, so that no one's leaving may end it.
  const signal = new AbortController().signal;
  const interpreters = await findInterpreters({ named: settings.pythons, searchPath, signal });
  const { interpreter } = chooseInterpreter(undefined, interpreters);
  const uv = await findUv(
    {
      named: settings.uv,
      searchPath,
      network,
      python: interpreter.executable,
      folder: path.join(settings.folder, '.uv'),
      pinned: settings.uvRequirements,
    },
    log,
    signal,
  );
  return { interpreters, uv };
}

async function describe(
  folder: string,
  known: { readonly key: string; readonly interpreter: Interpreter; readonly warnings: readonly string[] },
): Promise<BuiltEnvironment> {
  const text = await readFile(path.join(folder, DESCRIPTION), 'utf8');
  const { pythonVersion, versions } = JSON.parse(text) as Description;
  return {
    key: known.key,
    python: interpreterOf(folder),
    preload: preloadOf(versions),
    roots: [folder, known.interpreter.prefix],
    pythonVersion,
    versions,
    warnings: known.warnings,
  };
}

/** When it was last used, beside the environment: nothing is written into it. */
async function mark(folder: string, key: string, now: number): Promise<void> {
  const file = path.join(folder, key + USED_SUFFIX);
  const seconds = now / 1000;
  await utimes(file, seconds, seconds).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await writeFile(file, '');
    await utimes(file, seconds, seconds);
  });
}
