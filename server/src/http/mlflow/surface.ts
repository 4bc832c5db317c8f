import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AppError, invalidArgument } from '../../kernel/errors.ts';
import { authenticate } from '../authenticate.ts';
import type { AsAppError } from '../failures.ts';
import { renderError } from './errors.ts';
import { type Json, type JsonObject, parseJson } from './json.ts';
import { JsonText, type MlflowCall, type MlflowRoute } from './routes.ts';

/** The largest JSON body: a dataset's profile alone may have 16 MiB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const PREFIXES = { both: ['/api/', '/ajax-api/'], ajax: ['/ajax-api/'] } as const;

/** Registers MLflow's JSON protocol: its codec, its errors, its routes under both prefixes. */
export function registerMlflowSurface(
  server: FastifyInstance,
  routes: readonly MlflowRoute[],
  asAppError: AsAppError,
): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => {
        done(null, body);
      },
    );
    scope.setErrorHandler((error, request, reply) => sendError(asAppError(error, request), reply));
    for (const route of routes) {
      for (const prefix of PREFIXES[route.prefixes ?? 'both']) {
        scope.route({
          method: route.method,
          url: prefix + route.path,
          handler: async (request, reply) => {
            try {
              return await answer(route, request, reply);
            } catch (error) {
              return sendError(asAppError(error, request), reply);
            }
          },
        });
      }
    }
  });
}

async function answer(route: MlflowRoute, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const call: MlflowCall = {
    caller: authenticate(request, route.privilege),
    message: readMessage(request),
    path: request.params as Record<string, string>,
    get signal() {
      return request.signal;
    },
    onAnswered: (action) => {
      reply.raw.once('close', () => action(reply.raw.writableFinished));
    },
  };
  const result = await route.handle(call);
  reply.header('content-type', 'application/json');
  if (result instanceof JsonText) return reply.send(Readable.from(result.chunks, { objectMode: false }));
  return reply.send(JSON.stringify(result));
}

export function sendError(error: AppError, reply: FastifyReply): FastifyReply {
  const { status, body } = renderError(error);
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(body));
}

function readMessage(request: FastifyRequest): JsonObject {
  const query = request.query as JsonObject;
  if (request.method === 'GET') {
    for (const _ in query) return query;
    return readBody(request);
  }
  if (request.method === 'POST' || request.method === 'PUT') refuseOtherContentTypes(request);
  const message = readBody(request);
  // DELETE calls come with a body from the Python client, with a query string from others.
  for (const _ in query) return request.method === 'DELETE' ? { ...query, ...message } : message;
  return message;
}

/** A form or plain text is what a foreign web page can send without asking: it never reaches a handler. */
function refuseOtherContentTypes(request: FastifyRequest): void {
  const contentType = request.headers['content-type'];
  if (contentType === undefined) return;
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw invalidArgument(
      `Bad Request. Content-Type must be application/json, got '${mediaType.slice(0, 100)}'.`,
      {
        field: 'Content-Type',
      },
    );
  }
}

function readBody(request: FastifyRequest): JsonObject {
  const body = request.body;
  if (!(body instanceof Uint8Array)) return {};
  let value: Json = parseJson(body);
  // Old clients encode twice: a JSON text that holds JSON.
  if (typeof value === 'string') value = parseJson(Buffer.from(value));
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalidArgument('The request body must be a JSON object.');
  }
  return value;
}
