import { openBlobKeys } from './artifacts/blob-keys.ts';
import { createDirectTransfers } from './artifacts/direct-transfers.ts';
import { type ArtifactDeletionGuard, createFiles } from './artifacts/files.ts';
import { createGarbage } from './artifacts/garbage.ts';
import { guardVolumeFolder } from './artifacts/volumes.ts';
import { composeAudit } from './compose-audit.ts';
import { composeDatabricks } from './compose-databricks.ts';
import { composeFiles } from './compose-files.ts';
import { composeGovernance } from './compose-governance.ts';
import { composeInferenceLog } from './compose-inference-log.ts';
import { defaultArtifactLocation, parseArtifactLocation } from './compose-locations.ts';
import { composeNotifications } from './compose-notifications.ts';
import { composeRegistry } from './compose-registry.ts';
import { composeServing, type ServingSurface } from './compose-serving.ts';
import { composeStatements } from './compose-statements.ts';
import { openDatabaseWithKey, openStore, trashGuards } from './compose-storage.ts';
import { composeTelemetry } from './compose-telemetry.ts';
import type { Config } from './config.ts';
import type { Database, Transaction } from './db/port.ts';
import { createAskers } from './governance/askers.ts';
import { createHeldGrants } from './governance/held-grants.ts';
import type { SchemaContents } from './governance/schemas.ts';
import { openWorkspaceIdentity } from './governance/workspace-identity.ts';
import { createWorkspaceSettings, limitLifetimes } from './governance/workspace-settings.ts';
import { requireWarehouse } from './http/databricks/sql-warehouses.ts';
import { workspaceConfRoutes } from './http/databricks/workspace-conf.ts';
import { createLogger, errorFields, type Logger } from './http/logger.ts';
import { createServerMetrics } from './http/metrics.ts';
import { artifactStreamRoutes } from './http/mlflow/artifact-proxy.ts';
import { artifactRoutes } from './http/mlflow/artifacts.ts';
import { assessmentRoutes } from './http/mlflow/assessments.ts';
import { directTransferRoutes } from './http/mlflow/direct-transfers.ts';
import { experimentRoutes } from './http/mlflow/experiments.ts';
import { loggedModelRoutes } from './http/mlflow/logged-models.ts';
import { metricRoutes } from './http/mlflow/metrics.ts';
import { modelVersionRoutes } from './http/mlflow/model-versions.ts';
import { oldTraceRoutes } from './http/mlflow/old-traces.ts';
import { permissionRoutes } from './http/mlflow/permissions.ts';
import { registeredModelRoutes } from './http/mlflow/registered-models.ts';
import { roleRoutes } from './http/mlflow/roles.ts';
import { runInputRoutes } from './http/mlflow/run-inputs.ts';
import { runRoutes } from './http/mlflow/runs.ts';
import { serverFactRoutes } from './http/mlflow/server-facts.ts';
import { createTargets } from './http/mlflow/targets.ts';
import { traceMetricRoutes } from './http/mlflow/trace-metrics.ts';
import { traceRoutes } from './http/mlflow/traces.ts';
import { userRoutes } from './http/mlflow/users.ts';
import { webhookRoutes } from './http/mlflow/webhooks.ts';
import { openApiRoute } from './http/openapi.ts';
import { otlpRoutes } from './http/otlp.ts';
import { createPages } from './http/pages.ts';
import { probeRoutes } from './http/probes.ts';
import { buildHttpServer, type HttpServer } from './http/server.ts';
import { createShownLocations } from './http/shown-locations.ts';
import { artifactViewRoutes } from './http/slipway/artifact-view.ts';
import { chartLineRoutes } from './http/slipway/chart-lines.ts';
import { compiledEvidenceRoutes } from './http/slipway/compiled-evidence.ts';
import { createLiveStreams } from './http/slipway/events.ts';
import { experimentFolderRoutes } from './http/slipway/experiment-folders.ts';
import { feedbackRoutes } from './http/slipway/feedback.ts';
import { homeRoutes } from './http/slipway/home.ts';
import { modelActivityRoutes } from './http/slipway/model-activity.ts';
import { modelVersionTableRoutes } from './http/slipway/model-versions.ts';
import { runBulkRoutes } from './http/slipway/run-bulk.ts';
import { runColumnRoutes } from './http/slipway/run-columns.ts';
import { runExportRoutes } from './http/slipway/run-export.ts';
import { runTableRoutes } from './http/slipway/run-table.ts';
import { runTagEditRoutes } from './http/slipway/run-tag-edit.ts';
import { trackingExtensionRoutes } from './http/slipway/tracking.ts';
import { savedViewRoutes } from './http/slipway/views.ts';
import { createVersionOrigins } from './http/version-origins.ts';
import { createPendingCreates } from './idempotency/pending-creates.ts';
import { systemClock } from './kernel/clock.ts';
import { AppError } from './kernel/errors.ts';
import { parseLocation } from './objects/location.ts';
import { createModelActivity } from './registry/activity.ts';
import { createAliases } from './registry/aliases.ts';
import { parseModelName } from './registry/model-names.ts';
import { parseVersion } from './registry/model-rules.ts';
import { createModels } from './registry/models.ts';
import { createRecentModels } from './registry/recent-models.ts';
import { createSchemaModels, findModelInTheWay } from './registry/schema-models.ts';
import type { HostPolicy } from './registry/source-hosts.ts';
import { closeVersionFiles, keepVersionFiles } from './registry/version-files.ts';
import { guardVersionFolder, requireModelAt } from './registry/version-folders.ts';
import { createVersionPlaces } from './registry/version-places.ts';
import { createVersionTable } from './registry/version-table.ts';
import { createVersions } from './registry/versions.ts';
import { createSealer } from './secrets/sealer.ts';
import { guardServedVersions } from './serving/configs.ts';
import { type Door, parseBody } from './setup/door.ts';
import { createAssessments } from './traces/assessments.ts';
import { createSpanLog } from './traces/span-log.ts';
import { createTraceData } from './traces/trace-data.ts';
import { createTraceMetrics } from './traces/trace-metrics.ts';
import { createTraceSearches } from './traces/trace-search.ts';
import { createTraces } from './traces/traces.ts';
import { createActivity } from './tracking/activity.ts';
import { createCharts } from './tracking/charts.ts';
import { createExperimentFolders } from './tracking/experiment-folders.ts';
import { createExperimentOverview } from './tracking/experiment-overview.ts';
import { createExperimentTree } from './tracking/experiment-tree.ts';
import { createExperiments } from './tracking/experiments.ts';
import { createFinder } from './tracking/finder.ts';
import { createLoggedModels, modelMetrics } from './tracking/logged-models.ts';
import { createMetrics } from './tracking/metrics.ts';
import { createOwners } from './tracking/owners.ts';
import { createRunBulk } from './tracking/run-bulk.ts';
import { createRunColumns } from './tracking/run-columns.ts';
import { createRunExport } from './tracking/run-export.ts';
import { createRunGroups } from './tracking/run-groups.ts';
import { createRunInputs } from './tracking/run-inputs.ts';
import { createRunKeys } from './tracking/run-keys.ts';
import { createRunLists } from './tracking/run-lists.ts';
import { createRunOpening } from './tracking/run-opening.ts';
import { createRunSearches } from './tracking/run-search.ts';
import { createRunTable } from './tracking/run-table.ts';
import { createRunTagEdits } from './tracking/run-tag-edit.ts';
import { createRuns } from './tracking/runs.ts';
import { createSavedViews } from './tracking/saved-views.ts';
import { createTrash } from './tracking/trash.ts';
import { createTrashSweeper } from './tracking/trash-sweeper.ts';

