import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AuditTrails, RequestTrail } from './audit-trail.ts';
import type { Authenticate } from './authenticate.ts';
import type { HttpRequest } from './http-request.ts';
import type { Caller } from './mlflow/routes.ts';
import { type RouteAccess, requireAccess } from './route-access.ts';
import type { RawRoute } from './routes.ts';

/** Of a route whose requests are worth a way of their own: the router would cost as much as their answer. */
export interface ShortWay {
  /** Paths of the route in which nothing has to be decoded; its named groups are the route's parameters. */
  readonly pattern: RegExp;
  /** As the route's. */
  readonly access: RouteAccess<ShortCall>;
  /**
   * Answers, and changes nobody's rights; never rejects. Undefined where the router is to have the request after all: nothing has been read of it.
   */
  answer(request: ShortRequest, response: ServerResponse, caller: Caller): Promise<ShortAnswer> | undefined;
}

/** A call as rules see it. */
export interface ShortCall {
  readonly request: ShortRequest;
  readonly caller: Caller;
}

export interface ShortAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** With its `x-request-id`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The guards of the server, which hold on both ways. */
export interface ShortWayDependencies {
  readonly checkHost: (request: HttpRequest) => void;
  readonly authenticate: Authenticate;
  readonly audit: AuditTrails | undefined;
  readonly requestIds: (request: IncomingMessage) => string;
  /** Headers that every answer has. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be told each request before its body is read. */
  arrives(request: IncomingMessage): void;
  isClosing(): boolean;
  /** To be told each answer when it was sent. */
  answered(request: ShortRequest, answer: { readonly status: number; readonly ms: number }): void;
  /** An answer could not be sent; its connection is ended. */
  failed(request: ShortRequest, error: unknown): void;
}

/**
 * Answers plain requests to the routes that have a short way, and leaves everything else to the router: whatever is
 * refused is judged once more there, and refused in its words. So nothing gets in here that the router would keep out.
 */
export function createShortWays(routes: readonly RawRoute[], dependencies: ShortWayDependencies) {
  const ways = routes.flatMap(({ method, path, shortWay }) =>
    shortWay === undefined ? [] : [{ method, path, ...shortWay }],
  );
  const { audit, authenticate, checkHost } = dependencies;

  function open(raw: IncomingMessage): readonly [ShortRequest, (typeof ways)[number]] | undefined {
    for (const way of ways) {
      if (raw.method !== way.method) continue;
      const groups = way.pattern.exec(raw.url!)?.groups;
      if (groups !== undefined) return [new ShortRequest(raw, way.path, groups), way];
    }
    return undefined;
  }

  function send(request: ShortRequest, response: ServerResponse, answer: ShortAnswer): void {
    const headers: string[] = [];
    for (const [name, value] of Object.entries(dependencies.headers)) headers.push(name, value);
    for (const [name, value] of Object.entries(answer.headers)) headers.push(name, value);
    headers.push('content-type', withCharset(answer.contentType));
    headers.push('content-length', String(Buffer.byteLength(answer.body)));
    response.writeHead(answer.status, headers);
    response.end(answer.body);
    dependencies.answered(request, { status: answer.status, ms: performance.now() - request.arrivedMs });
  }

  return (raw: IncomingMessage, response: ServerResponse, router: RequestListener): void => {
    const found = isPlain(raw.headers) && !dependencies.isClosing() ? open(raw) : undefined;
    if (found === undefined) {
      router(raw, response);
      return;
    }
    const [request, way] = found;
    const leaveToRouter = () => router(raw, response);

    function goOn(caller: Caller): void {
      const answering = way.answer(request, response, caller);
      if (answering === undefined) {
        leaveToRouter();
        return;
      }
      dependencies.arrives(raw);
      answering
        .then((answer) => {
          const recorded = request.trail?.answered(answer.status);
          if (recorded !== undefined) return recorded.then(() => send(request, response, answer));
          send(request, response, answer);
        })
        .catch((error: unknown) => {
          dependencies.failed(request, error);
          response.destroy();
        });
    }

    try {
      checkHost(request);
      request.id = dependencies.requestIds(raw);
      request.trail = audit?.open(request);
      const caller = authenticate(request, way.access);
      if (caller instanceof Promise) {
        caller.then(leaveToRouter, leaveToRouter);
        return;
      }
      const judging = requireAccess(caller.access, way.access, { request, caller });
      if (judging !== undefined) judging.then(() => goOn(caller), leaveToRouter);
      else goOn(caller);
    } catch {
      leaveToRouter();
    }
  };
}

/** As the router completes it. */
const withCharset = (type: string): string => (type.includes('charset=') ? type : `${type}; charset=utf-8`);

/**
 * Nothing of a browser, of a proxy, or of a body that must be waited for or unpacked; and no password, for each bad one
 * counts.
 */
const isPlain = (headers: IncomingHttpHeaders): boolean =>
  headers.origin === undefined &&
  headers.cookie === undefined &&
  headers.expect === undefined &&
  headers['x-forwarded-for'] === undefined &&
  headers['x-forwarded-proto'] === undefined &&
  headers['content-encoding'] === undefined &&
  (headers.authorization === undefined || /^bearer /i.test(headers.authorization));

/** A request that the router has not seen. */
export class ShortRequest implements HttpRequest {
  readonly raw: IncomingMessage;
  readonly headers: IncomingHttpHeaders;
  readonly params: Readonly<Record<string, string>>;
  readonly routeOptions: { readonly url: string };
  readonly arrivedMs = performance.now();
  id = '';
  trail: RequestTrail | undefined;

  constructor(raw: IncomingMessage, path: string, params: Readonly<Record<string, string>>) {
    this.raw = raw;
    this.headers = raw.headers;
    this.params = params;
    this.routeOptions = { url: path };
  }

  get method(): string {
    return this.raw.method!;
  }

  get socket(): Socket {
    return this.raw.socket;
  }

  get ip(): string {
    return this.raw.socket.remoteAddress ?? '';
  }
}
