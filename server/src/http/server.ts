import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError, unavailable } from '../kernel/errors.ts';
import { createAdmission } from './admission.ts';
import type { AuditTrails } from './audit-trail.ts';
import type { Authenticate } from './authenticate.ts';
import { createBrokenRequestHandler } from './broken-requests.ts';
import { createProxyNotice, type ProxyTrust } from './caller-address.ts';
import { createCors } from './cors.ts';
import { DISCOVERY_PATH } from './databricks/discovery.ts';
import { isDatabricksPath, sendDatabricksError } from './databricks/errors.ts';
import type { DatabricksRoute } from './databricks/routes.ts';
import {
  listDatabricksRoute,
  noDatabricksEndpoint,
  registerDatabricksSurface,
} from './databricks/surface.ts';
import { createEarlyAnswers, DEFAULT_LEAVE, hasLongBody, type LeaveLimits } from './early-answers.ts';
import { createAsAppError } from './failures.ts';
import { createHostGuard, type HostRules } from './host-guard.ts';
import type { Logger } from './logger.ts';
import type { ServerMetrics } from './metrics.ts';
import type { MlflowRoute } from './mlflow/routes.ts';
import { pathsOf, registerMlflowSurface, sendError } from './mlflow/surface.ts';
import type { Pages } from './pages.ts';
import { createRequestIds } from './request-ids.ts';
import { describeAccess, requireAccess, requireStill } from './route-access.ts';
import type { ListedRoute, RawRoute } from './routes.ts';
import { createShortWays } from './short-way.ts';
import type { ShownLocations } from './shown-locations.ts';
import { createSlowRequests, DEFAULT_PATIENCE, type PatienceLimits } from './slow-requests.ts';

/** The server as the program that starts and stops it sees it. */
export type HttpServer = FastifyInstance & {
  /** Every route of every surface, in the order in which they were given. */
  readonly routeTable: readonly ListedRoute[];
};

export interface HttpServerOptions {
  readonly mlflowRoutes: readonly MlflowRoute[];
  readonly rawRoutes: readonly RawRoute[];
  readonly databricksRoutes: readonly DatabricksRoute[];
  /** Decimal digits, told with every answer: some clients refuse to work without. */
  readonly workspaceId: string;
  readonly authenticate: Authenticate;
  readonly locations: ShownLocations;
  /** Undefined where no audit log is kept. */
  readonly audit?: AuditTrails | undefined;
  readonly pages: Pages;
  readonly hostRules: HostRules;
  /** Who is believed when it says for whom it asks; nobody without it. */
  readonly trustsProxy?: ProxyTrust | undefined;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
  /** How long callers may take; see the defaults. */
  readonly patience?: PatienceLimits;
  /** What strangers may still send once they are answered; see the defaults. */
  readonly leave?: LeaveLimits;
}

/** Paths that probes ask under any name. */
const EXEMPT_FROM_HOST_CHECK: ReadonlySet<string> = new Set(['/health', '/version']);