export interface Program {
  readonly server: HttpServer;
  readonly db: Database;
  readonly logger: Logger;
  /** Stops taking requests, ends what runs, and closes the database. */
  close(): Promise<void>;
}

/**
 * Puts the program together: the only place where adapters, services and routes are made.
 * @param options `servesModels`: whether endpoints are brought up; not by commands that end at once.
 */
export async function compose(config: Config, { servesModels = true } = {}): Promise<Program> {
  const logger = createLogger(config.logLevel, (text) => process.stdout.write(text));
  const clock = systemClock;
  const inBackground = (what: string) => (error: unknown) =>
    logger.error(`${what} failed`, errorFields(error));
  const { db, key } = await openDatabaseWithKey(config, inBackground('what follows a write'));

  const askers = createAskers();
  const audit = composeAudit({
    db,
    clock,
    secretKey: key,
    askers,
    mode: config.audit ?? (config.auth ? 'on' : 'off'),
    onError: inBackground('the audit log'),
  });
  const sealer = createSealer(key);
  /** What lies in schemas; filled below, where it is made. */
  const schemaContents: SchemaContents[] = [];
  const governance = await composeGovernance({
    db,
    clock,
    config,
    sealer,
    contents: schemaContents,
    guardCatalogName: refuseNameOfPlainModels,
    askers,
    tellOperator: (text) => process.stderr.write(text),
    onError: inBackground('governance'),
  });
  /** Who serves models is made later, and is told of nothing before. */
  const servingEvents: { tell: ServingSurface['onEvents'] } = { tell() {} };
  const notifications = await composeNotifications({
    db,
    clock,
    sealer,
    allowHttp: config.webhooksAllowHttp,
    allowPrivate: config.webhooksAllowPrivate,
    inBackground,
    onEvents: (events) => servingEvents.tell(events),
  });
  const { journal, recordEvents } = notifications;

  const hostPolicy: HostPolicy = {
    allowedSchemes: config.allowedSourceSchemes,
    ownStorage: [parseLocation(config.artifactsDestination ?? config.home, { relativeTo: process.cwd() })],
  };
  const experiments = createExperiments({
    db,
    clock,
    defaultArtifactLocation,
    parseArtifactLocation: (text, by) => parseArtifactLocation(text, hostPolicy, by),
    recordEvents,
    ownership: governance.ownership,
  });
  await experiments.ensureDefault();
  const pendingCreates = createPendingCreates({ db, clock });
  await pendingCreates.start();
  const charts = createCharts({ db });
  const runs = createRuns({
    db,
    clock,
    modelMetrics,
    pendingCreates,
    onGrown: charts.grown,
    onChange: journal.report,
    recordEvents,
  });
  const runInputs = createRunInputs({ db });
  const loggedModels = createLoggedModels({ db, clock, pendingCreates });
  const searches = createRunSearches({ db });
  const runLists = createRunLists({ db });
  const runKeys = createRunKeys({ db });
  const runTable = createRunTable({ db, lists: runLists });
  const runBulk = createRunBulk({ db, lists: runLists, runs });
  const metrics = createMetrics({ db, charts });

  const artifactLocationOf = (experimentNo: number) => experiments.activeLocation(experimentNo);
  const traces = createTraces({ db, clock, artifactLocationOf, onChange: journal.report });
  const traceSearches = createTraceSearches({ db });
  const readModelName = (text: string) => parseModelName(text, governance.snapshot);
  const owners = createOwners({ db });
  const targets = createTargets({
    owners,
    experimentsOfTraces: traces.experimentsOf,
    readModelName,
    modelsAt: createVersionPlaces({ db }).modelsAt,
  });
  const origins = createVersionOrigins({ owners, readModelName });

  const registry = { db, clock, recordEvents, storedName: (text: string) => readModelName(text).stored };
  const models = createModels({
    ...registry,
    write: governance.write,
    guardDeletion: guardServedVersions,
    ownership: governance.ownership,
  });
  schemaContents.push(createSchemaModels({ deleteModel: models.deleteWithin }));
  const versions = createVersions({
    ...registry,
    pendingCreates,
    sourcePolicy: { pattern: config.sourcePattern, ...hostPolicy },
    guardPromotion: async () => {},
    guardDeletion: guardServedVersions,
  });
  const aliases = createAliases({ db, clock, recordEvents, guardPromotion: async () => {} });
  notifications.start();

  const store = await openStore(config, clock);
  const keys = await openBlobKeys(db);
  const guardWrite: ArtifactDeletionGuard = async (sql, path) => {
    await guardVersionFolder(sql, path);
    await guardVolumeFolder(sql, path);
  };
  const guards = { guardDeletion: keepVersionFiles, guardWrite, guardAddition: closeVersionFiles };
  const files = createFiles({ db, store, keys, clock, ...guards });
  const { sign: signer } = store;
  const transfers =
    config.directTransfers && signer !== undefined
      ? createDirectTransfers({ db, store, signer, keys, files, clock })
      : undefined;
  const artifacts = {
    files,
    runs,
    loggedModels,
    targets,
    readModelName,
    getVersionLocation: (name: string, version: string) => versions.downloadUri(name, parseVersion(version)),
  };
  const sweeper = createTrashSweeper({
    trash: createTrash({ db, clock, guards: trashGuards, ownership: governance.ownership }),
    garbage: createGarbage({ db, store, keys, clock }),
    clock,
    undoWindowMs: config.undoWindowMs,
    onError: inBackground('emptying the trash'),
  });
  sweeper.start();
  audit.start();
  const liveStreams = createLiveStreams(journal, readModelName);
  const authApp = {
    ...governance,
    held: createHeldGrants({ db }),
    things: { requireExperiment: experiments.get, requireModel: models.get },
    readModelName,
  };
  const overview = createExperimentOverview({ db });
  const trackingRoutes = [
    ...experimentRoutes(experiments),
    ...experimentFolderRoutes(createExperimentFolders({ db, clock, recordEvents })),
    ...runRoutes({ runs, searches, pendingCreates, targets }),
    ...runInputRoutes(runInputs, targets),
    ...metricRoutes(metrics, targets),
    ...trackingExtensionRoutes({ runs, experiments, charts, targets }),
    ...runTagEditRoutes(createRunTagEdits({ db, onChange: journal.report }), targets),
    ...chartLineRoutes(charts, targets),
    ...runTableRoutes({
      targets,
      table: runTable,
      keys: runKeys,
      opening: createRunOpening({ experiments, keys: runKeys, table: runTable }),
    }),
    ...runColumnRoutes({
      columns: createRunColumns({ db, lists: runLists }),
      groups: createRunGroups({ db, lists: runLists }),
    }),
    ...runBulkRoutes(runBulk, targets),
    ...savedViewRoutes(createSavedViews({ db, clock })),
    ...governance.mlflowRoutes,
    ...homeRoutes({
      activity: createActivity({ db }),
      overview,
      tree: createExperimentTree({ db, overview }),
      finder: createFinder({ db }),
      recentModels: createRecentModels({ db }),
    }),
    ...loggedModelRoutes(loggedModels, targets),
    ...artifactRoutes(artifacts),
    ...directTransferRoutes(transfers, targets),
    ...traceRoutes({ traces, searches: traceSearches, data: createTraceData({ db }), targets }),
    ...traceMetricRoutes(createTraceMetrics({ db })),
    ...oldTraceRoutes({ traces, searches: traceSearches, targets }),
    ...assessmentRoutes(createAssessments({ db, clock, onChange: journal.report }), targets),
    ...registeredModelRoutes({ models, aliases, origins, readModelName }),
    ...modelVersionRoutes({
      versions,
      targets,
      origins,
      readModelName,
      requireModelAt: (source) => db.read((sql) => requireModelAt(sql, source)),
    }),
    ...modelVersionTableRoutes(createVersionTable({ db }), readModelName, origins),
    ...modelActivityRoutes(createModelActivity({ db }), readModelName),
    ...webhookRoutes(notifications.webhooks),
    ...userRoutes(authApp),
    ...roleRoutes(authApp),
    ...permissionRoutes(authApp),
    ...audit.routes,
    ...serverFactRoutes({
      multipartUploads: transfers !== undefined,
      multipartDownloads: transfers !== undefined,
    }),
  ];
  const streamRoutes = [
    ...probeRoutes(),
    ...governance.rawRoutes,
    ...otlpRoutes(createSpanLog({ db, artifactLocationOf, onChange: journal.report }), targets),
    ...artifactStreamRoutes(artifacts),
    ...runExportRoutes(createRunExport({ db, lists: runLists, keys: runKeys }), targets),
    ...artifactViewRoutes({ ...artifacts, clock }),
    ...liveStreams.routes,
    ...audit.streamRoutes,
  ];
  const identity = await openWorkspaceIdentity({ db, clock });
  const settings = createWorkspaceSettings({ db });
  const databricksFiles = composeFiles({
    db,
    clock,
    store,
    keys,
    files,
    ...guards,
    key,
    governance,
    holderOf: governance.holderOf,
    metastoreId: identity.metastoreId,
    runs,
    loggedModels,
    experiments,
    owners,
    targets,
    readModelName,
  });
  const inferenceLog = await composeInferenceLog({
    db,
    clock,
    settings: config,
    governance,
    onError: inBackground('the log of requests'),
  });
  const { serving: servingConfig, environments, home } = config;
  const telemetry = composeTelemetry(config.telemetry, inBackground('sending spans'));
  const serving = await composeServing({
    db,
    clock,
    settings: { ...servingConfig, home, environments },
    place: config.databaseUrl ?? home,
    auth: config.auth,
    governance,
    sealer,
    files,
    store,
    inferenceLog,
    readModelName,
    onAnswered: telemetry.onAnswered,
    logger,
    onError: inBackground('model serving'),
  });
  servingEvents.tell = serving.onEvents;
  const sql = composeStatements({
    db,
    clock,
    store,
    keys,
    secretKey: key,
    governance,
    holderOf: governance.holderOf,
    metastoreId: identity.metastoreId,
    experiments,
    models,
    volumes: databricksFiles.volumes,
    readModelName,
    openLakeTable: inferenceLog.openLakeTable,
    onError: inBackground('statements'),
  });
  const databricks = composeDatabricks({
    db,
    clock,
    identity,
    governance: { ...governance, tokens: limitLifetimes(governance.tokens, settings) },
    sealer,
    models,
    versions,
    origins,
    runBulk,
    readModelName,
    experiments,
    hasVolume: async (name) => (await databricksFiles.volumes.find(name)) !== undefined,
    requireWarehouse,
    hasEndpoint: serving.endpoints.hasId,
  });
  schemaContents.push(...databricks.contents, databricksFiles.volumes.contents);
  const registryRoutes = composeRegistry({
    db,
    clock,
    recordEvents,
    key,
    governance,
    metastoreId: identity.metastoreId,
    design: config.databricksArtifacts,
    files,
    models,
    versions,
    aliases,
    targets,
    origins,
    readModelName,
  });
  const rawRoutes = [
    ...streamRoutes,
    ...databricks.rawRoutes,
    ...databricksFiles.rawRoutes,
    ...sql.rawRoutes,
    ...serving.rawRoutes,
  ];
  const mlflowRoutes = [
    ...trackingRoutes,
    ...feedbackRoutes({ feedback: inferenceLog.feedback, findEndpoint: serving.endpoints.find }),
    ...serving.readRoutes,
    ...compiledEvidenceRoutes({
      findEndpoint: serving.endpoints.find,
      getEndpoint: serving.endpoints.get,
      compilationsOf: serving.compilationsOf,
    }),
  ];
  const databricksRoutes = [
    ...databricks.routes,
    ...registryRoutes,
    ...databricksFiles.routes,
    ...sql.routes,
    ...serving.routes,
    ...workspaceConfRoutes(settings),
  ];
  const server = buildHttpServer({
    mlflowRoutes,
    rawRoutes: [...rawRoutes, openApiRoute(mlflowRoutes, rawRoutes, databricksRoutes)],
    databricksRoutes,
    workspaceId: identity.workspaceId,
    authenticate: governance.authenticate,
    locations: createShownLocations(config.databricksArtifacts),
    audit: audit.trails,
    pages: createPages(config.pagesFolder, { hasIdentities: config.auth }),
    hostRules: { allowedHosts: config.allowedHosts, allowedOrigins: config.allowedOrigins },
    trustsProxy: config.trustsProxy,
    logger,
    metrics: createServerMetrics({
      databaseBytes: () => db.sizeBytes(),
      runLists: runLists.stats,
      rendered: () => serving.renderMetrics() + inferenceLog.renderMetrics() + telemetry.renderMetrics(),
    }),
  });

  sql.start();
  inferenceLog.start();
  if (servesModels) await serving.start();

  return {
    server,
    db,
    logger,
    async close() {
      await journal.stop();
      liveStreams.end();
      await server.close();
      await sql.stop();
      await serving.stop();
      await telemetry.close();
      await inferenceLog.stop();
      await sweeper.stop();
      await notifications.stop();
      await pendingCreates.close();
      await audit.stop();
      await store.close();
      await governance.stop();
      await db.close();
      logger.flush();
    },
  };
}

/** @throws AppError InvalidState: plain names that have three levels would begin to mean other models. */
async function refuseNameOfPlainModels(tx: Transaction, catalog: string): Promise<void> {
  if ((await findModelInTheWay(tx, catalog)) === undefined) return;
  throw new AppError(
    'InvalidState',
    `There are models whose plain names begin with '${catalog}.': rename them before the catalog is made.`,
    { field: 'name' },
  );
}

/**
 * The API of a database, without a server that listens: for commands of whoever may read its files, and so may do
 * everything. What they do is recorded like the calls of others.
 */
export async function openDoorOfHome(
  config: Config,
): Promise<{ readonly door: Door; close(): Promise<void> }> {
  const { server, close } = await compose(
    { ...config, auth: false, audit: 'on', logLevel: 'error' },
    { servesModels: false },
  );
  const door: Door = {
    async call(method, url, body) {
      const answer = await server.inject({
        method,
        url,
        headers: { host: 'localhost' },
        ...(body !== undefined && { payload: body }),
      });
      return { status: answer.statusCode, body: parseBody(answer.body) };
    },
  };
  return { door, close };
}
