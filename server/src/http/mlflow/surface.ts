import { pipeline, Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { type Admission, createAdmission } from '../admission.ts';
import type { Authenticate } from '../authenticate.ts';
import { callerSignal } from '../caller-presence.ts';
import { chooseEncoding, createCompression, WORTH_COMPRESSING } from '../compression.ts';
import type { AsAppError } from '../failures.ts';
import { requireAccess } from '../route-access.ts';
import type { ShownLocations } from '../shown-locations.ts';
import { renderError } from './errors.ts';
import { type Json, type JsonObject, parseJson } from './json.ts';
import { type Caller, JsonText, type MlflowCall, type MlflowRoute } from './routes.ts';

/** The largest JSON body: a dataset's profile alone may have 16 MiB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const PREFIXES = { both: ['/api/', '/ajax-api/'], ajax: ['/ajax-api/'] } as const;

/** The paths from the root under which a route answers. */
export const pathsOf = (route: MlflowRoute): readonly string[] =>
  PREFIXES[route.prefixes ?? 'both'].map((prefix) => prefix + route.path);

export interface MlflowSurfaceOptions {
  readonly routes: readonly MlflowRoute[];
  readonly authenticate: Authenticate;
  readonly locations: ShownLocations;
  readonly asAppError: AsAppError;
}

/** Registers MLflow's JSON protocol: its codec, its errors, its routes under both prefixes. */
export function registerMlflowSurface(
  server: FastifyInstance,
  { routes, authenticate, locations, asAppError }: MlflowSurfaceOptions,
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
      const admission = createAdmission(authenticate, route.access);
      for (const url of pathsOf(route)) {
        scope.route({
          method: route.method,
          url,
          onRequest: admission.onRequest,
          handler: async (request, reply) => {
            try {
              return await answer(route, { admission, locations }, { request, reply });
            } catch (error) {
              return sendError(asAppError(error, request), reply);
            }
          },
        });
      }
    }
  });
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function answer(
  route: MlflowRoute,
  { admission, locations }: { readonly admission: Admission; readonly locations: ShownLocations },
  { request, reply }: Exchange,
): Promise<unknown> {
  const known = admission.callerOf(request, reply);
  const caller = known instanceof Promise ? await known : known;
  const { message, refused } = readMessage(request);
  let signal: AbortSignal | undefined;
  const call: MlflowCall = {
    caller,
    message: locations.read(message, caller),
    path: request.params as Record<string, string>,
    get signal() {
      signal ??= callerSignal(reply);
      return signal;
    },
    onAnswered: (action) => {
      reply.raw.once('close', () => action(reply.raw.writableFinished));
    },
  };
  if (refused !== undefined) return explainRefusal(handle(route, call), refused);
  // Nothing is waited for that is known already: a promise a step adds up over thousands of calls a second.
  const judging = requireAccess(caller.access, route.access, call);
  if (judging !== undefined) await judging;
  const answered = await route.handle(call);
  const result = caller.client === 'databricks' ? shown(answered, locations, caller) : answered;
  reply.header('content-type', 'application/json');
  if (route.compressed) return sendCompressed(result, request, reply);
  if (result instanceof JsonText) return sendText(result, reply);
  return reply.send(JSON.stringify(result));
}

/** The answer with its locations as this client can use them. */
function shown(answer: object | JsonText, locations: ShownLocations, caller: Caller): object | JsonText {
  if (!(answer instanceof JsonText)) return locations.show(answer, caller);
  const { chunks } = answer;
  const show = (text: string) => locations.showText(text, caller);
  return new JsonText(Symbol.iterator in chunks ? mapped(chunks, show) : mappedLater(chunks, show));
}

function* mapped(chunks: Iterable<string>, show: (text: string) => string): Generator<string, void> {
  for (const chunk of chunks) yield show(chunk);
}

async function* mappedLater(
  chunks: AsyncIterable<string>,
  show: (text: string) => string,
): AsyncGenerator<string, void> {
  for await (const chunk of chunks) yield show(chunk);
}

async function handle(route: MlflowRoute, call: MlflowCall): Promise<object | JsonText> {
  await requireAccess(call.caller.access, route.access, call);
  return route.handle(call);
}

