import type { FastifyRequest } from 'fastify';
import type { Caller } from './mlflow/routes.ts';
import type { Privilege } from './routes.ts';

/**
 * Who calls, and whether the route's privilege is theirs. The server has no identities yet: whoever reaches it may
 * use it, which is why it listens on loopback unless told otherwise.
 */
export function authenticate(request: FastifyRequest, _privilege: Privilege): Caller {
  return {
    principal: 'anonymous',
    get origin() {
      return originOf(request);
    },
    userAgent: request.headers['user-agent'] ?? '',
  };
}

/** Scheme and host as the caller used them, also behind a proxy that says so. */
function originOf(request: FastifyRequest): string {
  const forwarded = request.headers['x-forwarded-proto'];
  const scheme = typeof forwarded === 'string' && /^https?$/.test(forwarded) ? forwarded : 'http';
  return `${scheme}://${request.headers.host ?? 'localhost'}`;
}
