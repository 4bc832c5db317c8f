import type { OpenedDatabase, TestedDatabase } from '../../db/conformance/databases.ts';
import { fullAccess, LOCAL_USER } from '../../governance/access.ts';
import { startGovernance } from '../../governance/conformance/governance.ts';
import type { Governance } from '../../governance/governance.ts';
import { schemaTables } from '../../governance/tables.ts';
import { callerOf } from '../authenticate.ts';
import { type ServerFixture, startServer } from '../server.fixture.ts';
import type { DatabricksRoute } from './routes.ts';

export interface GovernedRoutes {
  readonly governance: Governance;
  readonly opened: OpenedDatabase;
  readonly server: ServerFixture;
  /** As the named user; `admin` for the program itself. */
  call(
    as: string,
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; json: Record<string, unknown> }>;
  close(): Promise<void>;
}

/** Routes over a real database with real rights; who calls is what the header `x-as` says. */
export async function startGovernedRoutes(
  database: TestedDatabase,
  routesOf: (governance: Governance, opened: OpenedDatabase) => readonly DatabricksRoute[],
): Promise<GovernedRoutes> {
  const opened = await database.open();
  const governance = await startGovernance(opened.db, { contents: [schemaTables] });
  const server = await startServer({
    databricksRoutes: routesOf(governance, opened),
    async authenticate(request) {
      const as = String(request.headers['x-as']);
      const principal = as === 'admin' ? undefined : await governance.principals.findByName(as);
      const access = principal && governance.snapshot.accessOf(principal.id);
      return callerOf(request, access ?? fullAccess(LOCAL_USER));
    },
  });
  return {
    governance,
    opened,
    server,
    async call(as, method, path, body) {
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: { 'x-as': as },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    },
    async close() {
      await server.server.close();
      await governance.stop();
      await opened.remove();
    },
  };
}
