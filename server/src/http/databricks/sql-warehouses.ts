import { notFound } from '../../kernel/errors.ts';
import type { SqlSessions } from '../../statements/sessions.ts';
import { optionalString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

/** The one warehouse: statements run within this server, whichever id they name. */
const WAREHOUSE_ID = 'slipway';

const WAREHOUSES = '/api/2.0/sql/warehouses';
const SESSIONS = '/api/2.0/sql/sessions';

/** @throws AppError NotFound */
export async function requireWarehouse(id: string): Promise<void> {
  if (id !== WAREHOUSE_ID)
    throw notFound(`The warehouse ${id.slice(0, 100)} does not exist: there is ${WAREHOUSE_ID}.`);
}

/** What SQL clients ask before their first statement. */
export function sqlWarehouseRoutes(sessions: SqlSessions): readonly DatabricksRoute[] {
  const open = async ({ body, caller }: DatabricksCall) => ({
    session_id: await sessions.open(readPlace(body), caller.access),
  });
  const close = async ({ path, caller }: DatabricksCall) => {
    await sessions.close(path.session!, caller.access);
    return {};
  };

  return [
    {
      method: 'GET',
      path: WAREHOUSES,
      summary: 'Lists the one SQL warehouse',
      access: 'filtered',
      handle: async (call) => ({ warehouses: [describe(call)] }),
    },
    {
      method: 'GET',
      path: `${WAREHOUSES}/:id`,
      summary: 'Describes a SQL warehouse',
      access: 'filtered',
      async handle(call) {
        await requireWarehouse(call.path.id!);
        return describe(call);
      },
    },
    {
      method: 'GET',
      path: '/api/2.0/preview/sql/data_sources',
      summary: 'Lists the one SQL warehouse, as older clients ask for it',
      access: 'filtered',
      handle: async () => LEGACY as object,
    },
    { method: 'POST', path: SESSIONS, summary: 'Opens a session of SQL', access: 'filtered', handle: open },
    {
      method: 'POST',
      path: `${WAREHOUSES}/:id/sessions`,
      summary: 'Opens a session of SQL',
      access: 'filtered',
      handle: open,
    },
    {
      method: 'DELETE',
      path: `${SESSIONS}/:session`,
      summary: 'Closes a session of SQL',
      access: 'filtered',
      handle: close,
    },
    {
      method: 'DELETE',
      path: `${WAREHOUSES}/:id/sessions/:session`,
      summary: 'Closes a session of SQL',
      access: 'filtered',
      handle: close,
    },
  ];
}

/** A list in the older protocol, the only one here whose answer is no object. */
const LEGACY: readonly object[] = [
  {
    id: WAREHOUSE_ID,
    name: WAREHOUSE_ID,
    warehouse_id: WAREHOUSE_ID,
    type: 'databricks_internal',
    syntax: 'sql',
    supports_auto_limit: true,
    view_only: false,
  },
];

function readPlace(body: JsonObject) {
  const catalog = optionalString(body, 'catalog') || undefined;
  const schema = optionalString(body, 'schema') || undefined;
  return { ...(catalog !== undefined && { catalog }), ...(schema !== undefined && { schema }) };
}

function describe({ caller }: DatabricksCall): object {
  const { hostname, port, protocol } = new URL(caller.origin);
  return {
    id: WAREHOUSE_ID,
    name: WAREHOUSE_ID,
    state: 'RUNNING',
    size: '2X-Small',
    cluster_size: '2X-Small',
    warehouse_type: 'PRO',
    enable_serverless_compute: false,
    min_num_clusters: 1,
    max_num_clusters: 1,
    num_clusters: 1,
    num_active_sessions: 0,
    auto_stop_mins: 0,
    spot_instance_policy: 'COST_OPTIMIZED',
    enable_photon: false,
    odbc_params: {
      hostname,
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      protocol: protocol.slice(0, -1),
      path: `/sql/1.0/warehouses/${WAREHOUSE_ID}`,
    },
  };
}
