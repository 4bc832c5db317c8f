import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Files } from './artifacts/files.ts';
import { type EngineSettings, openEngines } from './compose-engines.ts';
import type { InferenceLogSurface } from './compose-inference-log.ts';
import type { Database } from './db/port.ts';
import { createEnvironments, type EnvironmentSettings } from './environments/environment-store.ts';
import type { DomainEvent } from './events/events.ts';
import type { Access } from './governance/access.ts';
import type { Governance } from './governance/governance.ts';
import type { DatabricksRoute } from './http/databricks/routes.ts';
import { servingEndpointRoutes } from './http/databricks/serving-endpoints.ts';
import type { CaptureTable } from './http/databricks/serving-rendering.ts';
import { renderScoringFailure } from './http/invocations/answers.ts';
import { createInvocationRoutes } from './http/invocations/surface.ts';
import type { Logger } from './http/logger.ts';
import type { MlflowRoute } from './http/mlflow/routes.ts';
import { type ReadModelName, schemaMissing } from './http/model-access.ts';
import { requireOn } from './http/route-access.ts';
import type { RawRoute } from './http/routes.ts';
import { servingReadRoutes } from './http/slipway/serving.ts';
import type { Clock } from './kernel/clock.ts';
import { AppError, invalidArgument } from './kernel/errors.ts';
import { randomHexId } from './kernel/ids.ts';
import type { ObjectStore } from './objects/port.ts';
import { PROGRAMS_FOLDER } from './python-programs.ts';
import { securableOf } from './registry/model-names.ts';
import { nameOfNumber } from './registry/version-contents.ts';
import { createSecretScopes, scopeSecurable } from './secrets/scopes.ts';
import type { Sealer } from './secrets/sealer.ts';
import { type Compilation, createCompilations } from './serving/compiled/compilations.ts';
import { createCompiler } from './serving/compiled/compiler.ts';
import { createDeployments } from './serving/deployments.ts';
import type { CaptureConfig, EndpointConfig } from './serving/endpoint-config.ts';
import { createEndpointHistory, SAMPLE_MS } from './serving/endpoint-history.ts';
import { createEndpointReads } from './serving/endpoint-reads.ts';
import type { EndpointView } from './serving/endpoint-states.ts';
import { type Captures, createEndpoints, type Endpoints } from './serving/endpoints.ts';
import { createVariableReader } from './serving/environment-variables.ts';
import { createGateway } from './serving/gateway/gateway.ts';
import type { AnsweredRequest } from './serving/gateway/gateway-port.ts';
import type { OpenLog } from './serving/local-endpoint.ts';
import { createModelFiles } from './serving/model-files.ts';
import { createNativeModels } from './serving/native-models.ts';
import { createNodes } from './serving/nodes.ts';
import { createOnnxThreads } from './serving/onnx/onnx-threads.ts';
import { createPreparation } from './serving/preparation.ts';
import { createReconciler } from './serving/reconciler.ts';
import { createServedVersions } from './serving/served-versions.ts';

/** The settings of that name. */
export interface ServingSettings extends EngineSettings {
  readonly home: string;
  readonly idleMs: number;
  readonly deadlineMs: number;
  readonly environments: Omit<EnvironmentSettings, 'uvRequirements'> & {
    readonly maxBytes: number;
  };
}

export interface ServingDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly settings: ServingSettings;
  /** Names the installation, whose servers share one database. */
  readonly place: string;
  /** Whether callers have identities. */
  readonly auth: boolean;
  readonly governance: Governance;
  readonly sealer: Sealer;
  readonly files: Pick<Files, 'open'>;
  /** Where compiled models are kept. */
  readonly store: Pick<ObjectStore, 'put' | 'get'>;
  readonly inferenceLog: Pick<InferenceLogSurface, 'tables' | 'openLog'>;
  readonly readModelName: ReadModelName;
  /** Hears of each request to an endpoint when it has been answered. */
  readonly onAnswered: ((request: AnsweredRequest) => void) | undefined;
  readonly logger: Logger;
  onError(error: unknown): void;
}

