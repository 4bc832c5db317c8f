import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './mlflow/routes.ts';
import type { RouteAccess } from './route-access.ts';
import type { ShortWay } from './short-way.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** What is known of every route, whichever surface it belongs to. */
export interface ListedRoute {
  readonly method: Method;
  /** From the root, with `:name` for parameters and `*` for an open end. */
  readonly path: string;
  /** What it asks of its caller: `open`, `signed`, `filtered`, `admin`, or actions such as `experiment.edit`. */
  readonly needs: string;
}

/** One call of a route that reads and answers streams. */
export interface RawCall {
  readonly request: FastifyRequest;
  readonly caller: Caller;
}

export interface DescribedParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly repeated?: boolean;
  readonly description: string;
}

export interface DescribedBody {
  readonly description: string;
  /** Media types; none for no body. */
  readonly types?: readonly string[];
  /** Headers beside those that every answer has, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the document of the program says of a route that reads and answers streams. */
export interface RouteDescription {
  readonly summary: string;
  readonly tag: string;
  readonly parameters?: readonly DescribedParameter[];
  readonly body?: DescribedBody;
  /** By status, beside the errors that every route may answer. */
  readonly answers: Readonly<Record<number, DescribedBody>>;
}

/** A route outside of the JSON protocol: it reads and answers streams itself. */
export interface RawRoute {
  readonly method: Method;
  /** From the root, with `:name` for parameters and `*` for an open end. */
  readonly path: string;
  readonly access: RouteAccess<RawCall>;
  /** Undefined for what only the program's own pages and tools ask. */
  readonly description?: RouteDescription;
  handle(request: FastifyRequest, reply: FastifyReply, caller: Caller): Promise<unknown>;
  /** How most of its requests are answered without the router. */
  readonly shortWay?: ShortWay;
}
