import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DATABRICKS_DESIGNS, type DatabricksDesign } from './artifacts/dbfs-paths.ts';
import { type EngineConfig, readEngine } from './engine-config.ts';
import { createProxyTrust, type ProxyTrust } from './http/caller-address.ts';
import type { LogLevel } from './http/logger.ts';
import { AppError } from './kernel/errors.ts';
import { parseTimeSpan } from './kernel/time-span.ts';
import { SECRET_KEY_VARIABLE } from './secrets/key-file.ts';
import { KEY_BYTES } from './secrets/sealer.ts';

/** Everything that can be set, checked and frozen. Flags win over the environment, the environment over defaults. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Folder of the embedded database and of artifacts. */
  readonly home: string;
  /** `postgres://…`, or undefined for the embedded SQLite database in `home`. */
  readonly databaseUrl: string | undefined;
  /** A folder, `s3://bucket/prefix`, `wasbs://…`, `gs://…`; undefined for `home/artifacts`. */
  readonly artifactsDestination: string | undefined;
  /** The same for tables; undefined for `tables` beside artifacts in a bucket, else for `home/tables`. */
  readonly tablesDestination: string | undefined;
  /** Of an object store that is not the provider's own; undefined for the provider's. */
  readonly storeEndpoint: string | undefined;
  readonly azureAccountKey: string | undefined;
  /** Whether clients may be sent to the object store for large files. */
  readonly directTransfers: boolean;
  /** How long the trash can be restored; undefined where the server never empties it by itself. */
  readonly undoWindowMs: number | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Who is believed when it says for whom it asks. */
  readonly trustsProxy: ProxyTrust;
  readonly logLevel: LogLevel;
  /** Whether there is an audit log, and whether nothing may happen without it; undefined where nobody said. */
  readonly audit: AuditMode | undefined;
  /** 32 bytes that seal secrets; undefined for those in `home/secret.key`. Never to be logged. */
  readonly secretKey: Uint8Array | undefined;
  /** Whether webhooks may go to http:// and to private addresses. */
  readonly webhooksAllowHttp: boolean;
  readonly webhooksAllowPrivate: boolean;
  /** Schemes that name a host and are nevertheless accepted as sources of model versions. */
  readonly allowedSourceSchemes: readonly string[];
  /** Where the built web pages lie; undefined where nobody said. */
  readonly pagesFolder: string | undefined;
  /** What every source of a model version must match. */
  readonly sourcePattern: RegExp | undefined;
  /** How clients of Databricks are to send files. */
  readonly databricksArtifacts: DatabricksDesign;
  /** Whether callers have identities and rights; without, everybody who reaches the server may do everything. */
  readonly auth: boolean;
  /** A token that stands for the first administrator; undefined for none. Never to be logged. */
  readonly adminToken: string | undefined;
  /** Where people sign in instead of by a password; undefined for nowhere. */
  readonly oidc: OidcConfig | undefined;
  readonly environments: EnvironmentsConfig;
  readonly serving: ServingConfig;
  readonly telemetry: TelemetryConfig | undefined;
}

/** Where spans of our own go; undefined for nowhere. */
export interface TelemetryConfig {
  readonly endpoint: string;
  /** Never to be logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of traces that begin here, 0 to 1. */
  readonly share: number;
}

/** How models are served. */
export interface ServingConfig extends EngineConfig {
  /** Without a request for so long, an entity that may scale to zero does. */
  readonly idleMs: number;
  /** From the arrival of a request to its answer. */
  readonly deadlineMs: number;
  /** Of all copies of models' files on this machine. */
  readonly modelsMaxBytes: number;
  /** Of all processes with models; undefined for a share of the machine's. */
  readonly memoryBytes: number | undefined;
  readonly isolation: ModelIsolation;
}

/** `require`: a model is not started where its process cannot be kept from the machine. */
const MODEL_ISOLATIONS = ['require', 'auto', 'off'] as const;
export type ModelIsolation = (typeof MODEL_ISOLATIONS)[number];

