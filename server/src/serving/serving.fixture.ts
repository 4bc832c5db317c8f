import type { Database } from '../db/port.ts';
import type { BuiltEnvironment } from '../environments/environments.ts';
import { type Access, fullAccess, LOCAL_USER } from '../governance/access.ts';
import { systemClock } from '../kernel/clock.ts';
import { invalidArgument, unavailable } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import type { Channel, Engine, ReplicaSet, SetChange, SetSpec, SetStatus } from '../processes/port.ts';
import { createDeployments } from './deployments.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import { readConfig, type WrittenEntity } from './endpoint-rules.ts';
import { createEndpoints } from './endpoints.ts';
import type { Gateway, ScoringRequest } from './gateway/gateway-port.ts';
import type { Route } from './gateway/lane.ts';
import type { NativeModels } from './native-models.ts';
import { createNodes } from './nodes.ts';
import type { Prepare } from './preparation.ts';
import { createReconciler } from './reconciler.ts';
import { createServedVersions } from './served-versions.ts';

export const CALLER: Access = fullAccess(LOCAL_USER);

/** An engine whose replicas are there at once and answer nothing: what runs is looked at in `sets`. Ends take a moment. */
export function createMemoryEngine(failing: (spec: SetSpec) => string | undefined = () => undefined) {
  const sets = new Map<string, ReplicaSet & { readonly spec: SetSpec }>();
  const engine: Engine = {
    kind: 'local',
    facts: async () => ({
      resourceClasses: ['cpu'],
      isolation: 'process',
      isolationLack: undefined,
      memoryBudgetBytes: 2 ** 30,
      memoryUsedBytes: 0,
    }),
    ensure(spec) {
      const known = sets.get(spec.key);
      if (known !== undefined) return known;
      const set = createMemorySet(spec, failing(spec), () => sets.delete(spec.key));
      sets.set(spec.key, set);
      return set;
    },
    warm: () => undefined,
    list: async () => [],
    close: async () => undefined,
  };
  return { engine, sets };
}

