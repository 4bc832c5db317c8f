import { type Access, fullAccess, LOCAL_USER } from '../governance/access.ts';
import { AppError } from '../kernel/errors.ts';
import type { HttpRequest } from './http-request.ts';
import type { Caller } from './mlflow/routes.ts';
import type { RouteAccess } from './route-access.ts';

/**
 * Says who calls, once a request, before its route's rule is asked.
 * @throws AppError Unauthenticated where the rule needs somebody and the request names nobody.
 */
export type Authenticate = (request: HttpRequest, rule: RouteAccess<never>) => Caller | Promise<Caller>;

/**
 * What somebody may do to whom a right was given that travels without credentials, as in a signed URL.
 * @throws AppError PermissionDenied where they are not there any more, or inactive.
 */
export type HolderOf = (principalId: string) => Promise<Access>;

export const holderIsGone = (): AppError =>
  new AppError('PermissionDenied', 'Who was given this URL may not use it any more: ask for another one.');

/** Without identities, what was given to nobody by name; what was given to somebody waits until there are any. */
export const everybodyHolds: HolderOf = async (principalId) => {
  if (principalId !== LOCAL_USER.id) throw holderIsGone();
  return everybody;
};

/**
 * Without identities: whoever reaches the server may use it, which is why it listens on loopback unless told otherwise.
 */
export const everybodyIsLocal: Authenticate = (request) => callerOf(request, everybody);

/** The caller of a request, once it is known what it may do. */
export function callerOf(request: HttpRequest, access: Access): Caller {
  return {
    principal: access.principal.name,
    access: request.trail?.heard(access) ?? access,
    client: clientOf(request),
    get origin() {
      return originOf(request);
    },
    userAgent: request.headers['user-agent'] ?? '',
  };
}

const everybody = fullAccess(LOCAL_USER);

/** The header is sent once the server has told its workspace; with the SDK switched off it is the only sign. */
const clientOf = ({ headers }: HttpRequest): Caller['client'] =>
  'x-databricks-org-id' in headers || headers['user-agent']?.includes('databricks-')
    ? 'databricks'
    : 'mlflow';

/** Scheme and host as the caller used them, also behind a proxy that says so. */
export function originOf(request: HttpRequest): string {
  const forwarded = request.headers['x-forwarded-proto'];
  const scheme = typeof forwarded === 'string' && /^https?$/.test(forwarded) ? forwarded : 'http';
  return `${scheme}://${request.headers.host ?? 'localhost'}`;
}