/** How Python environments of models are made. */
export interface EnvironmentsConfig {
  readonly folder: string;
  /** Executables; none: those of the search path. */
  readonly pythons: readonly string[];
  /** The executable of uv; undefined: found or installed. */
  readonly uv: string | undefined;
  /** May hold a password: never to be logged. */
  readonly index: {
    readonly url: string | undefined;
    readonly findLinks: readonly string[];
    readonly offline: boolean;
  };
  /** What is kept of environments that are not in use. */
  readonly maxBytes: number;
  /** The variable PATH. */
  readonly searchPath: string;
  /** Variables of the network, such as proxies and certificates: the others do not reach what is run. */
  readonly network: Readonly<Record<string, string>>;
}

export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  /** Never to be logged. */
  readonly clientSecret: string | undefined;
  readonly label: string;
  readonly scopes: string;
  readonly nameClaim: string;
  readonly groupsClaim: string;
  readonly emailsVerified: boolean;
  /** The provider's groups with those here that they stand for. */
  readonly groups: ReadonlyMap<string, string>;
}

const AUDIT_MODES = ['off', 'on', 'required'] as const;
export type AuditMode = (typeof AUDIT_MODES)[number];

interface Setting {
  readonly flag: string;
  readonly variable: string;
  readonly fallback?: string;
  readonly help: string;
}

