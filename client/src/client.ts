import { Artifacts } from './artifacts.ts';
import { invalidArgument } from './errors.ts';
import { Experiments } from './experiments.ts';
import { readFlag } from './fields.ts';
import { type CallOptions, type Fetch, Http } from './http.ts';
import { LiveEvents } from './live-events.ts';
import { LoggedModels } from './logged-models.ts';
import { Metrics } from './metrics.ts';
import { ModelVersions } from './model-versions.ts';
import { RegisteredModels } from './registered-models.ts';
import { Runs } from './runs.ts';
import { ServingEndpoints } from './serving-endpoints.ts';
import { Traces } from './traces.ts';
import { Webhooks } from './webhooks.ts';

export interface SlipwayClientOptions {
  /** `https://mlops.example.com`, or with the path that a proxy puts before it. A page's own server is `/`. */
  readonly baseUrl: string | URL;
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string | undefined;
  /** With `password` sent as basic authorization; both may stand in the base URL, too. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Instead of the global one: for proxies, agents, tests. */
  readonly fetch?: Fetch | undefined;
  /** How long one attempt of a call may take, in ms; 30,000 without it. */
  readonly timeoutMs?: number | undefined;
  /**
   * How often a call is tried again after a lost connection, a time-out or a status of 429, 502, 503 or 504; 4 without it.
   * Waits double from a quarter of a second on, and are longer where the server asks for it by `Retry-After`.
   */
  readonly retries?: number | undefined;
}

export interface ServerInfo {
  readonly multipartUploads: boolean;
  readonly multipartDownloads: boolean;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 4;

/**
 * A client of a Slipway server; all that is not marked "Slipway only" works with every server of MLflow's protocol. It
 * holds no connection and needs no closing.
 *
 * @example
 * ```ts
 * const client = new SlipwayClient({ baseUrl: 'http://127.0.0.1:5000' });
 * const experimentId = await client.experiments.create({ name: 'fraud-detection' });
 * await client.runs.track({ experimentId }, async (run) => {
 *   await run.logMetric('loss', 0.25, { step: 1 });
 * });
 * ```
 */
export class SlipwayClient {
  readonly experiments: Experiments;
  readonly runs: Runs;
  readonly metrics: Metrics;
  readonly artifacts: Artifacts;
  readonly loggedModels: LoggedModels;
  readonly registeredModels: RegisteredModels;
  readonly modelVersions: ModelVersions;
  readonly servingEndpoints: ServingEndpoints;
  readonly webhooks: Webhooks;
  readonly traces: Traces;
  readonly events: LiveEvents;
  readonly #http: Http;

  /** @throws SlipwayError INVALID_PARAMETER_VALUE for a base URL that is none */
  constructor(options: SlipwayClientOptions) {
    const { token, timeoutMs = DEFAULT_TIMEOUT_MS, retries = DEFAULT_RETRIES } = options;
    const url = parseBaseUrl(options.baseUrl);
    // Bound late: a page may replace the global one.
    const fetch = options.fetch ?? ((address, init) => globalThis.fetch(address, init));
    this.#http = new Http({
      baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
      authorization: token === undefined ? basicAuthorization(url, options) : `Bearer ${token}`,
      fetch,
      timeoutMs,
      retries,
    });
    this.experiments = new Experiments(this.#http);
    this.runs = new Runs(this.#http);
    this.metrics = new Metrics(this.#http);
    this.artifacts = new Artifacts(this.#http);
    this.loggedModels = new LoggedModels(this.#http);
    this.registeredModels = new RegisteredModels(this.#http);
    this.modelVersions = new ModelVersions(this.#http);
    this.servingEndpoints = new ServingEndpoints(this.#http);
    this.webhooks = new Webhooks(this.#http);
    this.traces = new Traces(this.#http);
    this.events = new LiveEvents(this.#http);
  }

  /** What the server can do; a cheap way to see whether it is there. */
  async serverInfo(options?: CallOptions): Promise<ServerInfo> {
    const answer = await this.#http.get('api/3.0/mlflow/server-info', {}, options);
    return {
      multipartUploads: readFlag(answer, 'multipart_uploads_enabled'),
      multipartDownloads: readFlag(answer, 'multipart_downloads_enabled'),
    };
  }
}

function parseBaseUrl(baseUrl: string | URL): URL {
  // Only a page has an address of its own, against which `/` counts.
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  const text = String(baseUrl);
  const url = URL.canParse(text, location?.href) ? new URL(text, location?.href) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  // The text itself stays unsaid: a password may stand in it.
  throw invalidArgument('The base URL is http://… or https://…, in a page also a path such as /.');
}

function basicAuthorization(
  url: URL,
  options: Pick<SlipwayClientOptions, 'username' | 'password'>,
): string | undefined {
  const username = options.username ?? decodeURIComponent(url.username);
  const password = options.password ?? decodeURIComponent(url.password);
  if (username === '' && password === '') return undefined;
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
