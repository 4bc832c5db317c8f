import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { invalidArgument } from './kernel/errors.ts';
import { openLocalEngine } from './processes/local/local-engine.ts';
import type { Engine } from './processes/port.ts';
import { openRayEngine, type RayEngineOptions } from './processes/ray/ray-engine.ts';
import { PROGRAMS_FOLDER } from './python-programs.ts';

/** The settings of serving that say where models run. */
export interface EngineSettings {
  readonly engine: 'local' | 'ray';
  readonly ray: Pick<RayEngineOptions, 'address' | 'serveAddress' | 'token' | 'resourceClasses'> | undefined;
  readonly isolation: 'require' | 'auto' | 'off';
  readonly memoryBytes: number | undefined;
  readonly modelsMaxBytes: number;
}

export interface Engines {
  /** Where models run whose endpoint does not say. */
  readonly usual: Engine;
  /** @throws AppError InvalidArgument for an engine that this installation does not have */
  named(name: string | undefined): Engine;
  close(): Promise<void>;
}

/** Of the machine's memory, where nobody said how much models may have. */
const MEMORY_SHARE = 0.6;
const IDLE_INTERPRETER_MS = 30 * 60_000;
/** A cluster may have to start a machine first. */
const DEPLOY_MS = 15 * 60_000;
const IDLE_PLACE_MS = 2 * 60_000;

/**
 * Opens the engines that this installation has.
 * @param place what the servers of one installation have in common and those of others do not: the database
 */
export async function openEngines(
  settings: EngineSettings,
  { place, onError }: { readonly place: string; onError(error: unknown): void },
): Promise<Engines> {
  const { isolation, memoryBytes, modelsMaxBytes, ray } = settings;
  const now = () => performance.now();
  const engines = new Map<string, Engine>();
  engines.set(
    'local',
    await openLocalEngine({
      program: join(PROGRAMS_FOLDER, 'scoring_worker', 'zygote.py'),
      // Not in the home: a socket is nothing that programs which copy it can read.
      runFolder: undefined,
      isolation,
      memoryBudgetBytes: memoryBytes ?? Math.floor(totalmem() * MEMORY_SHARE),
      resourceClasses: {},
      idleInterpreterMs: IDLE_INTERPRETER_MS,
      now,
    }),
  );
  if (ray !== undefined)
    engines.set(
      'ray',
      await openRayEngine({
        ...ray,
        programs: PROGRAMS_FOLDER,
        installation: createHash('sha256').update(place).digest('hex').slice(0, 10),
        isolation,
        modelsMaxBytes,
        deployMs: DEPLOY_MS,
        idleMs: IDLE_PLACE_MS,
        now,
        onError,
      }),
    );
  const named = (name: string): Engine => {
    const engine = engines.get(name);
    if (engine === undefined)
      throw invalidArgument(
        `There is no engine ${name.slice(0, 50)} here: this installation has ${[...engines.keys()].join(', ')}.`,
        { field: 'environment_vars' },
      );
    return engine;
  };
  return {
    usual: named(settings.engine),
    named: (name) => named(name ?? settings.engine),
    async close() {
      await Promise.all(Array.from(engines.values(), (engine) => engine.close()));
    },
  };
}