const SETTINGS = {
  host: { flag: 'host', variable: 'SLIPWAY_HOST', fallback: '127.0.0.1', help: 'address to listen on' },
  port: {
    flag: 'port',
    variable: 'SLIPWAY_PORT',
    fallback: '5000',
    help: 'port to listen on; 0 takes a free one',
  },
  home: {
    flag: 'home',
    variable: 'SLIPWAY_HOME',
    fallback: './slipway-data',
    help: 'folder of the database and of artifacts',
  },
  database: {
    flag: 'database',
    variable: 'SLIPWAY_DATABASE',
    help: 'postgres://user:password@host/name; SQLite in the home folder without it',
  },
  artifacts: {
    flag: 'artifacts',
    variable: 'SLIPWAY_ARTIFACTS',
    help: 'where artifacts go: a folder, s3://bucket/prefix, gs://bucket/prefix, wasbs://container@account.blob.core.windows.net/prefix',
  },
  tables: {
    flag: 'tables',
    variable: 'SLIPWAY_TABLES',
    help: 'where Delta tables go, of what endpoints were asked: as --artifacts; tables beside those in a bucket, else in the home folder',
  },
  storeEndpoint: {
    flag: 'store-endpoint',
    variable: 'SLIPWAY_STORE_ENDPOINT',
    help: 'address of an object store that is not the cloud provider’s own: MinIO and its kin, private links',
  },
  azureAccountKey: {
    flag: 'azure-account-key',
    variable: 'AZURE_STORAGE_ACCESS_KEY',
    help: 'key of the storage account; better given by the environment',
  },
  directTransfers: {
    flag: 'direct-transfers',
    variable: 'SLIPWAY_DIRECT_TRANSFERS',
    fallback: 'false',
    help: 'true sends clients to the object store for large files, by signed URLs: they must be able to reach it',
  },
  undoWindow: {
    flag: 'undo-window',
    variable: 'SLIPWAY_UNDO_WINDOW',
    fallback: '30d',
    help: 'how long what was deleted can be restored (30d, 12h); then it is removed for good, or never',
  },
  allowedHosts: {
    flag: 'allowed-hosts',
    variable: 'SLIPWAY_ALLOWED_HOSTS',
    help: 'names under which callers may reach the server, besides loopback and private addresses; comma-separated, * for all',
  },
  allowedOrigins: {
    flag: 'cors-allowed-origins',
    variable: 'SLIPWAY_CORS_ALLOWED_ORIGINS',
    help: 'origins (https://mlops.example, https://*.example) whose pages may read and change things; comma-separated, * for all',
  },
  trustedProxies: {
    flag: 'trusted-proxies',
    variable: 'SLIPWAY_TRUSTED_PROXIES',
    fallback: 'loopback',
    help: 'proxies whose X-Forwarded-For says who calls, for the limits of sign-ins and the audit log: addresses, networks (10.1.0.0/16), loopback; comma-separated',
  },
  logLevel: {
    flag: 'log-level',
    variable: 'SLIPWAY_LOG_LEVEL',
    fallback: 'info',
    help: 'debug (every request), info, warn, error or silent',
  },
  audit: {
    flag: 'audit',
    variable: 'SLIPWAY_AUDIT',
    help: 'off, on, or required: no record, no request; on where --auth is, else off',
  },
  webhooksAllowHttp: {
    flag: 'webhooks-allow-http',
    variable: 'SLIPWAY_WEBHOOKS_ALLOW_HTTP',
    fallback: 'false',
    help: 'true lets webhooks go to http:// addresses',
  },
  webhooksAllowPrivate: {
    flag: 'webhooks-allow-private',
    variable: 'SLIPWAY_WEBHOOKS_ALLOW_PRIVATE',
    fallback: 'false',
    help: 'true lets webhooks go to private and loopback addresses',
  },
  allowedSourceSchemes: {
    flag: 'allowed-source-schemes',
    variable: 'SLIPWAY_ALLOWED_SOURCE_SCHEMES',
    help: 'schemes that name a host (http, ftp, abfss…) and may yet be sources of model versions; comma-separated',
  },
  sourcePattern: {
    flag: 'source-pattern',
    variable: 'SLIPWAY_SOURCE_PATTERN',
    help: 'a regular expression that every source of a model version must match',
  },
  pages: {
    flag: 'pages',
    variable: 'SLIPWAY_PAGES',
    help: 'folder of the built web pages, if they are not where the build leaves them',
  },
  databricksArtifacts: {
    flag: 'databricks-artifacts',
    variable: 'SLIPWAY_DATABRICKS_ARTIFACTS',
    fallback: 'dbfs',
    help: 'how Databricks’ clients send files: dbfs, which works with every URI, or files-api, in parallel parts, which needs the environment or a DEFAULT profile',
  },
  auth: {
    flag: 'auth',
    variable: 'SLIPWAY_AUTH',
    fallback: 'false',
    help: 'callers sign in and may do what they are granted; the first start prints a one-time password for admin',
  },
  oidcIssuer: {
    flag: 'oidc-issuer',
    variable: 'SLIPWAY_OIDC_ISSUER',
    help: 'with --auth: the identity provider (https://login.example) where people sign in; OpenID Connect',
  },
  oidcClientId: {
    flag: 'oidc-client-id',
    variable: 'SLIPWAY_OIDC_CLIENT_ID',
    help: 'what the provider calls this server',
  },
  oidcLabel: {
    flag: 'oidc-label',
    variable: 'SLIPWAY_OIDC_LABEL',
    fallback: 'single sign-on',
    help: 'what people call the provider',
  },
  oidcScopes: {
    flag: 'oidc-scopes',
    variable: 'SLIPWAY_OIDC_SCOPES',
    fallback: 'openid profile email',
    help: 'what the provider is asked to tell',
  },
  oidcNameClaim: {
    flag: 'oidc-name-claim',
    variable: 'SLIPWAY_OIDC_NAME_CLAIM',
    fallback: 'email',
    help: 'the claim that users are named by here',
  },
  oidcEmailsVerified: {
    flag: 'oidc-emails-verified',
    variable: 'SLIPWAY_OIDC_EMAILS_VERIFIED',
    fallback: 'false',
    help: 'true for a provider where nobody can choose their e-mail address, and which says nothing of it (email_verified)',
  },
  oidcGroupsClaim: {
    flag: 'oidc-groups-claim',
    variable: 'SLIPWAY_OIDC_GROUPS_CLAIM',
    fallback: 'groups',
    help: 'the claim that lists a user’s groups',
  },
  oidcGroups: {
    flag: 'oidc-groups',
    variable: 'SLIPWAY_OIDC_GROUPS',
    help: 'whose members the provider decides on: ml-team=ML Engineers,platform=admins',
  },
  pythons: {
    flag: 'pythons',
    variable: 'SLIPWAY_PYTHONS',
    help: 'Pythons that models may run on, comma-separated executables; those of the PATH without it',
  },
  uv: {
    flag: 'uv',
    variable: 'SLIPWAY_UV',
    help: 'uv, which makes environments of models; found on the PATH, or installed at first use, without it',
  },
  pythonIndex: {
    flag: 'python-index',
    variable: 'SLIPWAY_PYTHON_INDEX',
    help: 'where Python packages of models come from, https://packages.example/simple; the index that uv knows without it',
  },
  pythonFindLinks: {
    flag: 'python-find-links',
    variable: 'SLIPWAY_PYTHON_FIND_LINKS',
    help: 'folders of wheels that are looked in as well; comma-separated',
  },
  offline: {
    flag: 'offline',
    variable: 'SLIPWAY_OFFLINE',
    fallback: 'false',
    help: 'true makes environments of models without the network, from what was fetched before and from wheels',
  },
  environments: {
    flag: 'environments',
    variable: 'SLIPWAY_ENVIRONMENTS',
    help: 'the folder with Python environments of models, which programs of one machine may share; environments in the home folder without it',
  },
  environmentsMaxBytes: {
    flag: 'environments-max-bytes',
    variable: 'SLIPWAY_ENVIRONMENTS_MAX_BYTES',
    fallback: '53687091200',
    help: 'bytes of environments that are kept; beyond, the longest unused go',
  },
  servingIdle: {
    flag: 'serving-idle',
    variable: 'SLIPWAY_SERVING_IDLE',
    fallback: '5m',
    help: 'without a request for so long, an endpoint that may scale to zero does',
  },
  servingTimeout: {
    flag: 'serving-timeout',
    variable: 'SLIPWAY_SERVING_TIMEOUT',
    fallback: '1m',
    help: 'how long a request to an endpoint may take',
  },
  servingMemory: {
    flag: 'serving-memory',
    variable: 'SLIPWAY_SERVING_MEMORY',
    help: 'bytes of memory for processes with models; 60 % of the machine’s without it',
  },
  modelsMaxBytes: {
    flag: 'models-max-bytes',
    variable: 'SLIPWAY_MODELS_MAX_BYTES',
    fallback: '21474836480',
    help: 'bytes of copies of models that are kept in the home folder; beyond, the longest unused go',
  },
  modelIsolation: {
    flag: 'model-isolation',
    variable: 'SLIPWAY_MODEL_ISOLATION',
    fallback: 'auto',
    help: 'whether processes with models are kept from files and network: require, auto (where that can be) or off',
  },
  otlpEndpoint: {
    flag: 'otlp-endpoint',
    variable: 'SLIPWAY_OTLP_ENDPOINT',
    help: 'a collector of OpenTelemetry, http://127.0.0.1:4318: it is sent a trace of each request to an endpoint; nothing is sent without it',
  },
  otlpShare: {
    flag: 'otlp-share',
    variable: 'SLIPWAY_OTLP_SHARE',
    fallback: '1',
    help: 'the share of requests that are traced, 0 to 1; callers that send a traceparent decide about theirs',
  },
  engine: {
    flag: 'engine',
    variable: 'SLIPWAY_ENGINE',
    fallback: 'local',
    help: 'where models run: local (processes of this machine) or ray; an endpoint says otherwise by its variable SLIPWAY_ENGINE',
  },
  rayAddress: {
    flag: 'ray-address',
    variable: 'SLIPWAY_RAY_ADDRESS',
    help: 'the REST interface of a Ray cluster, http://head:8265',
  },
  rayServeAddress: {
    flag: 'ray-serve-address',
    variable: 'SLIPWAY_RAY_SERVE_ADDRESS',
    help: 'the HTTP proxy of Ray Serve; port 8000 of the host of --ray-address without it',
  },
  rayResources: {
    flag: 'ray-resources',
    variable: 'SLIPWAY_RAY_RESOURCES',
    fallback: '{}',
    help: 'what a process with a model takes in the Ray cluster, by class: {"cpu":{"num_cpus":1},"gpu-small":{"num_gpus":1}}',
  },
} as const satisfies Record<string, Setting>;

