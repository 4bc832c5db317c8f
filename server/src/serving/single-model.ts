import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BuiltEnvironment, EnvironmentSpec, Environments } from '../environments/environments.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument, unavailable } from '../kernel/errors.ts';
import { DEFAULT_REPLICA_LIMITS, type Engine, type ReplicaSet } from '../processes/port.ts';
import { DEFAULT_BATCH_RULES, type Route } from './gateway/lane.ts';
import type { ModelAddress } from './model-address.ts';
import { MODEL_FILE, type ModelFile, parseModelFile } from './model-file.ts';
import type { ModelFiles } from './model-files.ts';
import { findModel, type TrackingServer } from './model-sources.ts';
import { createReplicaLanes } from './replica-lanes.ts';
import { isRowWiseByKind } from './row-wise-flavors.ts';
import { readSignature } from './scoring/signature.ts';

/** One model, from wherever it is, ready to answer; without any database. */
export interface SingleModel {
  readonly name: string;
  /** `3`; empty where the model is no version of the registry. */
  readonly version: string;
  /** Of the model's files, in hex. */
  readonly digest: string;
  /** Of the MLflow that loads it: `3.17.2`. */
  readonly mlflowVersion: string;
  readonly environment: BuiltEnvironment;
  readonly route: Route;
  /** Whether a process of it lives. */
  isReady(): boolean;
  close(options: { readonly drainMs: number }): Promise<void>;
}

export interface SingleModelDependencies {
  readonly engine: Engine;
  readonly environments: Environments;
  readonly modelFiles: ModelFiles;
  readonly server: TrackingServer;
  readonly clock: Clock;
  /** Uses what is installed instead of building; undefined where environments are built. */
  readonly useLocal: ((spec: EnvironmentSpec, signal: AbortSignal) => Promise<BuiltEnvironment>) | undefined;
  /** What is done and what is odd, one line each. */
  tell(line: string): void;
  /** What the model prints, as it comes. */
  print(text: string): void;
}

export interface SingleModelOptions {
  readonly address: ModelAddress;
  readonly replicas: number;
  readonly deadlineMs: number;
  readonly maxWaiting: { readonly requests: number; readonly bytes: number };
}

/** Requests that run at once, as an endpoint of size Large has them. */
const SLOTS = 64;
const START_AGAIN_MS = 15_000;

/**
 * Fetches a model, makes its environment and starts its processes; resolves when it answers.
 * @throws AppError that says what is wrong; EnvironmentFailure
 */
