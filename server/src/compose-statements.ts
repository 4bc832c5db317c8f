import type { BlobKeys } from './artifacts/blob-keys.ts';
import type { Volumes } from './artifacts/volumes.ts';
import type { Database } from './db/port.ts';
import type { Governance } from './governance/governance.ts';
import { createSecurableTags } from './governance/securable-tags.ts';
import { createTables } from './governance/tables.ts';
import type { HolderOf } from './http/authenticate.ts';
import type { DatabricksRoute } from './http/databricks/routes.ts';
import { sqlWarehouseRoutes } from './http/databricks/sql-warehouses.ts';
import { createStatementSecurables } from './http/databricks/statement-securables.ts';
import { statementRoutes } from './http/databricks/statements.ts';
import type { ReadModelName } from './http/model-access.ts';
import type { RawRoute } from './http/routes.ts';
import { statementFileRoutes } from './http/statement-files.ts';
import type { Clock } from './kernel/clock.ts';
import { AppError } from './kernel/errors.ts';
import type { ObjectStore } from './objects/port.ts';
import { createModelNumbers } from './registry/model-numbers.ts';
import type { Models } from './registry/models.ts';
import { registryRowSources } from './registry/row-sources.ts';
import { createDescriptions } from './statements/descriptions.ts';
import { createGovernanceExecutor } from './statements/governance-execution.ts';
import type { OpenLakeTable } from './statements/lake-tables.ts';
import { createQueryProcesses } from './statements/query-processes.ts';
import { createResultLinks } from './statements/result-links.ts';
import { createSqlSessions } from './statements/sessions.ts';
import { createShows } from './statements/shows.ts';
import { createResultStore } from './statements/statement-results.ts';
import { offerTables } from './statements/statement-tables.ts';
import { createStatements } from './statements/statements.ts';
import type { Experiments } from './tracking/experiments.ts';
import { trackingRowSources } from './tracking/row-sources.ts';

export interface StatementDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly store: ObjectStore;
  readonly keys: BlobKeys;
  /** Signs the links to results; the same in every process. */
  readonly secretKey: Uint8Array;
  readonly governance: Governance;
  readonly holderOf: HolderOf;
  readonly metastoreId: string;
  readonly experiments: Pick<Experiments, 'get' | 'getByName'>;
  readonly models: Models;
  readonly volumes: Volumes;
  readonly readModelName: ReadModelName;
  /** Tables of schemas whose rows are files. */
  readonly openLakeTable: OpenLakeTable;
  onError(error: unknown): void;
}

export interface StatementSurface {
  readonly routes: readonly DatabricksRoute[];
  readonly rawRoutes: readonly RawRoute[];
  start(): void;
  stop(): Promise<void>;
}

/** Puts SQL together over what `compose.ts` has made. No engine is loaded before the first query. */
export function composeStatements(dependencies: StatementDependencies): StatementSurface {
  const { db, clock, governance, experiments, models, volumes, readModelName } = dependencies;
  const { catalogs, schemas, grants, principals } = governance;
  const tables = createTables({ db, clock, write: governance.write, ownership: governance.ownership });
  const modelNumbers = createModelNumbers({ db, readModelName });
  const readModel = ({ catalog, schema, name }: { catalog: string; schema: string; name: string }) =>
    readModelName(`${catalog}.${schema}.${name}`);
  const offered = [
    ...offerTables(trackingRowSources, (access) => access.visibleExperiments()),
    ...offerTables(registryRowSources, (access) => ({
      models: access.visibleModels(),
      experiments: access.visibleExperiments(),
    })),
  ];
  const securables = createStatementSecurables({
    existence: {
      namespaces: governance.snapshot,
      model: (of) => modelNumbers.exists(readModel(of)),
      table: async (name) => (await tables.find(name)) !== undefined,
      volume: async (name) => (await volumes.find(name)) !== undefined,
    },
    metastoreId: dependencies.metastoreId,
    async findExperiment(text, access) {
      try {
        if (/^\d{1,15}$/.test(text)) return (await experiments.get(Number(text))).experimentNo;
        return (await experiments.getByName(text, access)).experimentNo;
      } catch (error) {
        if (error instanceof AppError && error.code === 'NotFound') return undefined;
        throw error;
      }
    },
  });
  const shows = createShows({
    db,
    catalogs,
    schemas,
    securables,
    tables: offered,
    async listNames(what, schema, access) {
      if (what === 'volumes')
        return (await volumes.list(access, schema, {})).items.map(({ name }) => name.name);
      return (await tables.list(access, schema, { maxResults: MAX_SHOWN })).items.map(({ name }) => name);
    },
  });
  const descriptions = createDescriptions({
    catalogs,
    schemas,
    models,
    volumes,
    tables,
    tags: createSecurableTags({ db }),
    storedName: (of) => readModel(of).stored,
  });
  const sessions = createSqlSessions({ db, clock });
  const links = createResultLinks({ key: dependencies.secretKey, clock });
  const statements = createStatements({
    db,
    clock,
    sessions,
    processes: createQueryProcesses(),
    results: createResultStore({
      store: dependencies.store,
      newKey: (nowMs) => dependencies.keys.newKey(nowMs),
      clock,
    }),
    governance: createGovernanceExecutor({
      grants,
      catalogs,
      schemas,
      principals,
      securables,
      descriptions,
      shows,
    }),
    tables: offered,
    openLakeTable: dependencies.openLakeTable,
    onError: dependencies.onError,
  });
  return {
    routes: [...statementRoutes({ statements, links }), ...sqlWarehouseRoutes(sessions)],
    rawRoutes: [...statementFileRoutes({ statements, links, holderOf: dependencies.holderOf })],
    start: () => statements.start(),
    stop: () => statements.stop(),
  };
}

const MAX_SHOWN = 10_000;