type Name = keyof typeof SETTINGS;

const ADMIN_TOKEN_VARIABLE = 'SLIPWAY_ADMIN_TOKEN';
const MIN_ADMIN_TOKEN_LENGTH = 16;
const OTLP_HEADERS_VARIABLE = 'SLIPWAY_OTLP_HEADERS';
const RAY_TOKEN_VARIABLE = 'SLIPWAY_RAY_TOKEN';
const OIDC_SECRET_VARIABLE = 'SLIPWAY_OIDC_CLIENT_SECRET';
const NETWORK_VARIABLE = /^(?:https?_proxy|all_proxy|no_proxy|ssl_cert_(?:file|dir))$/i;
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** @throws AppError InvalidArgument naming the flag and what was expected. */
export function readConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const flags = readFlags(args);
  const mlflow = readMlflowVariables(environment);
  const text = (name: Name): string | undefined => {
    const setting: Setting = SETTINGS[name];
    // An empty variable is one that a deployment left unset: an empty host would mean every address of the machine.
    return flags[setting.flag] ?? (environment[setting.variable] || mlflow[name]) ?? setting.fallback;
  };
  const required = (name: Name): string => text(name) ?? '';
  for (const name of ['host', 'home'] as const) {
    if (required(name) === '') throw bad(name, '', name === 'host' ? 'an address' : 'a folder');
  }
  const home = resolve(required('home'));
  const pages = text('pages');
  return Object.freeze({
    host: required('host'),
    port: readPort(required('port')),
    home,
    databaseUrl: readDatabaseUrl(text('database')),
    artifactsDestination: text('artifacts'),
    tablesDestination: text('tables'),
    storeEndpoint: readStoreEndpoint(text('storeEndpoint')),
    secretKey: readSecretKey(environment[SECRET_KEY_VARIABLE]),
    azureAccountKey: text('azureAccountKey'),
    directTransfers: readBoolean('directTransfers', required('directTransfers')),
    undoWindowMs: readUndoWindow(required('undoWindow')),
    allowedHosts: list(text('allowedHosts')),
    allowedOrigins: list(text('allowedOrigins')).map(readOrigin),
    trustsProxy: readTrustedProxies(required('trustedProxies')),
    logLevel: readLogLevel(required('logLevel')),
    audit: readAuditMode(text('audit')),
    webhooksAllowHttp: readBoolean('webhooksAllowHttp', required('webhooksAllowHttp')),
    webhooksAllowPrivate: readBoolean('webhooksAllowPrivate', required('webhooksAllowPrivate')),
    allowedSourceSchemes: list(text('allowedSourceSchemes')),
    databricksArtifacts: readDesign(required('databricksArtifacts')),
    pagesFolder: pages === undefined || pages === '' ? undefined : readPagesFolder(resolve(pages)),
    sourcePattern: readPattern(text('sourcePattern')),
    auth: readBoolean('auth', required('auth')),
    adminToken: readAdminToken(environment[ADMIN_TOKEN_VARIABLE]),
    oidc: readOidc(text, environment[OIDC_SECRET_VARIABLE]),
    environments: readEnvironments(text, environment, home),
    serving: {
      ...readServing(required, text('servingMemory')),
      ...readEngine(text, environment[RAY_TOKEN_VARIABLE] || undefined, bad),
    },
    telemetry: readTelemetry(text, environment[OTLP_HEADERS_VARIABLE]),
  });
}