export interface ServingSurface {
  readonly routes: readonly DatabricksRoute[];
  readonly rawRoutes: readonly RawRoute[];
  /** What pages read. */
  readonly readRoutes: readonly MlflowRoute[];
  /** In Prometheus' text format. */
  renderMetrics(): string;
  readonly endpoints: Pick<Endpoints, 'find' | 'hasId' | 'get'>;
  /** What became of compiling what an endpoint serves, by name of the entity. */
  compilationsOf(endpoint: EndpointView): Promise<ReadonlyMap<string, Compilation>>;
  onEvents(events: readonly DomainEvent[]): void;
  /** Brings up what is wanted; resolves when what is on this machine already answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const COLLECT_MS = 60 * 60_000;
const DRAIN_MS = 10_000;

/** Puts model serving together: what is wanted, what runs, and the gateway between. */
export async function composeServing(dependencies: ServingDependencies): Promise<ServingSurface> {
  const { db, clock, settings, auth, governance, files, readModelName, logger, onError } = dependencies;
  const { snapshot, grants, ownership } = governance;
  const nowMs = () => performance.now();
  const engines = await openEngines(settings, { place: dependencies.place, onError });
  const { maxBytes: environmentsMaxBytes, ...environmentSettings } = settings.environments;
  const environments = createEnvironments(
    {
      ...environmentSettings,
      uvRequirements: join(PROGRAMS_FOLDER, 'uv.txt'),
    },
    { clock },
  );
  const modelFiles = createModelFiles({
    folder: join(settings.home, 'models'),
    maxBytes: settings.modelsMaxBytes,
    nowMs: clock.nowMs,
  });
  const gateway = createGateway({
    clock,
    steadyMs: nowMs,
    seed: () => Math.floor(Math.random() * 2 ** 32),
    renderFailure: renderScoringFailure,
    onAnswered: dependencies.onAnswered,
    onModelFailure: (requestId, endpoint, error) =>
      logger.info('a model failed', { requestId, endpoint, error: error.message }),
  });

  const accessOf = (principalId: string): Access | undefined => snapshot.accessOf(principalId);
  const scopes = createSecretScopes({ db, clock, sealer: dependencies.sealer, grants, ownership });
  const servedVersions = createServedVersions({ db, clock });
  const waker = { wake: () => {} };
  const nodeId = randomHexId();
  const threads = createOnnxThreads({
    program: new URL(
      `./${import.meta.url.endsWith('.ts') ? 'serving/onnx/onnx-thread.ts' : 'onnx-thread.js'}`,
      import.meta.url,
    ),
    threads: Math.max(1, availableParallelism() - 1),
  });
  const compilations = createCompilations({
    db,
    clock,
    nodeId,
    store: dependencies.store,
    // Beside the server: what it makes is read here.
    compile: createCompiler({
      engine: engines.named('local'),
      environments,
      programs: PROGRAMS_FOLDER,
      requirementsFile: join(PROGRAMS_FOLDER, 'model_compiler', 'requirements.txt'),
    }),
  });
  const deployments = createDeployments({
    engineOf: engines.named,
    clock,
    prepare: createPreparation({
      db,
      servedVersions,
      modelFiles,
      environments,
      openFile: async (path) => (await files.open(path)).read.stream,
    }),
    readVariables: createVariableReader({
      readSecret: (scope, key) => scopes.get(scope, key),
      mayRead: (makerId, scope) =>
        !auth || accessOf(makerId)?.decide('secret-scope.read', scopeSecurable(scope)) === 'allowed',
    }),
    keepFacts: servedVersions.keepFacts,
    native: createNativeModels({ threads, compilations }),
    cores: availableParallelism(),
    idleMs: settings.idleMs,
    onChange: () => waker.wake(),
    onError,
  });
  const reconciler = createReconciler({
    db,
    clock,
    nodes: createNodes({ db, clock, nodeId }),
    gateway,
    deployments,
    openLog: createOpenLog(dependencies.inferenceLog),
    async mayServe(makerId, modelNo) {
      if (!auth) return true;
      const name = await db.read((sql) => nameOfNumber(sql, modelNo));
      return accessOf(makerId)?.decide('model.read-files', securableOf(name)) === 'allowed';
    },
    deadlineMs: settings.deadlineMs,
    onError,
  });
  waker.wake = reconciler.wake;
  const captures = createCaptures(dependencies.inferenceLog);
  const endpoints = createEndpoints({ db, clock, ownership, captures, wake: reconciler.wake });

  async function tableOf({ endpointNo }: EndpointView): Promise<CaptureTable | undefined> {
    const [table] = await dependencies.inferenceLog.tables.ofEndpoint(endpointNo);
    if (table === undefined) return undefined;
    const { catalog, schema, name, status, message } = table;
    return { name: `${catalog}.${schema}.${name}`, status, message };
  }

  /** @throws AppError InvalidArgument; as for a schema that is not there, or where no table may be made. */
  function requireCapture({ capture }: EndpointConfig, access: Access): void {
    if (capture === undefined || !capture.enabled) return;
    const { catalog, schema } = placeOf(capture);
    const missing = () => schemaMissing(access, [catalog, schema]);
    requireOn(access, 'schema.create-table', [{ on: { type: 'schema', catalog, schema }, missing }]);
    if (snapshot.spelling({ catalog, schema }) === undefined) throw missing();
  }

  const managed = servingEndpointRoutes({
    endpoints,
    readModelName,
    logOf: (endpointId, entity) => reconciler.logOf(endpointId, entity),
    routeOf: (endpointId) => gateway.table.findById(endpointId),
    countsOf: (endpointId) => gateway.counters.of(endpointId),
    requireCapture,
    tableOf,
  });
  const history = createEndpointHistory({
    counters: gateway.counters,
    replicasOf: (endpointId, entity) =>
      reconciler.servedBy(endpointId).find(({ name }) => name === entity)?.deployment.replicas ?? 0,
  });
  const readRoutes = servingReadRoutes({
    endpoints,
    reads: createEndpointReads({ db, clock }),
    history,
    readModelName,
    servedBy: reconciler.servedBy,
    countsOf: (endpointId) => gateway.counters.of(endpointId),
    logOf: (endpointId, entity) => reconciler.logOf(endpointId, entity),
    tableOf,
    process: { id: nodeId, sinceMs: clock.nowMs() },
    nowMs: clock.nowMs,
  });
  let collecting: NodeJS.Timeout | undefined;
  let sampling: NodeJS.Timeout | undefined;
  const collect = () => {
    modelFiles.collect().catch(onError);
    environments.collect({ maxBytes: environmentsMaxBytes }).catch(onError);
  };

  return {
    routes: managed.routes,
    rawRoutes: [...managed.rawRoutes, ...createInvocationRoutes(gateway)],
    readRoutes,
    renderMetrics: () => gateway.counters.render(),
    endpoints,
    async compilationsOf(endpoint) {
      const served = [...(await endpoints.servedBy(endpoint))];
      return new Map(
        await Promise.all(served.map(async ([name, of]) => [name, await compilations.find(of)] as const)),
      );
    },
    onEvents(events) {
      if (events.some(({ entity }) => entity === 'model_version_alias')) reconciler.wake();
    },
    async start() {
      const { isolation, isolationLack } = await engines.usual.facts();
      if (isolation !== 'jail')
        logger.warn('processes with models are not kept from the files and the network of this machine', {
          why: isolationLack,
        });
      await reconciler.start();
      collecting = setInterval(collect, COLLECT_MS);
      collecting.unref();
      sampling = setInterval(() => history.sample(clock.nowMs()), SAMPLE_MS);
      sampling.unref();
      collect();
    },
    async stop() {
      clearInterval(collecting);
      clearInterval(sampling);
      await gateway.close(DRAIN_MS);
      await reconciler.stop();
      await engines.close();
      await threads.close();
    },
  };
}

function placeOf({ catalog, schema }: CaptureConfig): { readonly catalog: string; readonly schema: string } {
  if (catalog !== undefined && schema !== undefined) return { catalog, schema };
  throw invalidArgument("To keep requests in a table, say 'catalog_name' and 'schema_name'.", {
    field: 'catalog_name',
  });
}

const createCaptures = ({ tables }: ServingDependencies['inferenceLog']): Captures => ({
  release: (tx, endpointNo) => tables.release(tx, endpointNo),
  async want(tx, { endpointNo, name, config: { capture } }, by) {
    if (capture === undefined) return;
    const { kind, enabled } = capture;
    if (!enabled && capture.catalog === undefined) return tables.release(tx, endpointNo, kind);
    const place = placeOf(capture);
    await tables.want(tx, { endpointNo, kind, ...place, prefix: capture.prefix ?? name, enabled }, by);
  },
});

/** The table is made when the configuration is brought up. What has answered before answers on without it. */
const createOpenLog =
  ({ tables, openLog }: ServingDependencies['inferenceLog']): OpenLog =>
  async ({ endpointNo, config: { capture }, proves }) => {
    if (capture === undefined || !capture.enabled) return undefined;
    const log = await openLog(endpointNo);
    if (log !== undefined) return { log, mode: 'every', samplingFraction: 1 };
    if (!proves) return undefined;
    const [table] = await tables.ofEndpoint(endpointNo);
    throw new AppError('InvalidState', table?.message || 'The table for requests is not there.');
  };
