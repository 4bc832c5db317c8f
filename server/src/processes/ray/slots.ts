import { createHash, randomBytes } from 'node:crypto';
import { AppError } from '../../kernel/errors.ts';
import { type ApplicationConfig, documentOf, type ServeDetails } from './applications.ts';
import type { Cluster } from './cluster.ts';
import type { Exchange } from './exchange.ts';
import type { ProgramPackage } from './package.ts';
import { createSlot, type Slot } from './slot.ts';

/** The applications of this server in the cluster, each a place for one model; kept for a while when they are free. */
export interface Slots {
  /**
   * A place with these resources that nobody else has until it is released.
   * @throws AppError where the cluster will not have it, or does not have it within `deployMs`
   */
  acquire(resourceClass: string, options: AcquireOptions): Promise<Slot>;
  /** One that is not `usable` is removed: what runs in it is not known. */
  release(slot: Slot, options: { readonly usable: boolean }): void;
  /** So that the next one who asks need not wait, for a while. */
  prepare(resourceClass: string): void;
  /** Removes all. */
  close(): Promise<void>;
}

export interface AcquireOptions {
  readonly signal: AbortSignal;
  /** What is waited for, for people; each once. */
  tell(what: string): void;
}

/** What an actor is given, in Ray's words. */
export interface ActorResources {
  readonly num_cpus?: number;
  readonly num_gpus?: number;
  readonly resources?: Readonly<Record<string, number>>;
}

export interface SlotsOptions {
  readonly cluster: Cluster;
  readonly exchange: Exchange;
  readonly serveAddress: string;
  /** Of the installation: `[a-z0-9]{1,20}`. Applications of its servers begin with it. */
  readonly installation: string;
  readonly programs: ProgramPackage;
  readonly resourceClasses: Readonly<Record<string, ActorResources>>;
  /** Of copies of models on each node. */
  readonly modelsMaxBytes: number;
  /** How long a place may take until it is there. */
  readonly deployMs: number;
  readonly idleMs: number;
  /** Milliseconds, never going back. */
  now(): number;
  onError(error: unknown): void;
}

interface Entry {
  readonly name: string;
  readonly resourceClass: string;
  readonly slot: Slot;
  readonly end: AbortController;
  readonly sinceMs: number;
  state: 'asked' | 'sent' | 'ready';
  used: boolean;
  idleSinceMs: number;
}

interface Waiting {
  readonly resourceClass: string;
  readonly sinceMs: number;
  readonly options: AcquireOptions;
  told: string;
  give(slot: Slot): void;
  refuse(error: AppError): void;
}

const LOOK_MS = 500;
const CALM_LOOK_MS = 3000;
const ORPHANS_MS = 30_000;
const ORPHAN_SILENT_S = 90;
const CLOSE_MS = 8000;
const MAX_ONGOING = 64;
/** Of a failed deployment's message: it ends with what went wrong. */
const MAX_MESSAGE = 600;

