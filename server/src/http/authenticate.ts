import type { FastifyRequest } from 'fastify';
import { fullAccess, LOCAL_USER } from '../governance/access.ts';
import type { Caller } from './mlflow/routes.ts';
import type { Privilege } from './routes.ts';

/**
 * Who calls, and whether the route's privilege is theirs. The server has no identities yet: whoever reaches it may
 * use it, which is why it listens on loopback unless told otherwise.
 */
export function authenticate(request: FastifyRequest, _privilege: Privilege): Caller {
  return {
    principal: LOCAL_USER.name,
    access: everybody,
    client: clientOf(request),
    get origin() {
      return originOf(request);
    },
    userAgent: request.headers['user-agent'] ?? '',
  };
}

const everybody = fullAccess(LOCAL_USER);

/** The header is sent once the server has told its workspace; with the SDK switched off it is the only sign. */
const clientOf = ({ headers }: FastifyRequest): Caller['client'] =>
  'x-databricks-org-id' in headers || headers['user-agent']?.includes('databricks-') ? 'databricks' : 'mlflow';

/** Scheme and host as the caller used them, also behind a proxy that says so. */
export function originOf(request: FastifyRequest): string {
  const forwarded = request.headers['x-forwarded-proto'];
  const scheme = typeof forwarded === 'string' && /^https?$/.test(forwarded) ? forwarded : 'http';
  return `${scheme}://${request.headers.host ?? 'localhost'}`;
}
