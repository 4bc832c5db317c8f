/**
 * The one place that holds the order of the folders of `server/src`. A folder imports only folders above it.
 * `npm run check` enforces it, and the list in ARCHITECTURE.md is generated from it.
 * @type {ReadonlyArray<readonly [name: string, owns: string]>}
 */
export const FOLDER_ORDER = [
  ['kernel', 'pure, for all: errors, ids, clock, page tokens, time spans'],
  ['filters', 'the search-filter language: lexer, parser, typed tree'],
  ['db', 'port, SQLite, PostgreSQL, migrations, conformance'],
  ['objects', 'port (put, get, list, sign, conditional put), local folder, S3, Azure, GCS, conformance'],
  ['processes', 'port "run this somewhere", on this machine, in a Ray cluster, conformance'],
  ['delta', 'Delta tables over objects, and DuckDB over them'],
  ['telemetry', 'spans of our own over OTLP, to whoever collects them'],
  ['events', 'outbox and dispatcher; what happened, as plain data'],
  ['idempotency', 'answers kept so that a request sent twice is done once'],
  ['governance', 'principals, securables, privileges, grants, the authorise function, audit'],
  ['secrets', 'scopes, encrypted values'],
  ['notifications', 'destinations and webhooks: signing, retry, delivery log'],
  ['artifacts', 'path rules, locations, multipart, presigning, retention, garbage collection'],
  ['workspace-files', 'folders, files and notebooks of people, by path'],
  ['tracking', 'experiments, runs, metrics, params, tags, datasets, logged models'],
  ['traces', 'traces and spans, as OpenTelemetry and the mlflow client send them'],
  ['registry', 'registered models, versions, stages, aliases, comments'],
  ['live', 'server-sent events: new runs, points and versions, resumable'],
  ['statements', 'SQL over tables and tracking data under the rights of the caller'],
  ['environments', "Python environments from a model's or project's requirements, cached"],
  ['projects', 'MLproject parsing, command lines'],
  ['jobs', 'definitions, runs, task graph, schedules, triggers, retries'],
  ['inference-log', 'payload recorder and its writer'],
  ['serving', 'endpoints, traffic split, replicas, scaling; gateway is the hot path'],
  ['monitoring', 'profiles, drift statistics, schedules, alerts'],
  ['promotion', 'policies, gates, approvals, rollouts, rollback decisions'],
  ['lineage', 'the graph from data version to monitor'],
  ['cost', 'usage records, prices, budgets, limits'],
  ['migration', 'import from and export to other trackers'],
  ['setup', 'a workspace as a file declares it: what differs, and the calls that change it; templates'],
  ['http', 'server, authentication, the protocol surfaces'],
];

/** Files directly in `server/src`. They wire the program together, so they may import any folder. */
export const ROOT_FILES = [
  'main.ts',
  'config.ts',
  'compose.ts',
  'compose-audit.ts',
  'compose-databricks.ts',
  'compose-engines.ts',
  'compose-files.ts',
  'compose-governance.ts',
  'compose-inference-log.ts',
  'compose-locations.ts',
  'compose-models.ts',
  'compose-notifications.ts',
  'compose-registry.ts',
  'compose-serving.ts',
  'compose-statements.ts',
  'compose-storage.ts',
  'compose-telemetry.ts',
  'engine-config.ts',
  'python-programs.ts',
  'start-faults.ts',
];

/** Implementations of ports: each is constructed in its file here and known nowhere else. */
export const ADAPTER_FOLDERS = [
  'db/sqlite',
  'db/postgres',
  'objects/local',
  'objects/s3',
  'objects/azure',
  'objects/gcs',
  'processes/local',
  'processes/ray',
];

/** Where adapters are constructed: those of `processes` serve models, all others keep things. */
export const ADAPTER_MAKERS = {
  processes: ['compose-engines.ts', 'compose-models.ts'],
  others: ['compose-storage.ts', 'compose-inference-log.ts'],
};

/** What runs for each scoring request. It knows no database: what it needs is handed to it in memory. */
export const HOT_PATHS = ['serving/gateway/', 'serving/scoring/', 'inference-log/recorder'];

/** Packages that only some places may import, with those places. `*` in a place stands for one path segment. */
export const PACKAGE_PLACES = [
  { packages: ['fastify', '@fastify/*'], places: ['http'], what: 'the HTTP framework' },
  { packages: ['kysely'], places: ['db', '*-repository'], what: 'the query builder' },
  { packages: ['better-sqlite3', 'node:sqlite', 'pg'], places: ['db'], what: 'a database driver' },
  { packages: ['@duckdb/*', 'apache-arrow'], places: ['delta', 'statements'], what: 'the query engine' },
  { packages: ['onnxruntime-node'], places: ['serving/onnx'], what: 'the ONNX runtime' },
];

/** Large packages that an embedded installation must not load: imported dynamically, inside an adapter. */
export const CLOUD_SDKS = ['@aws-sdk/*', '@smithy/*', '@azure/*', '@google-cloud/*'];