/** One line a setting, for `slipway help`. */
export function describeSettings(): string {
  const lines = (Object.values(SETTINGS) as Setting[]).map(({ flag, variable, fallback, help }) => {
    const preset = fallback === undefined ? '' : ` (default ${fallback})`;
    return `  --${flag.padEnd(24)}${help}${preset}; ${variable}`;
  });
  // No flag: what stands in a command line, every user of the machine can read.
  const keyLine =
    `  ${SECRET_KEY_VARIABLE.padEnd(26)}key that seals secrets, ${KEY_BYTES} bytes in base64, instead of the file ` +
    'secret.key in the home folder; by the environment only';
  const tokenLine =
    `  ${ADMIN_TOKEN_VARIABLE.padEnd(26)}with --auth: a token of the user admin, for automation, ` +
    `${MIN_ADMIN_TOKEN_LENGTH} characters or more; by the environment only`;
  const oidcLine = `  ${OIDC_SECRET_VARIABLE.padEnd(26)}the secret of --oidc-client-id; by the environment only`;
  const otlpLine =
    `  ${OTLP_HEADERS_VARIABLE.padEnd(26)}headers for --otlp-endpoint, name=value,name=value, values escaped as in addresses; ` +
    'by the environment only';
  const rayLine = `  ${RAY_TOKEN_VARIABLE.padEnd(26)}the token of --ray-address; by the environment only`;
  return [...lines, keyLine, tokenLine, oidcLine, otlpLine, rayLine].join('\n');
}

