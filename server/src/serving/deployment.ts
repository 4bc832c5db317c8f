import type { BuiltEnvironment } from '../environments/environments.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, unavailable } from '../kernel/errors.ts';
import {
  type Channel,
  DEFAULT_REPLICA_LIMITS,
  type Engine,
  type LogChunk,
  type ReplicaSet,
} from '../processes/port.ts';
import type { NumberedVersion } from '../registry/version-contents.ts';
import { type ScaleLimits, wantedReplicas } from './autoscale.ts';
import type { EntityConfig } from './endpoint-config.ts';
import { createEntityLog, type EntityLog } from './endpoint-logs.ts';
import type { EntityState } from './endpoint-states.ts';
import type { ReadVariables } from './environment-variables.ts';
import { firstReplica } from './first-replica.ts';
import type { LaneSet } from './gateway/lane.ts';
import { createNativeForm } from './native-form.ts';
import type { NativeLanes, NativeModels } from './native-models.ts';
import type { Prepare, Prepared } from './preparation.ts';
import { createReplicaLanes } from './replica-lanes.ts';
import { isRowWiseByKind } from './row-wise-flavors.ts';
import type { Signature } from './scoring/columns.ts';
import { readSignature } from './scoring/signature.ts';
import type { LoadedFacts } from './served-versions.ts';
import { concurrencyOf, resourceClassOf } from './workload-sizes.ts';

