import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { createAdmission } from '../admission.ts';
import type { Authenticate } from '../authenticate.ts';
import { callerSignal } from '../caller-presence.ts';
import type { AsAppError } from '../failures.ts';
import { type Json, type JsonObject, parseJson } from '../mlflow/json.ts';
import type { Caller } from '../mlflow/routes.ts';
import { describeAccess, requireAccess } from '../route-access.ts';
import type { ListedRoute } from '../routes.ts';
import type { ShownLocations } from '../shown-locations.ts';
import { sendDatabricksError } from './errors.ts';
import { Answer, type DatabricksCall, type DatabricksRoute } from './routes.ts';

/** Workspace files and secrets come within JSON; large files have routes that stream. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface DatabricksSurfaceOptions {
  readonly routes: readonly DatabricksRoute[];
  readonly authenticate: Authenticate;
  readonly locations: ShownLocations;
  readonly asAppError: AsAppError;
}

/**
 * Registers Databricks' JSON protocol: its codec, its errors, its routes. Trailing slashes are the server's to ignore;
 * `%2F` within a parameter comes decoded, for the Go client sends the whole path of a file as one segment.
 */
export function registerDatabricksSurface(
  server: FastifyInstance,
  { routes, authenticate, locations, asAppError }: DatabricksSurfaceOptions,
): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Clients send JSON as text/json, or under no type at all: what a body is does not depend on its name, which the
    // framework would refuse where it has no slash.
    scope.addHook('onRequest', (request, _reply, done) => {
      if ('content-type' in request.raw.headers) request.raw.headers['content-type'] = 'application/json';
      done();
    });
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => {
        done(null, body);
      },
    );
    scope.setErrorHandler((error, request, reply) =>
      sendDatabricksError(asAppError(error, request), request, reply),
    );
    for (const route of routes) {
      const admission = createAdmission(authenticate, route.access);
      scope.route({
        method: route.method,
        url: literalColons(route.path),
        onRequest: admission.onRequest,
        handler: async (request, reply) => {
          try {
            const known = admission.callerOf(request, reply);
            const caller = known instanceof Promise ? await known : known;
            return await answer(route, { caller, locations }, { request, reply });
          } catch (error) {
            return sendDatabricksError(asAppError(error, request), request, reply);
          }
        },
      });
    }
  });
}

/** Only a colon at the start of a segment names a parameter: `registered-models:is-enabled` is one plain word. */
const literalColons = (path: string): string => path.replace(/(?<!\/):/g, '::');

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function answer(
  route: DatabricksRoute,
  { caller, locations }: { readonly caller: Caller; readonly locations: ShownLocations },
  { request, reply }: Exchange,
) {
  const { query, queryLists } = readQuery(request);
  let signal: AbortSignal | undefined;
  const call: DatabricksCall = {
    caller,
    query: locations.read(query, caller) as Record<string, string>,
    queryLists,
    body: locations.read(readBody(request), caller),
    path: request.params as Record<string, string>,
    get signal() {
      signal ??= callerSignal(reply);
      return signal;
    },
  };
  const judging = requireAccess(caller.access, route.access, call);
  if (judging !== undefined) await judging;
  const result = await route.handle(call);
  const { status, body, headers } = result instanceof Answer ? result : new Answer(200, result);
  return send(new Answer(status, body && locations.show(body, caller), headers), reply);
}

function send({ status, body, headers }: Answer, reply: FastifyReply): FastifyReply {
  reply.code(status).headers(headers);
  if (status === 204 || reply.request.method === 'HEAD') return reply.send();
  // Old clients read JSON out of every answer, also where it says nothing.
  return reply.header('content-type', 'application/json').send(JSON.stringify(body ?? {}));
}

function readQuery(request: FastifyRequest): Pick<DatabricksCall, 'query' | 'queryLists'> {
  const sent = request.query as Readonly<Record<string, string | readonly string[]>>;
  const query: Record<string, string> = Object.create(null);
  const queryLists: Record<string, readonly string[]> = Object.create(null);
  for (const name in sent) {
    const value = sent[name]!;
    queryLists[name] = typeof value === 'string' ? [value] : value;
    query[name] = queryLists[name][0]!;
  }
  return { query, queryLists };
}

/**
 * @throws AppError InvalidArgument for what is no JSON object; for no body at all where the method only makes sense with
 * one: one of the official clients forgets it with PATCH.
 */
function readBody({ body, method }: FastifyRequest): JsonObject {
  if (!(body instanceof Uint8Array) || body.length === 0) {
    if (method === 'PATCH')
      throw invalidArgument('The request has no body: PATCH needs a JSON object that says what changes.');
    return {};
  }
  let value: Json = parseJson(body);
  // Old clients encode twice: a JSON text that holds JSON.
  if (typeof value === 'string') value = parseJson(Buffer.from(value));
  if (value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  throw invalidArgument('The request body must be a JSON object.');
}

export const listDatabricksRoute = (route: DatabricksRoute): ListedRoute => ({
  method: route.method,
  path: route.path,
  needs: describeAccess(route.access),
});

/** What a path of this surface answers where it has no route. */
export const noDatabricksEndpoint = (method: string, path: string): AppError =>
  new AppError('EndpointNotFound', `No API found for '${method} ${path.slice(0, 500)}'.`);
