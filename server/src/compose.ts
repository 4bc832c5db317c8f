import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import { migrate } from './db/migrate.ts';
import type { Database } from './db/port.ts';
import { openSqlite } from './db/sqlite/sqlite-database.ts';
import { createLogger, type Logger } from './http/logger.ts';
import { createServerMetrics } from './http/metrics.ts';
import { experimentRoutes } from './http/mlflow/experiments.ts';
import { loggedModelRoutes } from './http/mlflow/logged-models.ts';
import { metricRoutes } from './http/mlflow/metrics.ts';
import { runInputRoutes } from './http/mlflow/run-inputs.ts';
import { runRoutes } from './http/mlflow/runs.ts';
import { serverFactRoutes } from './http/mlflow/server-facts.ts';
import { probeRoutes } from './http/probes.ts';
import { buildHttpServer } from './http/server.ts';
import { createPendingCreates } from './idempotency/pending-creates.ts';
import { systemClock } from './kernel/clock.ts';
import { createExperiments } from './tracking/experiments.ts';
import { createLoggedModels, modelMetrics } from './tracking/logged-models.ts';
import { createMetrics } from './tracking/metrics.ts';
import { createRunInputs } from './tracking/run-inputs.ts';
import { createRunSearches } from './tracking/run-search.ts';
import { createRuns } from './tracking/runs.ts';

export interface Program {
  readonly server: FastifyInstance;
  readonly db: Database;
  readonly logger: Logger;
  /** Stops taking requests, ends what runs, and closes the database. */
  close(): Promise<void>;
}

/** Puts the program together: the only place where adapters, services and routes are made. */
export async function compose(config: Config): Promise<Program> {
  const logger = createLogger(config.logLevel, (text) => process.stdout.write(text));
  const clock = systemClock;
  const db = await openDatabase(config);
  await migrate(db);

  const experiments = createExperiments({
    db,
    clock,
    defaultArtifactLocation: (experimentNo) => `mlflow-artifacts:/${experimentNo}`,
    parseArtifactLocation: (text) => text,
  });
  await experiments.ensureDefault();
  const pendingCreates = createPendingCreates({ db, clock });
  await pendingCreates.start();
  const runs = createRuns({
    db,
    clock,
    modelMetrics,
    isMutableTag: () => false,
    pendingCreates,
  });
  const runInputs = createRunInputs({ db });
  const loggedModels = createLoggedModels({ db, clock });
  const searches = createRunSearches({ db });
  const metrics = createMetrics({ db });

  const server = buildHttpServer({
    mlflowRoutes: [
      ...experimentRoutes(experiments),
      ...runRoutes({ runs, searches, pendingCreates }),
      ...runInputRoutes(runInputs),
      ...metricRoutes(metrics),
      ...loggedModelRoutes(loggedModels),
      ...serverFactRoutes({ multipartUploads: false, multipartDownloads: false }),
    ],
    rawRoutes: [...probeRoutes()],
    hostRules: { allowedHosts: config.allowedHosts, allowedOrigins: config.allowedOrigins },
    logger,
    metrics: createServerMetrics(() => db.sizeBytes()),
  });

  return {
    server,
    db,
    logger,
    async close() {
      await server.close();
      await pendingCreates.close();
      await db.close();
      logger.flush();
    },
  };
}

async function openDatabase(config: Config): Promise<Database> {
  if (config.databaseUrl !== undefined) {
    const { openPostgres } = await import('./db/postgres/postgres-database.ts');
    return openPostgres({ url: config.databaseUrl });
  }
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  return openSqlite({ file: join(config.home, 'slipway.db') });
}