/** One version of a model, served on this process by one endpoint: from nothing to replicas, and back to none. */
export interface Deployment {
  readonly key: string;
  readonly state: EntityState;
  readonly log: EntityLog;
  /** Of its processes. */
  readonly lanes: LaneSet;
  /** What of it runs in the server itself; undefined where its processes answer. */
  readonly native: NativeLanes | undefined;
  /** Undefined until it has been prepared once. */
  readonly prepared: Prepared | undefined;
  readonly signature: Signature | undefined;
  /** How the model is called, as its program said, or said the last time. */
  readonly facts: LoadedFacts;
  readonly replicas: number;
  /**
   * Brings its files and its environment here.
   * @throws AppError; Unavailable where trying again may help.
   */
  prepare(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when a replica has loaded the model.
   * @throws AppError InvalidState where it does not load; Unavailable where trying again may help.
   */
  start(signal: AbortSignal): Promise<void>;
  /** So many replicas at least, for the moment. */
  scaleTo(replicas: number): void;
  /** Whether rows of several requests may be joined turned out to be wrong. */
  notRowWise(): void;
  /** By what the gateway counted since the last time; at most once a second. */
  rescale(load: ObservedLoad): void;
  close(options: { readonly drainMs: number }): Promise<void>;
}

export interface ObservedLoad {
  readonly waiting: number;
  readonly running: number;
  readonly busyMs: number;
  readonly lastRequestMs: number;
}

export interface DeploymentInput {
  readonly key: string;
  readonly of: NumberedVersion;
  readonly entity: EntityConfig;
  /** Who configured the endpoint: with whose rights secrets are read. */
  readonly makerId: string;
}

export interface DeploymentDependencies {
  /**
   * Where models run; undefined: where they do here unless somebody says otherwise.
   * @throws AppError InvalidArgument for an engine that is not there
   */
  engineOf(name: string | undefined): Engine;
  readonly clock: Clock;
  readonly prepare: Prepare;
  readonly readVariables: ReadVariables;
  /** For the next process, and for the next start of this one. */
  keepFacts(of: NumberedVersion, facts: LoadedFacts): Promise<void>;
  /** Undefined where all models run in processes of their own. */
  readonly native: NativeModels | undefined;
  readonly cores: number;
  readonly idleMs: number;
  /** State or facts changed. */
  onChange(): void;
  onError(error: unknown): void;
}

const RETRY_AFTER_MS = 15_000;
const NATIVE_MESSAGES = {
  compiled: 'Answered by its compiled form, which was proven to decide the same',
  onnx: 'Answered in the server, as an ONNX file',
};
/** By it an entity says where it runs: it is kept, shown and changed as its other variables are. */
const ENGINE_VARIABLE = 'SLIPWAY_ENGINE';
const NOT_PROVEN: LoadedFacts = { path: 'frame', rowWise: false };

export function createDeployment(
  { key, of, entity, makerId }: DeploymentInput,
  dependencies: DeploymentDependencies,
): Deployment {
  const { clock, readVariables, onChange, onError } = dependencies;
  const engineOfEntity = () => dependencies.engineOf(entity.variables[ENGINE_VARIABLE]);
  const log = createEntityLog(clock);
  const concurrency = concurrencyOf(entity.size);
  const limits: ScaleLimits = {
    maxConcurrency: concurrency.max,
    cores: dependencies.cores,
    minReplicas: entity.scaleToZero ? 0 : 1,
    idleMs: dependencies.idleMs,
  };
  const form = createNativeForm({
    models: dependencies.native,
    of,
    mode: entity.compiledLane ?? 'auto',
    log,
    onChange,
    onError,
  });
  const abort = new AbortController();
  let prepared: Prepared | undefined;
  let environment: BuiltEnvironment | undefined;
  let signature: Signature | undefined;
  let facts: LoadedFacts = NOT_PROVEN;
  let doing = 'Waiting to be brought up';
  let set: ReplicaSet | undefined;
  let starting: Promise<void> | undefined;
  /** While processes of before still end: until then the engine gives no new set under their key. */
  let ending: Promise<void> | undefined;
  /** Whether a replica of it has ever loaded the model, here or elsewhere. */
  let proven = false;
  let failedAtMs = 0;
  let closed = false;
  let lowSinceMs: number | undefined;
  let lastBusy = { busyMs: 0, atMs: 0 };
  let lastWantedMs = clock.nowMs();
  const wanted = () => {
    lastWantedMs = clock.nowMs();
  };
  const lanes = createReplicaLanes(wanted, () => {
    wanted();
    if (set !== undefined && set.status.want > 0 && set.status.failure === undefined) return;
    if (starting !== undefined || closed) return;
    if (failedAtMs > 0 && clock.nowMs() - failedAtMs < RETRY_AFTER_MS) return;
    begin().catch(() => undefined);
  });

  function tell(message: string): void {
    doing = message;
    log.build(message);
    onChange();
  }

  /** A start that is under way is everybody's. */
  function begin(): Promise<void> {
    if (closed) return Promise.reject(ended());
    starting ??= bringUp()
      .then(
        () => {
          failedAtMs = 0;
          lanes.fail(undefined);
        },
        (error: unknown) => {
          failedAtMs = clock.nowMs();
          const failure = error instanceof AppError ? error : unavailable('The model cannot be started now.');
          log.build(`Not started: ${failure.message}`);
          if (!(error instanceof AppError)) onError(error);
          lanes.fail(
            unavailable(`The model cannot be started: ${failure.message}`, {
              cause: error,
              retryAfterS: RETRY_AFTER_MS / 1000,
            }),
          );
          throw error;
        },
      )
      .finally(() => {
        starting = undefined;
        onChange();
      });
    return starting;
  }

  async function bringUp(): Promise<void> {
    if (prepared === undefined) throw unavailable('The model is being prepared on this server.');
    // Requests wait for this start; what became of the one before is no answer to them.
    lanes.fail(undefined);
    await endSet();
    environment ??= await prepared.build(abort.signal);
    tell('Starting a process with the model');
    const variables = await readVariables(entity.variables, makerId);
    const engine = engineOfEntity();
    const resourceClass = resourceClassOf(entity.workloadType, (await engine.facts()).resourceClasses);
    if (closed) throw ended();
    const next = engine.ensure({
      key,
      program: 'python',
      environment,
      model: { folder: prepared.folder, digest: prepared.digest },
      load: {
        path: signature?.path === 'columns' ? 'auto' : 'raw',
        rowWise: isRowWiseByKind(prepared.modelFile) ? 'prove' : 'off',
        modelConfig: prepared.modelFile.modelConfig,
      },
      variables,
      limits: DEFAULT_REPLICA_LIMITS,
      network: 'none',
      resourceClass,
      evictable: entity.scaleToZero,
    });
    set = next;
    void readLogs(next).catch(onError);
    lanes.use(next);
    next.onChange(() => onChange());
    next.scale(1);
    await firstReplica(next);
    await learn(next.channels[0]!);
    proven = true;
    form.compile({ ...nativeInput(prepared), environment });
  }

  const nativeInput = (known: Prepared) => ({ id: key, of, prepared: known, signature, log: log.build });

  /** What of a model must be here before it is served. */
  async function adopt(found: Prepared, signal: AbortSignal): Promise<void> {
    signature = readSignature(found.modelFile.signature);
    if (found.facts !== undefined) {
      facts = found.facts;
      // It has loaded before, on this process or another one: it may be waited for.
      proven = true;
    }
    await form.open(nativeInput(found));
    if (form.lanes?.kind !== 'onnx') {
      environment = await found.build(signal);
      engineOfEntity().warm(environment, 1);
    }
    if (closed) throw ended();
  }

  async function learn({ loaded }: Channel): Promise<void> {
    for (const warning of loaded.warnings) log.build(`Warning: ${warning}`);
    const { state, why } = loaded.rowWise;
    log.build(
      `Loaded in ${Math.round(loaded.loadMs)} ms; path: ${loaded.path}; rows of several requests: ${state}${why === '' ? '' : ` (${why})`}`,
    );
    const learnt = { path: loaded.path, rowWise: state === 'proven' || state === 'forced' };
    if (learnt.path === facts.path && learnt.rowWise === facts.rowWise && proven) return;
    facts = learnt;
    await dependencies.keepFacts(of, learnt);
  }

  async function readLogs(of: ReplicaSet): Promise<void> {
    for await (const { text, dropped } of of.logs() as AsyncIterable<LogChunk>) log.server(text, { dropped });
  }

  function ownState(): EntityState {
    if (prepared === undefined) return { state: 'CREATING', message: doing };
    if (form.lanes !== undefined && (proven || form.lanes.kind === 'onnx'))
      return { state: 'READY', message: NATIVE_MESSAGES[form.lanes.kind] };
    const status = set?.status;
    if (status !== undefined && status.ready > 0) return { state: 'READY', message: '' };
    const failure = status?.failure?.message ?? lanes.failure?.message;
    if (failure !== undefined) return { state: proven ? 'RECOVERING' : 'FAILED', message: failure };
    if (!proven) return { state: 'CREATING', message: doing };
    if (status !== undefined && status.backingOff > 0)
      return { state: 'RECOVERING', message: 'Its process ended and is started again' };
    return starting === undefined && entity.scaleToZero
      ? { state: 'READY', message: 'Scaled to zero' }
      : { state: 'RECOVERING', message: doing };
  }

  /** Where another form answers most: what of it comes to the processes. */
  const ownLoad = (): ObservedLoad => ({
    waiting: 0,
    running: set?.channels.reduce((sum, { inFlight }) => sum + inFlight, 0) ?? 0,
    busyMs: 0,
    lastRequestMs: lastWantedMs,
  });

  async function endSet(drainMs = 0): Promise<void> {
    const last = set;
    if (last !== undefined) {
      set = undefined;
      lanes.use(undefined);
      ending = last.close({ drainMs }).finally(() => {
        ending = undefined;
      });
    }
    await ending;
  }

  return {
    key,
    log,
    lanes,
    get native() {
      return form.lanes;
    },
    get prepared() {
      return prepared;
    },
    get signature() {
      return signature;
    },
    get facts() {
      return facts;
    },
    get replicas() {
      return set?.channels.length ?? 0;
    },
    get state(): EntityState {
      const lane = form.view;
      return { ...ownState(), lane };
    },

    async prepare(signal) {
      if (prepared !== undefined) return;
      // One that this installation does not have is refused before anything is fetched.
      engineOfEntity();
      const found = await dependencies.prepare({ of, log, tell, signal });
      if (closed) {
        found.release();
        throw ended();
      }
      try {
        await adopt(found, signal);
      } catch (error) {
        found.release();
        throw error;
      }
      prepared = found;
      onChange();
    },

    async start(signal) {
      signal.throwIfAborted();
      if ((set !== undefined && set.channels.length > 0) || form.lanes?.kind === 'onnx') return;
      await untilAborted(begin(), signal);
    },

    scaleTo(replicas) {
      if (set !== undefined && set.status.want < replicas) set.scale(replicas);
    },

    notRowWise() {
      if (!facts.rowWise) return;
      facts = { ...facts, rowWise: false };
      log.build('An answer showed that rows depend on each other: requests are no longer joined.');
      dependencies.keepFacts(of, facts).catch(onError);
      onChange();
    },

    rescale(observed) {
      const nowMs = clock.nowMs();
      const load = form.lanes === undefined ? observed : ownLoad();
      const before = lastBusy;
      lastBusy = { busyMs: load.busyMs, atMs: nowMs };
      if (set === undefined || starting !== undefined || closed) return;
      const replicas = set.status.want;
      const elapsed = Math.max(1, nowMs - before.atMs) * Math.max(1, set.channels.length);
      const utilisation = Math.min(1, Math.max(0, load.busyMs - before.busyMs) / elapsed);
      const isLow = utilisation < 0.5 / Math.max(1, replicas) && load.waiting === 0;
      lowSinceMs = isLow ? (lowSinceMs ?? nowMs) : undefined;
      const want = wantedReplicas(
        {
          joinsRows: facts.rowWise,
          utilisation,
          running: load.running,
          waiting: load.waiting,
          replicas,
          lowSinceMs,
          lastRequestMs: Math.max(load.lastRequestMs, lastWantedMs),
          nowMs,
        },
        limits,
      );
      if (want === replicas) return;
      if (want > 0) {
        set.scale(want);
        return;
      }
      log.build('No request for a while: scaled to zero');
      endSet(5_000).catch(onError);
      onChange();
    },

    async close({ drainMs }) {
      closed = true;
      abort.abort(ended());
      lanes.fail(ended());
      await endSet(drainMs);
      form.close();
      prepared?.release();
    },
  };
}

const ended = (): AppError => unavailable('The endpoint does not serve this version any more.');

/** What goes on goes on: it is only waited for no longer. @throws AppError Unavailable */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = () => reject(ended());
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
