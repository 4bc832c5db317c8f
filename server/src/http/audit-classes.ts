import type { Action } from '../governance/privileges.ts';
import type { RouteAccess } from './route-access.ts';
import type { Method } from './routes.ts';

/**
 * How calls of a route are recorded:
 * - `write`: each, durably before its answer: rights, names, versions, aliases, stages, principals, secrets;
 * - `data`: once a caller, thing and interval, with a count: points, params, tags, spans, files of runs;
 * - `files`: reads of files and secrets, counted like data;
 * - `login`: like writes; failures are counted;
 * - `none`: only where the caller was turned away.
 */
export type AuditClass = 'write' | 'data' | 'files' | 'login' | 'none';

export interface AuditedRoute {
  readonly method: Method | string;
  /** From the root, with `:name` for parameters. */
  readonly path: string;
  /** Undefined where a route says nothing: administrators alone. */
  readonly access: RouteAccess<never> | undefined;
}

const READS_FILES: ReadonlySet<Action> = new Set(['model.read-files', 'volume.read', 'secret-scope.read']);
const READS: ReadonlySet<Action> = new Set([...READS_FILES, 'table.read', 'endpoint.query']);
/** What machines do all day long. */
const FILLS: ReadonlySet<Action> = new Set(['experiment.edit', 'volume.write', 'table.write', 'job.run']);

/** Signing in and out; the page of a provider comes back to the callback. */
const SESSION =
  /^(POST|DELETE) \/api\/slipway\/v1\/session$|^GET \/api\/slipway\/v1\/session\/oidc\/callback$/;
/** Files of runs and models, under every protocol. */
const FILES =
  /get-artifact$|\/artifacts\/(\*|files)|mlflow-artifacts\/|\/fs\/(files|create-|signed-files)|\/dbfs\/(\*|read|put|create|add-block|close)|credentials-for-|presigned/;
/**
 * Calls that change nothing, with POST because a question is longer than an address; sessions of drivers as well. What
 * endpoints are asked has a log of its own.
 */
const ASKS =
  /\/(search[^/]*|batchGetInfos|calculate-filter-correlation|telemetry-ext|get-latest-versions|emit-lineage|invocations)$|\/traces\/metrics$|\/slipway\/v1\/((run-table|charts)\/|(model-versions\/table|registered-models\/activity)$)|\/sql\/(sessions|warehouses)\b|\/sql\/statements\/:/;
/** What comes in by the thousand and changes nothing that is there. */
const ADDS = /\/serving-endpoints\/:name\/feedback$/;
/** An experiment's own name, place and life: what lies in it is data, it is not. */
const EXPERIMENT_ITSELF =
  /\/experiments\/(create|delete|restore|update|set-experiment-tag|delete-experiment-tag)|experiment-folders/;

const isRead = (action: Action): boolean => READS.has(action) || /\.(see|read)$/.test(action);

export function auditClassOf({ method, path, access }: AuditedRoute): AuditClass {
  if (SESSION.test(`${method} ${path}`)) return 'login';
  const looks = method === 'GET' || method === 'HEAD';
  if (ADDS.test(path)) return 'data';
  if (typeof access === 'object') {
    const actions = access.map(({ action }) => action);
    if (looks || actions.every(isRead)) {
      if (actions.some((action) => READS_FILES.has(action)) || FILES.test(path)) return 'files';
      return looks || ASKS.test(path) ? 'none' : 'write';
    }
    const uploads = FILES.test(path) && method !== 'DELETE';
    const fills = (action: Action) => FILLS.has(action) || (uploads && action === 'model.create-version');
    const isData = actions.every((action) => fills(action) || isRead(action));
    return isData && !EXPERIMENT_ITSELF.test(path) ? 'data' : 'write';
  }
  switch (access) {
    case 'open':
      return 'none';
    case 'signed':
      return looks ? 'files' : 'data';
    case 'filtered':
      if (looks) return FILES.test(path) ? 'files' : 'none';
      return ASKS.test(path) ? 'none' : FILES.test(path) ? 'data' : 'write';
    case 'admin':
    case undefined:
      return looks ? 'none' : 'write';
  }
}

/** Whether a route runs the statement in its body: queries are among them, which change nothing. */
export const runsStatements = ({ method, path }: Pick<AuditedRoute, 'method' | 'path'>): boolean =>
  method === 'POST' && path === '/api/2.0/sql/statements';

/** What a route is called where no rule names an action: `POST token/create`, `logout`. */
export function routeName({ method, path }: Pick<AuditedRoute, 'method' | 'path'>): string {
  if (SESSION.test(`${method} ${path}`)) return method === 'DELETE' ? 'logout' : 'login';
  const name = path
    .replace(/^\/(ajax-)?api\/(\d\.\d\/)?/, '')
    .replace(/^(mlflow|slipway\/v1|preview\/scim\/v2)\//, '');
  return `${method} ${name}`;
}

/** The action that a record is filed under: what the call changes, else what it reads. */
export const mainAction = (actions: readonly Action[]): Action | undefined =>
  actions.find((action) => !isRead(action)) ??
  actions.find((action) => READS_FILES.has(action)) ??
  actions[0];