function sendCompressed(result: object, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('vary', 'accept-encoding');
  const header = request.headers['accept-encoding'];
  const encoding = chooseEncoding(Array.isArray(header) ? header.join(',') : header);
  const text = result instanceof JsonText ? result : JSON.stringify(result);
  if (encoding === undefined || (typeof text === 'string' && text.length < WORTH_COMPRESSING)) {
    return typeof text === 'string' ? reply.send(text) : sendText(text, reply);
  }
  const source = Readable.from(typeof text === 'string' ? [text] : text.chunks, { objectMode: false });
  const compression = createCompression(encoding);
  // An error of the source ends the answer before its end, as it does without compression.
  pipeline(source, compression, () => undefined);
  return reply.header('content-encoding', encoding).send(compression);
}

/** Texts of this length are sent in one piece; longer ones as a stream that waits for a slow reader. */
const PIECE_CHARS = 256 * 1024;

function sendText({ chunks }: JsonText, reply: FastifyReply): FastifyReply {
  if (!(Symbol.iterator in chunks)) return reply.send(Readable.from(chunks, { objectMode: false }));
  const pieces = gather(chunks);
  const first = pieces.next();
  const second = pieces.next();
  if (second.done) return reply.send(first.value ?? '');
  return reply.send(Readable.from(rest([first.value ?? '', second.value], pieces), { objectMode: false }));
}

function* gather(chunks: Iterable<string>): Generator<string, undefined> {
  let piece = '';
  for (const chunk of chunks) {
    piece += chunk;
    if (piece.length >= PIECE_CHARS) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}

function* rest(taken: readonly string[], pieces: Iterator<string>): Generator<string> {
  yield* taken;
  for (let next = pieces.next(); !next.done; next = pieces.next()) yield next.value;
}

/**
 * A body that is no JSON counts as empty (contract, section 2.8), so that the first field it lacks is named; what is
 * wrong with the body is said as well. A call that would do with an empty body is refused all the same.
 */
async function explainRefusal(handled: Promise<object>, refused: AppError): Promise<never> {
  const missing = await handled.then(
    () => '',
    (error: unknown) =>
      error instanceof AppError && error.code === 'InvalidArgument' ? `${error.message} ` : '',
  );
  throw invalidArgument(missing + refused.message);
}

export function sendError(error: AppError, reply: FastifyReply): FastifyReply {
  // Pages of ours sign in by a form of their own: a browser that is challenged would put its dialog before it.
  if (error.code === 'Unauthenticated' && !isPage(reply.request))
    reply.header('www-authenticate', 'Basic realm="slipway", charset="UTF-8"');
  const { status, body } = renderError(error);
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(body));
}

/** Browsers say for whom they ask; other clients may say how, but never from which site. */
const isPage = ({ headers }: FastifyRequest): boolean =>
  'sec-fetch-site' in headers && headers['sec-fetch-mode'] !== 'navigate';

interface Message {
  readonly message: JsonObject;
  /** What is wrong with the body; the message is empty then. */
  readonly refused?: AppError | undefined;
}

function readMessage(request: FastifyRequest): Message {
  const query = request.query as JsonObject;
  if (request.method === 'GET') {
    for (const _ in query) return { message: query };
    return readBody(request);
  }
  if (request.method === 'POST' || request.method === 'PUT') refuseOtherContentTypes(request);
  const body = readBody(request);
  // DELETE calls come with a body from the Python client, with a query string from others.
  for (const _ in query)
    return request.method === 'DELETE' ? { message: { ...query, ...body.message } } : body;
  return body;
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

function readBody(request: FastifyRequest): Message {
  const body = request.body;
  if (!(body instanceof Uint8Array)) return { message: {} };
  try {
    let value: Json = parseJson(body);
    // Old clients encode twice: a JSON text that holds JSON.
    if (typeof value === 'string') value = parseJson(Buffer.from(value));
    if (value === null) return { message: {} };
    if (typeof value === 'object' && !Array.isArray(value)) return { message: value };
    return { message: {}, refused: invalidArgument('The request body must be a JSON object.') };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { message: {}, refused: error };
  }
}