export async function openSingleModel(
  dependencies: SingleModelDependencies,
  options: SingleModelOptions,
  signal: AbortSignal,
): Promise<SingleModel> {
  const { engine, environments, modelFiles, clock, tell, print } = dependencies;
  const found = await findModel(options.address, dependencies.server, signal);
  tell(`Fetching ${found.source.what}`);
  const copy = await modelFiles.ensure(found.source, signal);
  const keepFiles = modelFiles.inUse(copy.digest);
  let keepEnvironment = () => {};
  let set: ReplicaSet | undefined;
  try {
    const modelFile = parseModelFile(await readFile(path.join(copy.folder, MODEL_FILE), 'utf8'));
    if (modelFile.loader === undefined)
      throw invalidArgument(
        `There is no python_function flavor in ${found.source.what}: it cannot be served (its flavors: ${modelFile.flavors.join(', ') || 'none'}).`,
      );
    const signature = readSignature(modelFile.signature);
    tell('Making its environment');
    const spec = await environments.plan(copy.folder);
    const environment =
      dependencies.useLocal === undefined
        ? await environments.ensure(spec, tell, signal)
        : await dependencies.useLocal(spec, signal);
    for (const warning of environment.warnings) tell(`Warning: ${warning}`);
    keepEnvironment = environments.inUse(environment.key);
    tell(`Starting it on Python ${environment.pythonVersion}`);
    const started = engine.ensure({
      key: `model-${copy.digest.slice(0, 40)}`,
      program: 'python',
      environment,
      model: { folder: copy.folder, digest: copy.digest },
      load: {
        path: signature?.path === 'columns' ? 'auto' : 'raw',
        rowWise: isRowWiseByKind(modelFile) ? 'prove' : 'off',
        modelConfig: modelFile.modelConfig,
      },
      variables: {},
      limits: DEFAULT_REPLICA_LIMITS,
      network: 'none',
      resourceClass: 'cpu',
      evictable: false,
    });
    set = started;
    void printLogs(started, print);
    const lanes = lanesOf(started, options.replicas, clock);
    started.scale(options.replicas);
    const loaded = await firstLoaded(started, signal);
    for (const warning of loaded.warnings) tell(`Warning: ${warning}`);
    const rowWise = loaded.rowWise.state === 'proven' || loaded.rowWise.state === 'forced';
    const usesColumns = signature !== undefined && signature.path === 'columns' && loaded.path !== 'raw';
    const route: Route = {
      endpointId: 'model',
      name: 'model',
      configVersion: 1,
      entities: [
        {
          id: 'model',
          name: found.name,
          modelName: found.name,
          modelVersion: found.version,
          weight: 100,
          path: usesColumns ? 'columns' : 'raw',
          signature,
          domain: undefined,
          batch: { ...DEFAULT_BATCH_RULES, rowWise },
          lanes,
          fallback: undefined,
          fallbackJoins: false,
          slots: SLOTS,
          onNotRowWise: () =>
            tell('An answer showed that rows depend on each other: requests are not joined.'),
        },
      ],
      strict: false,
      deadlineMs: options.deadlineMs,
      maxWaiting: options.maxWaiting,
      log: undefined,
      rateLimits: [],
    };
    return {
      name: found.name,
      version: found.version,
      digest: copy.digest,
      mlflowVersion: mlflowOf(environment, modelFile),
      environment,
      route,
      isReady: () => started.channels.length > 0,
      async close({ drainMs }) {
        await started.close({ drainMs });
        keepEnvironment();
        keepFiles();
      },
    };
  } catch (error) {
    await set?.close({ drainMs: 0 });
    keepEnvironment();
    keepFiles();
    throw error;
  }
}

function lanesOf(set: ReplicaSet, replicas: number, clock: Clock) {
  let failedAtMs: number | undefined;
  const lanes = createReplicaLanes(
    () => undefined,
    () => {
      if (failedAtMs === undefined || clock.nowMs() - failedAtMs < START_AGAIN_MS) return;
      failedAtMs = undefined;
      lanes.fail(undefined);
      set.scale(replicas);
    },
  );
  set.onChange((change) => {
    if (change.kind !== 'failed') return;
    failedAtMs = clock.nowMs();
    lanes.fail(
      unavailable(`The model does not start any more: ${change.failure.message}`, {
        retryAfterS: START_AGAIN_MS / 1000,
      }),
    );
  });
  lanes.use(set);
  return lanes;
}

/** @throws AppError InvalidState where it does not load; the signal's reason */
async function firstLoaded(set: ReplicaSet, signal: AbortSignal) {
  const waiting = Promise.withResolvers<void>();
  const stop = () => waiting.reject(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  const unsubscribe = set.onChange((change) => {
    if (change.kind === 'ready') waiting.resolve();
    else if (change.kind === 'failed') waiting.reject(new AppError('InvalidState', change.failure.message));
  });
  try {
    if (signal.aborted) stop();
    if (set.channels.length === 0) await waiting.promise;
    return set.channels[0]!.loaded;
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', stop);
  }
}

async function printLogs(set: ReplicaSet, print: (text: string) => void): Promise<void> {
  for await (const { text, dropped } of set.logs()) {
    if (dropped > 0) print(`… ${dropped} bytes dropped\n`);
    print(text);
  }
}

function mlflowOf({ versions }: BuiltEnvironment, modelFile: ModelFile): string {
  return versions.mlflow ?? versions['mlflow-skinny'] ?? modelFile.mlflowVersion ?? '';
}