function createMemorySet(
  spec: SetSpec,
  failure: string | undefined,
  onClosed: () => void,
): ReplicaSet & { readonly spec: SetSpec } {
  const listeners = new Set<(change: SetChange) => void>();
  let channels: readonly Channel[] = [];
  let want = 0;
  let ended = false;
  const status = (): SetStatus => ({
    want,
    starting: failure === undefined ? want - channels.length : 0,
    ready: channels.length,
    backingOff: 0,
    waitsForMemory: false,
    failure: failure === undefined || want === 0 ? undefined : { reason: 'load-failed', message: failure },
  });
  const tell = (change: SetChange) => {
    for (const listener of [...listeners]) listener(change);
  };
  return {
    spec,
    key: spec.key,
    scale(next) {
      want = next;
      queueMicrotask(() => {
        if (ended) return;
        if (failure !== undefined)
          return tell({ kind: 'failed', failure: { reason: 'load-failed', message: failure } });
        channels = Array.from({ length: want }, (_, i) => channels[i] ?? memoryChannel(`${spec.key}/${i}`));
        for (const channel of channels) tell({ kind: 'ready', replica: channel.id, channel });
      });
    },
    get channels() {
      return channels;
    },
    get status() {
      return status();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    async *logs() {
      yield { replica: '0', stream: 'out', text: `${spec.model.digest} started\n`, dropped: 0 };
    },
    usage: async () => [],
    async close() {
      ended = true;
      channels = [];
      await new Promise((resolve) => setImmediate(resolve));
      listeners.clear();
      onClosed();
    },
  };
}

const memoryChannel = (id: string): Channel => ({
  id,
  capacity: 1,
  inFlight: 0,
  loaded: {
    path: 'frame',
    rowWise: { state: 'off', why: '' },
    output: 'columns',
    versions: {},
    warnings: [],
    loadMs: 1,
    memoryBytes: 1,
    isolation: [],
  },
  send: () => Promise.reject(unavailable('It answers nothing.', { reason: 'not-sent' })),
});

/** A gateway that only keeps its routes; `answers` decides what a probe gets, `release` lets replaced routes drain. */
function createMemoryGateway(answers: (request: ScoringRequest) => string | undefined = () => undefined) {
  const routes = new Map<string, Route>();
  const history: Route[] = [];
  const held: (() => void)[] = [];
  let holds = false;
  const replaced = () =>
    holds ? new Promise<void>((resolve) => void held.push(resolve)) : Promise.resolve();
  const gateway: Gateway = {
    table: {
      find: (name) => [...routes.values()].find((route) => route.name === name),
      findById: (id) => routes.get(id),
      list: () => [...routes.values()],
      put(route) {
        routes.set(route.endpointId, route);
        history.push(route);
        return replaced();
      },
      remove(id) {
        routes.delete(id);
        return replaced();
      },
    },
    counters: { list: () => [], of: () => [], forget: () => undefined, render: () => '' },
    answer(request, done) {
      const entity = request.route.entities.find(({ name }) => name === request.entity)!;
      const message = answers(request);
      done(
        message === undefined
          ? { error: undefined, body: '{}', entity, lane: 'python', ignored: undefined }
          : { error: unavailable(message), entity },
      );
      return { leave: () => undefined };
    },
    close: async () => undefined,
  };
  return {
    gateway,
    routes,
    history,
    hold() {
      holds = true;
    },
    release() {
      holds = false;
      for (const resolve of held.splice(0)) resolve();
    },
  };
}

const builtEnvironment: BuiltEnvironment = {
  key: 'e'.repeat(64),
  python: '/usr/bin/python3',
  preload: [],
  roots: [],
  pythonVersion: '3.11.7',
  versions: {},
  warnings: [],
};

/** Every version is prepared at once: its digest is its number. */
export const prepareAtOnce: Prepare = async ({ of }) => ({
  modelName: 'm',
  folder: '/models/m',
  digest: `version-${of.version}`,
  modelFile: {
    flavors: ['python_function'],
    loader: 'mlflow.pyfunc',
    predictFunction: 'predict',
    onnxFile: undefined,
    pythonVersion: '3.11.7',
    mlflowVersion: '3.17.2',
    signature: undefined,
    servingExample: undefined,
    modelConfig: undefined,
  },
  build: async () => builtEnvironment,
  example: Buffer.from('{}'),
  facts: undefined,
  release: () => undefined,
});

export interface TestedNodeOptions {
  readonly native?: NativeModels;
  readonly failing?: (spec: SetSpec) => string | undefined;
  readonly prepare?: Prepare;
  readonly answers?: (request: ScoringRequest) => string | undefined;
  readonly mayServe?: () => Promise<boolean>;
  readonly readVariables?: (
    variables: Readonly<Record<string, string>>,
  ) => Promise<Readonly<Record<string, string>>>;
}

/** One server process with what it serves, over a database that may be shared. */
export function createTestedNode(db: Database, options: TestedNodeOptions = {}) {
  const clock = systemClock;
  const { engine, sets } = createMemoryEngine(options.failing);
  const memory = createMemoryGateway(options.answers);
  const errors: unknown[] = [];
  const waker: { wake: () => void } = { wake: () => undefined };
  const deployments = createDeployments({
    engineOf(name) {
      if (name !== undefined && name !== 'local') throw invalidArgument(`There is no engine ${name} here.`);
      return engine;
    },
    clock,
    prepare: options.prepare ?? prepareAtOnce,
    readVariables: options.readVariables ?? (async (variables) => variables),
    keepFacts: createServedVersions({ db, clock }).keepFacts,
    native: options.native,
    cores: 2,
    idleMs: 300_000,
    onChange: () => waker.wake(),
    onError: (error) => errors.push(error),
  });
  const reconciler = createReconciler({
    db,
    clock,
    nodes: createNodes({ db, clock, nodeId: randomHexId() }),
    gateway: memory.gateway,
    deployments,
    openLog: async () => undefined,
    mayServe: options.mayServe ?? (async () => true),
    deadlineMs: 1_000,
    onError: (error) => errors.push(error),
  });
  waker.wake = reconciler.wake;
  const endpoints = createEndpoints({
    db,
    clock,
    ownership: { claim: async () => undefined, drop: async () => undefined },
    captures: { want: async () => undefined, release: async () => undefined },
    wake: reconciler.wake,
  });
  return { reconciler, endpoints, sets, memory, errors };
}

const servedEntity = (more: Partial<WrittenEntity> = {}): WrittenEntity => ({
  name: undefined,
  model: 'm',
  version: '1',
  size: undefined,
  minConcurrency: undefined,
  maxConcurrency: undefined,
  workloadType: undefined,
  scaleToZero: undefined,
  compiledLane: undefined,
  variables: {},
  ...more,
});

export const servedConfig = (...entities: readonly Partial<WrittenEntity>[]): EndpointConfig =>
  readConfig({ entities: entities.map(servedEntity), routes: undefined, capture: undefined }, (text) => text);

export const newEndpoint = (name: string, config: EndpointConfig) => ({
  name,
  config,
  description: '',
  tags: [],
  settings: {},
});