export function createSlots(options: SlotsOptions): Slots {
  const { cluster, now, onError } = options;
  const installationPrefix = `slipway-${options.installation}-`;
  const prefix = `${installationPrefix}${randomBytes(4).toString('hex')}-`;
  const key = randomBytes(32).toString('base64url');
  const keyDigest = createHash('sha256').update(key).digest('hex');
  const port = Number(
    new URL(options.serveAddress).port || (options.serveAddress.startsWith('https') ? 443 : 80),
  );
  const entries = new Map<string, Entry>();
  const waiting = new Set<Waiting>();
  const orphans = new Set<string>();
  let made = 0;
  let changed = false;
  let closed = false;
  let lookedForOrphansMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function add(resourceClass: string): Entry {
    made += 1;
    const name = `${prefix}${made}`;
    const end = new AbortController();
    const { exchange, serveAddress: address } = options;
    const entry: Entry = {
      name,
      resourceClass,
      slot: createSlot({ name, address, key, exchange, lost: end.signal }),
      end,
      sinceMs: now(),
      state: 'asked',
      used: false,
      idleSinceMs: now(),
    };
    entries.set(name, entry);
    changed = true;
    return entry;
  }

  function remove(entry: Entry): void {
    entries.delete(entry.name);
    entry.end.abort();
    changed = true;
  }

  function configOf({ name, resourceClass }: Entry): ApplicationConfig {
    return {
      name,
      route_prefix: `/${name}`,
      import_path: 'ray_app.app:build',
      runtime_env: { working_dir: `gcs://${options.programs.name}` },
      args: { keyDigest, modelsMaxBytes: options.modelsMaxBytes },
      logging_config: { enable_access_log: false },
      deployments: [
        {
          name: 'Slot',
          num_replicas: 1,
          max_ongoing_requests: MAX_ONGOING,
          graceful_shutdown_timeout_s: 2,
          graceful_shutdown_wait_loop_s: 0.5,
          ray_actor_options: options.resourceClasses[resourceClass],
        },
      ],
    };
  }

  /** Brings about what is wanted, once. */
  async function look(): Promise<void> {
    plan();
    if (changed) await change();
    if (entries.size === 0 && waiting.size === 0) return;
    const details = await cluster.details();
    for (const entry of [...entries.values()]) await judge(entry, details);
    serve();
    if (now() - lookedForOrphansMs > ORPHANS_MS) await findOrphans(details);
  }

  /** As many places as there are those who wait, and no more than are used for long. */
  function plan(): void {
    serve();
    for (const resourceClass of new Set(Array.from(waiting, (one) => one.resourceClass))) {
      const wanted = [...waiting].filter((one) => one.resourceClass === resourceClass).length;
      const coming = [...entries.values()].filter(
        (entry) => entry.resourceClass === resourceClass && !entry.used,
      ).length;
      for (let missing = wanted - coming; missing > 0; missing -= 1) add(resourceClass);
    }
    for (const entry of [...entries.values()])
      if (!entry.used && entry.state === 'ready' && now() - entry.idleSinceMs > options.idleMs) remove(entry);
    for (const one of [...waiting]) {
      if (now() - one.sinceMs <= options.deployMs) continue;
      waiting.delete(one);
      const why = one.told === '' ? '' : ` (${one.told})`;
      one.refuse(
        new AppError(
          'Unavailable',
          `The Ray cluster had no place for the model within ${Math.round(options.deployMs / 1000)} s${why}.`,
          { reason: 'deploy-timeout' },
        ),
      );
      // Nobody waits for the youngest that is not there: it would be in the cluster's way.
      const useless = [...entries.values()].findLast(
        (entry) => entry.resourceClass === one.resourceClass && !entry.used && entry.state !== 'ready',
      );
      if (useless !== undefined) remove(useless);
    }
  }

  function serve(): void {
    for (const one of [...waiting]) {
      const free = [...entries.values()].find(
        (entry) => entry.resourceClass === one.resourceClass && entry.state === 'ready' && !entry.used,
      );
      if (free === undefined) continue;
      free.used = true;
      waiting.delete(one);
      one.give(free.slot);
    }
  }

  async function change(): Promise<void> {
    changed = false;
    const wanted = [...entries.values()];
    try {
      if (wanted.some(({ state }) => state === 'asked')) await cluster.upload(options.programs);
      const applications = wanted.map(configOf);
      // As close together as can be: what another one PUTs in between is lost to both. Who loses a place asks again.
      await cluster.put(documentOf(await cluster.details(), { prefix, applications, orphans, port }));
    } catch (error) {
      changed = true;
      throw error;
    }
    orphans.clear();
    for (const entry of wanted) if (entry.state === 'asked') entry.state = 'sent';
  }

  async function judge(entry: Entry, details: ServeDetails): Promise<void> {
    if (entry.state === 'asked') return;
    const found = details.applications[entry.name];
    if (found === undefined || found.status === 'DELETING') {
      if (entry.state === 'ready') {
        // Somebody has deleted it, or the head came back without memory.
        remove(entry);
      } else {
        entry.state = 'asked';
        changed = true;
      }
      return;
    }
    if (entry.state === 'ready') return;
    if (found.status === 'RUNNING') {
      // The proxies hear of it a moment later.
      const answers = await entry.slot.call('idle').then(
        () => true,
        () => false,
      );
      if (!answers) return;
      entry.state = 'ready';
      entry.idleSinceMs = now();
      return;
    }
    if (found.status === 'DEPLOY_FAILED') {
      remove(entry);
      const one = [...waiting].find(({ resourceClass }) => resourceClass === entry.resourceClass);
      if (one === undefined) return;
      waiting.delete(one);
      one.refuse(
        new AppError(
          'InvalidState',
          `The Ray cluster cannot deploy: ${found.message.trim().slice(-MAX_MESSAGE)}`,
          {
            reason: 'deploy-failed',
          },
        ),
      );
      return;
    }
    if (now() - entry.sinceMs > LOOK_MS * 10)
      tellAll(entry.resourceClass, found.message.trim().slice(0, MAX_MESSAGE) || `it is ${found.status}`);
  }

  function tellAll(resourceClass: string, what: string): void {
    for (const one of waiting) {
      if (one.resourceClass !== resourceClass || one.told === what) continue;
      one.told = what;
      one.options.tell(what);
    }
  }

  /** Applications of servers of this installation that have ended without a word. */
  async function findOrphans(details: ServeDetails): Promise<void> {
    lookedForOrphansMs = now();
    for (const name of Object.keys(details.applications)) {
      if (!name.startsWith(installationPrefix) || name.startsWith(prefix)) continue;
      const { exchange, serveAddress: address } = options;
      const slot = createSlot({ name, address, key: '', exchange, lost: new AbortController().signal });
      const heard = await slot.json('idle').catch(() => undefined);
      if (typeof heard?.seconds !== 'number' || heard.seconds < ORPHAN_SILENT_S) continue;
      orphans.add(name);
      changed = true;
    }
  }

  function turn(): Promise<void> {
    looking ??= look()
      .catch((error: unknown) => {
        if (!(error instanceof AppError)) onError(error);
        if (error instanceof AppError && error.code !== 'Unavailable') refuseAll(error);
        else tellEveryone(error instanceof AppError ? error.message : 'Something went wrong on the server.');
      })
      .finally(() => {
        looking = undefined;
        again();
      });
    return looking;
  }

  function refuseAll(error: AppError): void {
    for (const one of waiting) one.refuse(error);
    waiting.clear();
    for (const entry of entries.values()) if (entry.state === 'asked' && !entry.used) remove(entry);
  }

  const tellEveryone = (what: string) => {
    for (const { resourceClass } of waiting) tellAll(resourceClass, what);
  };

  function again(): void {
    clearTimeout(timer);
    if (closed) return;
    const busy = waiting.size > 0 || changed || [...entries.values()].some(({ state }) => state !== 'ready');
    if (!busy && entries.size === 0) return;
    timer = setTimeout(() => void turn(), busy ? LOOK_MS : CALM_LOOK_MS);
  }

  function wake(): void {
    if (closed || looking !== undefined) return;
    clearTimeout(timer);
    void turn();
  }

  return {
    acquire(resourceClass, acquireOptions) {
      const { signal } = acquireOptions;
      return new Promise<Slot>((resolve, reject) => {
        const one: Waiting = {
          resourceClass,
          sinceMs: now(),
          options: acquireOptions,
          told: '',
          give(slot) {
            signal.removeEventListener('abort', leave);
            resolve(slot);
          },
          refuse(error) {
            signal.removeEventListener('abort', leave);
            reject(error);
          },
        };
        function leave(): void {
          waiting.delete(one);
          reject(new AppError('Unavailable', 'It is not wanted any more.'));
        }
        signal.addEventListener('abort', leave, { once: true });
        if (signal.aborted) {
          leave();
          return;
        }
        waiting.add(one);
        serve();
        wake();
      });
    },
    release(slot, { usable }) {
      const entry = entries.get(slot.name);
      if (entry === undefined) return;
      if (usable) {
        entry.used = false;
        entry.idleSinceMs = now();
        serve();
      } else {
        remove(entry);
      }
      wake();
    },
    prepare(resourceClass) {
      const free = [...entries.values()].some(
        (entry) => entry.resourceClass === resourceClass && !entry.used,
      );
      if (free || closed) return;
      add(resourceClass);
      wake();
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      await Promise.race([looking, pause(CLOSE_MS)]);
      if (entries.size === 0) return;
      for (const entry of [...entries.values()]) remove(entry);
      // A cluster that does not answer does not hold up the end: another server removes what is left there.
      await Promise.race([change().catch(onError), pause(CLOSE_MS)]);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