function readFlags(args: readonly string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(
    Object.values(SETTINGS).map(({ flag }) => [flag, { type: 'string' as const }]),
  );
  // A flag that says yes by being there.
  const whole = args.flatMap((arg, i) =>
    arg === '--auth' && !/^(true|false)$/.test(args[i + 1] ?? '') ? [arg, 'true'] : [arg],
  );
  try {
    return parseArgs({ args: whole, options, strict: true, allowPositionals: false }).values as Record<
      string,
      string
    >;
  } catch (cause) {
    throw new AppError('InvalidArgument', `${(cause as Error).message}. \`slipway help\` lists the flags.`, {
      cause,
    });
  }
}

/** Variables of MLflow's own server that mean the same, so that a deployment can keep them. */
function readMlflowVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Partial<Record<Name, string | undefined>> {
  const schemes = environment.MLFLOW_WEBHOOK_ALLOWED_SCHEMES;
  const allowPrivate = environment.MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS?.toLowerCase();
  return {
    allowedHosts: environment.MLFLOW_SERVER_ALLOWED_HOSTS,
    allowedOrigins: environment.MLFLOW_SERVER_CORS_ALLOWED_ORIGINS,
    webhooksAllowHttp: schemes === undefined ? undefined : String(list(schemes).includes('http')),
    webhooksAllowPrivate:
      allowPrivate === undefined ? undefined : String(allowPrivate === 'true' || allowPrivate === '1'),
    allowedSourceSchemes: environment.MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES,
    sourcePattern: environment.MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX,
  };
}

function readStoreEndpoint(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw bad('store-endpoint', text, 'an address such as https://minio.example:9000');
  return text;
}

function readPagesFolder(folder: string): string {
  if (!existsSync(join(folder, 'index.html')))
    throw bad('pages', folder, 'a folder of built web pages: it holds no index.html');
  return folder;
}

function readSecretKey(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || text === '') return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  // Decoding passes over what is no base64: only a text that comes out again was one.
  const isWhole = key.toString('base64').replace(/=+$/, '') === text.trim().replace(/=+$/, '');
  if (key.length !== KEY_BYTES || !isWhole) {
    throw new AppError(
      'InvalidArgument',
      `${SECRET_KEY_VARIABLE}: expected ${KEY_BYTES} bytes in base64, as \`openssl rand -base64 ${KEY_BYTES}\` writes them.`,
      { field: SECRET_KEY_VARIABLE },
    );
  }
  return key;
}

