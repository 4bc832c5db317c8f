import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobKeys } from '../artifacts/blob-keys.ts';
import type { Database } from '../db/port.ts';
import { type Access, fullAccess, LOCAL_USER } from '../governance/access.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { openLocalStore } from '../objects/local/local-store.ts';
import { registryRowSources } from '../registry/row-sources.ts';
import { trackingRowSources } from '../tracking/row-sources.ts';
import type { GovernanceExecutor } from './governance-execution.ts';
import type { OpenLakeTable } from './lake-tables.ts';
import { createQueryProcesses, DEFAULT_PROCESS_LIMITS, type ProcessLimits } from './query-processes.ts';
import { createSqlSessions } from './sessions.ts';
import { createResultStore } from './statement-results.ts';
import type { StatementRequest } from './statement-runner.ts';
import { offerTables } from './statement-tables.ts';
import { createStatements, type StatementView } from './statements.ts';

export const EVERYTHING = fullAccess(LOCAL_USER);

/** Somebody who sees the given experiments and models and nothing else. */
export const seesOnly = (
  id: string,
  {
    experiments = [],
    models = [],
  }: { readonly experiments?: readonly number[]; readonly models?: readonly string[] },
): Access => ({
  principal: { id, kind: 'user', name: `user ${id}`, isAdmin: false },
  decide: () => 'hidden',
  visibleExperiments: () => experiments,
  visibleModels: () => ({ schemas: [], models }),
  visibleNames: () => [],
});

export interface StatementsFixtureOptions {
  readonly limits?: Partial<ProcessLimits>;
  readonly clock?: Clock;
  readonly maxKeptBytes?: number;
  readonly governance?: GovernanceExecutor;
  readonly openLakeTable?: OpenLakeTable;
  /** Where results lie; a folder of its own without it. */
  readonly folder?: string;
}

const queriesAlone: GovernanceExecutor = {
  async execute({ kind }) {
    throw new AppError('NotSupported', `This test has no ${kind}.`);
  },
};

/** Statements over a database, wired as the program does, without HTTP. */
export async function startStatements(db: Database, options: StatementsFixtureOptions = {}) {
  const clock = options.clock ?? systemClock;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'slipway-statements-'));
  const store = await openLocalStore({ folder, clock });
  const keys = await openBlobKeys(db);
  const processes = createQueryProcesses({ ...DEFAULT_PROCESS_LIMITS, ...options.limits });
  const sessions = createSqlSessions({ db, clock });
  const results = createResultStore({ store, newKey: (nowMs) => keys.newKey(nowMs), clock });
  const errors: unknown[] = [];
  const tables = [
    ...offerTables(trackingRowSources, (access) => access.visibleExperiments()),
    ...offerTables(registryRowSources, (access) => ({
      models: access.visibleModels(),
      experiments: access.visibleExperiments(),
    })),
  ];
  const statements = createStatements({
    db,
    clock,
    processes,
    results,
    sessions,
    tables,
    openLakeTable: options.openLakeTable ?? (async () => undefined),
    ...(options.maxKeptBytes !== undefined && { maxKeptBytes: options.maxKeptBytes }),
    governance: options.governance ?? queriesAlone,
    onError: (error) => errors.push(error),
  });

  async function execute(
    request: Partial<StatementRequest> & { readonly text: string },
    access: Access = EVERYTHING,
  ): Promise<StatementView> {
    return statements.execute(statementRequest(request), access, { waitMs: 60_000, onTimeout: 'CONTINUE' });
  }

  return {
    statements,
    processes,
    sessions,
    tables,
    folder,
    store,
    /** What went wrong behind the statements. */
    errors,
    execute,
    async readText(view: StatementView, part = 0): Promise<string> {
      const { bytes } = await statements.readPart(view.id, part);
      return (await whole(bytes)).toString('utf8');
    },
    async readBytes(view: StatementView, part = 0): Promise<Buffer> {
      return whole((await statements.readPart(view.id, part)).bytes);
    },
    /** The rows of a statement that must succeed. */
    async rows(text: string, access: Access = EVERYTHING): Promise<(string | null)[][]> {
      const view = await execute({ text }, access);
      if (view.state !== 'SUCCEEDED') throw new Error(`${view.state}: ${view.error?.message}`);
      const { bytes } = await statements.readPart(view.id, 0);
      return JSON.parse((await whole(bytes)).toString('utf8')) as (string | null)[][];
    },
    async stop() {
      await statements.stop();
      await store.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true });
    },
  };
}

export type StatementsFixture = Awaited<ReturnType<typeof startStatements>>;

export const statementRequest = (
  request: Partial<StatementRequest> & { readonly text: string },
): StatementRequest => ({
  parameters: [],
  place: {},
  sessionId: undefined,
  format: 'JSON_ARRAY',
  disposition: 'INLINE',
  rowLimit: undefined,
  byteLimit: undefined,
  ...request,
});

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