/** The HTTP server with all its surfaces, not yet listening. */
export function buildHttpServer(options: HttpServerOptions): HttpServer {
  const { logger, authenticate, audit } = options;
  const asAppError = createAsAppError(logger);
  const checkHost = createHostGuard(options.hostRules);
  const cors = createCors(options.hostRules.allowedOrigins);
  const patience = options.patience ?? DEFAULT_PATIENCE;
  const requestIds = createRequestIds();
  const trustsProxy = options.trustsProxy ?? (() => false);
  const noticeProxy = createProxyNotice(trustsProxy, (peer) =>
    logger.warn(
      'requests come through a proxy that is not among --trusted-proxies: its callers count as one for the limits of sign-ins, and in the audit log',
      { peer },
    ),
  );
  const logRequest = (request: FastifyRequest, reply: FastifyReply) => {
    if (request.url === DISCOVERY_PATH) return;
    logger.request({
      id: request.id,
      method: request.method,
      path: pathOf(request),
      status: reply.statusCode,
      ms: reply.elapsedTime,
    });
  };
  const identify = (request: FastifyRequest, reply: FastifyReply) =>
    reply.header('x-request-id', request.id).header('x-databricks-org-id', options.workspaceId);
  const server = Fastify({
    logger: false,
    genReqId: requestIds,
    trustProxy: trustsProxy,
    forceCloseConnections: 'idle',
    http: { headersTimeout: patience.headersMs, connectionsCheckingInterval: patience.checkMs },
    clientErrorHandler: createBrokenRequestHandler(logger, requestIds),
    // Long searches and large files take their time; who falls silent within a body is ended by `createSlowRequests`.
    connectionTimeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    // Answered by our own hook, in the form that every other answer has.
    return503OnClosing: false,
    routerOptions: {
      maxParamLength: 8192,
      ignoreTrailingSlash: true,
      querystringParser: parseQuery,
    },
    // What cannot even be routed, such as an address with a broken escape. No hook sees it.
    frameworkErrors: (error, plainRequest, plainReply) => {
      const [request, reply] = [plainRequest as FastifyRequest, plainReply as FastifyReply];
      identify(request, reply);
      if (cors.handle(request, reply)) return;
      if (hasLongBody(request)) reply.header('connection', 'close');
      sendErrorOfPath(asAppError(error, request), request, reply);
      logRequest(request, reply);
    },
    bodyLimit: 64 * 1024 * 1024,
    exposeHeadRoutes: false,
  });
  const slowRequests = createSlowRequests(server.server, patience);
  const earlyAnswers = createEarlyAnswers(options.leave ?? DEFAULT_LEAVE);
  let closing = false;
  closeSilentConnections(server);
  // Leave to send the body is given by the admission, not by Node before anybody was asked.
  server.server.on('checkContinue', (request, response) => server.server.emit('request', request, response));

  server.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  server.removeAllContentTypeParsers();
  server.decorateRequest('trail');
  server.decorateRequest('caller');
  server.decorateRequest('judgeAgain');
  // Raw routes read the stream themselves.
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  server.addHook('onRequest', (request, reply, done) => {
    identify(request, reply);
    slowRequests.watch(request.raw);
    noticeProxy(request);
    try {
      if (!EXEMPT_FROM_HOST_CHECK.has(pathOf(request))) checkHost(request);
      if (cors.handle(request, reply)) return;
      if (closing) throw unavailable('The server is shutting down; try again in a moment.');
    } catch (error) {
      sendErrorOfPath(error as AppError, request, reply);
      return;
    }
    request.trail = audit?.open(request);
    done();
  });
  // Once the body is read: its events come from the connection, which knows of no request.
  server.addHook('preHandler', (request, _reply, done) => {
    if (request.trail === undefined) done();
    else request.trail.during(done);
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    cors.completeVary(request, reply);
    const send = () => done(null, earlyAnswers.prepare(request, reply, payload));
    const recorded = request.trail?.answered(reply.statusCode);
    if (recorded === undefined) send();
    else recorded.then(send, done);
  });
  server.addHook('preClose', async () => {
    closing = true;
  });
  server.addHook('onResponse', (request, reply, done) => {
    options.metrics.observe({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: reply.elapsedTime,
    });
    logRequest(request, reply);
    done();
  });
  server.setErrorHandler((error, request, reply) =>
    sendErrorOfPath(asAppError(error, request), request, reply),
  );
  const methodsOf = new Map<string, string[]>();
  server.addHook('onRoute', ({ method, url }) => {
    methodsOf.set(url, [...(methodsOf.get(url) ?? []), ...[method].flat()]);
  });
  server.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    const what = `${request.method} ${path.slice(0, 500)}`;
    const methods = methodsOf.get(path);
    if (methods === undefined && options.pages.isNavigation(request, path))
      return options.pages.sendDocument(request, reply);
    if (methods === undefined && isDatabricksPath(path))
      return sendDatabricksError(noDatabricksEndpoint(request.method, path), request, reply);
    if (methods === undefined)
      return sendError(new AppError('EndpointNotFound', `No endpoint ${what}`), reply);
    reply.header('allow', methods.join(', '));
    return sendErrorOfPath(
      new AppError('MethodNotAllowed', `No endpoint ${what}: this path answers ${methods.join(', ')}.`),
      request,
      reply,
    );
  });
  const rawRoutes = [...options.rawRoutes, options.metrics.route, ...options.pages.routes];
  for (const route of rawRoutes) {
    const admission = createAdmission(authenticate, route.access);
    server.route({
      method: route.method,
      url: route.path,
      onRequest: admission.onRequest,
      handler: async (request, reply) => {
        const caller = await admission.callerOf(request, reply);
        await requireAccess(caller.access, route.access, { request, caller });
        request.judgeAgain = async () => {
          const now = await admission.callerOf(request, reply);
          if (now !== caller) await requireStill(now.access, route.access, { request, caller: now });
        };
        return route.handle(request, reply, caller);
      },
    });
  }
  const { locations } = options;
  // A listed origin changes every answer, by `Vary`: then all go by the router.
  if (options.hostRules.allowedOrigins.length === 0) {
    const takeShortWay = createShortWays(rawRoutes, {
      checkHost,
      authenticate,
      audit,
      requestIds,
      headers: { 'x-databricks-org-id': options.workspaceId },
      arrives: slowRequests.watch,
      isClosing: () => closing,
      answered({ id, method, raw, routeOptions }, { status, ms }) {
        options.metrics.observe({ method, route: routeOptions.url, status, ms });
        logger.request({ id, method, path: raw.url!, status, ms });
      },
      failed: (request, error) =>
        logger.error('an answer could not be sent', { id: request.id, error: String(error) }),
    });
    const [router] = server.server.listeners('request') as [RequestListener];
    server.server.off('request', router);
    server.server.on('request', (request, response) => takeShortWay(request, response, router));
  }
  registerMlflowSurface(server, { routes: options.mlflowRoutes, authenticate, locations, asAppError });
  registerDatabricksSurface(server, {
    routes: options.databricksRoutes,
    authenticate,
    locations,
    asAppError,
  });
  for (const route of [...rawRoutes, ...options.databricksRoutes]) audit?.know(route);
  for (const route of options.mlflowRoutes)
    for (const path of pathsOf(route)) audit?.know({ method: route.method, path, access: route.access });
  return Object.assign(server, {
    routeTable: [
      ...listRoutes(rawRoutes, options.mlflowRoutes),
      ...options.databricksRoutes.map(listDatabricksRoute),
    ],
  });
}