function readOidc(
  text: (name: Name) => string | undefined,
  clientSecret: string | undefined,
): OidcConfig | undefined {
  const issuer = text('oidcIssuer');
  if (issuer === undefined || issuer === '') return undefined;
  if (
    !URL.canParse(issuer) ||
    !/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/])/.test(`${issuer}/`)
  )
    throw bad('oidc-issuer', issuer, 'an address that begins with https://');
  const clientId = text('oidcClientId');
  if (clientId === undefined || clientId === '')
    throw bad('oidc-client-id', '', 'the id that the provider at --oidc-issuer gave this server');
  return {
    issuer,
    clientId,
    clientSecret: clientSecret || undefined,
    label: text('oidcLabel') ?? '',
    scopes: text('oidcScopes') ?? '',
    nameClaim: text('oidcNameClaim') ?? '',
    groupsClaim: text('oidcGroupsClaim') ?? '',
    emailsVerified: readBoolean('oidcEmailsVerified', text('oidcEmailsVerified') ?? ''),
    groups: new Map(
      list(text('oidcGroups')).map((pair) => {
        const [, theirs, ours] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
        if (theirs === undefined || ours === undefined)
          throw bad('oidc-groups', pair, 'theirs=ours, separated by commas');
        return [theirs.trim(), ours.trim()] as const;
      }),
    ),
  };
}

function readServing(
  required: (name: Name) => string,
  memory: string | undefined,
): Omit<ServingConfig, keyof EngineConfig> {
  const span = (name: 'servingIdle' | 'servingTimeout'): number => {
    const ms = parseTimeSpan(required(name));
    if (ms === undefined || ms === 0)
      throw bad(SETTINGS[name].flag, required(name), 'a time such as 5m or 90s');
    return ms;
  };
  const bytes = (flag: string, text: string): number => {
    if (!/^[1-9]\d{0,15}$/.test(text)) throw bad(flag, text, 'a number of bytes');
    return Number(text);
  };
  const isolation = MODEL_ISOLATIONS.find((each) => each === required('modelIsolation'));
  if (isolation === undefined)
    throw bad('model-isolation', required('modelIsolation'), `one of ${MODEL_ISOLATIONS.join(', ')}`);
  return {
    idleMs: span('servingIdle'),
    deadlineMs: span('servingTimeout'),
    modelsMaxBytes: bytes('models-max-bytes', required('modelsMaxBytes')),
    memoryBytes: memory === undefined ? undefined : bytes('serving-memory', memory),
    isolation,
  };
}

function readEnvironments(
  text: (name: Name) => string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): EnvironmentsConfig {
  const url = text('pythonIndex') || undefined;
  if (url !== undefined && (!/^https?:\/\//i.test(url) || !URL.canParse(url)))
    throw bad('python-index', url, 'an address such as https://pypi.example/simple');
  const maxBytes = text('environmentsMaxBytes') ?? '';
  if (!/^\d{1,15}$/.test(maxBytes)) throw bad('environments-max-bytes', maxBytes, 'a number of bytes');
  return {
    folder: text('environments') ? resolve(text('environments')!) : join(home, 'environments'),
    pythons: list(text('pythons')).map((file) => resolve(file)),
    uv: text('uv') ? resolve(text('uv')!) : undefined,
    index: {
      url,
      findLinks: list(text('pythonFindLinks')).map((folder) => resolve(folder)),
      offline: readBoolean('offline', text('offline') ?? ''),
    },
    maxBytes: Number(maxBytes),
    searchPath: environment.PATH ?? '',
    network: Object.fromEntries(
      Object.entries(environment).flatMap(([name, value]) =>
        NETWORK_VARIABLE.test(name) && value !== undefined ? [[name, value]] : [],
      ),
    ),
  };
}

function readTelemetry(
  text: (name: Name) => string | undefined,
  headers: string | undefined,
): TelemetryConfig | undefined {
  const endpoint = text('otlpEndpoint') || undefined;
  if (endpoint === undefined) return undefined;
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint))
    throw bad('otlp-endpoint', endpoint, 'an address such as http://127.0.0.1:4318');
  const share = text('otlpShare') ?? '';
  if (!/^(?:0(?:\.\d{1,9})?|1(?:\.0{1,9})?)$/.test(share))
    throw bad('otlp-share', share, 'a number from 0 to 1');
  return { endpoint, headers: readOtlpHeaders(headers ?? ''), share: Number(share) };
}

