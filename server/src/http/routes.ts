import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * What a caller must be allowed to do. Every route names one; `none` is for the few that tell nothing about anybody's
 * data, `signed` for URLs whose signature is the permission.
 */
export type Privilege = 'none' | 'signed' | 'READ' | 'EDIT' | 'MANAGE' | 'ADMIN';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** What is known of every route, whichever surface it belongs to. */
export interface ListedRoute {
  readonly method: Method;
  /** From the root, with `:name` for parameters and `*` for an open end. */
  readonly path: string;
  readonly privilege: Privilege;
}

/** A route outside of the JSON protocol: it reads and answers streams itself. */
export interface RawRoute extends ListedRoute {
  handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}
