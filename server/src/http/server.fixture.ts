import type { AddressInfo } from 'node:net';
import type { AuditTrails } from './audit-trail.ts';
import { type Authenticate, everybodyIsLocal } from './authenticate.ts';
import type { ProxyTrust } from './caller-address.ts';
import type { DatabricksRoute } from './databricks/routes.ts';
import type { LeaveLimits } from './early-answers.ts';
import type { HostRules } from './host-guard.ts';
import { createLogger } from './logger.ts';
import { createServerMetrics } from './metrics.ts';
import type { MlflowRoute } from './mlflow/routes.ts';
import { createPages } from './pages.ts';
import type { RawRoute } from './routes.ts';
import { buildHttpServer, type HttpServer } from './server.ts';
import { createShownLocations } from './shown-locations.ts';
import type { PatienceLimits } from './slow-requests.ts';

export interface ServerFixture {
  readonly server: HttpServer;
  readonly port: number;
  readonly url: string;
  /** The log's lines so far. */
  log(): readonly Readonly<Record<string, unknown>>[];
}

export interface ServerFixtureOptions {
  readonly mlflowRoutes?: readonly MlflowRoute[];
  readonly rawRoutes?: readonly RawRoute[];
  readonly databricksRoutes?: readonly DatabricksRoute[];
  readonly hostRules?: Partial<HostRules>;
  readonly trustsProxy?: ProxyTrust | undefined;
  readonly patience?: PatienceLimits;
  readonly leave?: LeaveLimits;
  /** Everybody is the local user without it. */
  readonly authenticate?: Authenticate;
  readonly audit?: AuditTrails;
}

/** A server with the given routes alone, listening. */
export async function startServer(options: ServerFixtureOptions): Promise<ServerFixture> {
  let text = '';
  const logger = createLogger('debug', (lines) => {
    text += lines;
  });
  const server = buildHttpServer({
    mlflowRoutes: options.mlflowRoutes ?? [],
    rawRoutes: options.rawRoutes ?? [],
    databricksRoutes: options.databricksRoutes ?? [],
    workspaceId: '1000000000007474',
    authenticate: options.authenticate ?? everybodyIsLocal,
    audit: options.audit,
    locations: createShownLocations('dbfs'),
    pages: createPages(undefined),
    hostRules: { allowedHosts: [], allowedOrigins: [], ...options.hostRules },
    trustsProxy: options.trustsProxy,
    logger,
    metrics: createServerMetrics({
      databaseBytes: async () => 0,
      runLists: () => ({ bytes: 0, found: 0, made: 0 }),
    }),
    ...(options.patience !== undefined && { patience: options.patience }),
    ...(options.leave !== undefined && { leave: options.leave }),
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}`,
    log() {
      logger.flush();
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

/** A route that only does what a test is about. */
export const mlflowRoute = (path: string, handle: MlflowRoute['handle']): MlflowRoute => ({
  method: 'POST',
  path,
  access: 'open',
  handle,
});