/** As OpenTelemetry's own variable has them: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
function readOtlpHeaders(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    list(text).map((pair) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=(.*)$/.exec(pair) ?? [];
      if (name !== undefined && value !== undefined) {
        try {
          return [name.toLowerCase(), decodeURIComponent(value.trim())];
        } catch {
          // Said below.
        }
      }
      // Not what it was: it may hold a password.
      throw new AppError(
        'InvalidArgument',
        `${OTLP_HEADERS_VARIABLE}: expected name=value,name=value, values escaped as in addresses.`,
        { field: OTLP_HEADERS_VARIABLE },
      );
    }),
  );
}

function readAdminToken(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (text.length < MIN_ADMIN_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(text)) {
    throw new AppError(
      'InvalidArgument',
      `${ADMIN_TOKEN_VARIABLE}: expected ${MIN_ADMIN_TOKEN_LENGTH} characters or more, without blanks, as \`openssl rand -hex 32\` writes them.`,
      { field: ADMIN_TOKEN_VARIABLE },
    );
  }
  return text;
}

function readPattern(text: string | undefined): RegExp | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return new RegExp(text, 'u');
  } catch {
    throw bad('source-pattern', text, 'a regular expression');
  }
}

/** As browsers write it in `Origin`: scheme, host, and the port unless it is the scheme's own. */
function readOrigin(text: string): string {
  if (text !== '*' && !/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/i.test(text))
    throw bad('cors-allowed-origins', text, 'https://host, https://host:port or *, without a path');
  return text.replace(/^(https:\/\/.+):443$|^(http:\/\/.+):80$/i, '$1$2');
}

function readTrustedProxies(text: string): ProxyTrust {
  const trust = createProxyTrust(list(text));
  if (trust === undefined)
    throw bad('trusted-proxies', text, 'addresses, networks such as 10.1.0.0/16, or loopback');
  return trust;
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) throw bad('port', text, 'a number from 0 to 65535');
  return port;
}

function readDatabaseUrl(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^postgres(ql)?:\/\//.test(text))
    throw bad('database', text.replace(/:[^:@/]*@/, ':…@'), 'postgres://user:password@host/name');
  return text;
}

function readUndoWindow(text: string): number | undefined {
  if (text === 'never') return undefined;
  const ms = parseTimeSpan(text);
  if (ms === undefined) throw bad('undo-window', text, '30d, 12h, 1d6h or never');
  return ms;
}

function readLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) throw bad('log-level', text, LOG_LEVELS.join(', '));
  return level;
}

function readAuditMode(text: string | undefined): AuditMode | undefined {
  if (text === undefined || text === '') return undefined;
  const mode = AUDIT_MODES.find((known) => known === text);
  if (mode === undefined) throw bad('audit', text, AUDIT_MODES.join(', '));
  return mode;
}

function readDesign(text: string): DatabricksDesign {
  const design = DATABRICKS_DESIGNS.find((known) => known === text);
  if (design === undefined) throw bad('databricks-artifacts', text, DATABRICKS_DESIGNS.join(' or '));
  return design;
}

function readBoolean(name: Name, text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw bad(SETTINGS[name].flag, text, 'true or false');
}

const list = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function bad(flag: string, got: string, expected: string): AppError {
  return new AppError('InvalidArgument', `--${flag} ${got}: expected ${expected}.`, { field: flag });
}