/**
 * Browsers and Node's fetch open connections ahead of requests. To Node one over which nothing came is not idle, and
 * closing would wait for it until the time for headers is up.
 */
function closeSilentConnections(server: FastifyInstance): void {
  const connections = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.addHook('preClose', async () => {
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  });
}

function listRoutes(
  rawRoutes: readonly RawRoute[],
  mlflowRoutes: readonly MlflowRoute[],
): readonly ListedRoute[] {
  const list = ({ method, access }: Pick<RawRoute | MlflowRoute, 'method' | 'access'>, path: string) => ({
    method,
    path,
    needs: describeAccess(access),
  });
  return [
    ...rawRoutes.map((route) => list(route, route.path)),
    ...mlflowRoutes.flatMap((route) => pathsOf(route).map((path) => list(route, path))),
  ];
}

/** An error before any surface has the request: in the form of the surface whose path it is. */
function sendErrorOfPath(error: AppError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return isDatabricksPath(request.url) ? sendDatabricksError(error, request, reply) : sendError(error, reply);
}

function pathOf(request: FastifyRequest): string {
  const query = request.url.indexOf('?');
  return query < 0 ? request.url : request.url.slice(0, query);
}

/** A repeated name becomes a list, as protobuf's repeated fields need it. */
function parseQuery(text: string): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = Object.create(null);
  if (text === '') return result;
  for (const [name, value] of new URLSearchParams(text)) {
    const known = result[name];
    if (known === undefined) result[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else result[name] = [known, value];
  }
  return result;
}
