import type { FastifyReply, FastifyRequest } from 'fastify';

/** What pages of other origins may read of an answer besides its body and type. */
const EXPOSED = 'x-request-id, etag, content-range, content-disposition, accept-ranges, retry-after, allow';
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** How long browsers remember an allowance. */
const MAX_AGE_S = 600;
/** Names of headers, as RFC 9110 has them. */
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~, -]+$/;

/**
 * Whether a list of origins names one. Parts of a name may be left open (`https://*.example.com`), as MLflow's own
 * server has it; `*` alone stands for every origin.
 */
export function createOriginCheck(allowed: readonly string[]): (origin: string) => boolean {
  if (allowed.includes('*')) return () => true;
  const exact = new Set(allowed.map((origin) => origin.toLowerCase()));
  const patterns = [...exact].filter((origin) => origin.includes('*')).map(patternOf);
  return (origin) => {
    const name = origin.toLowerCase();
    return exact.has(name) || patterns.some((pattern) => pattern.test(name));
  };
}

function patternOf(origin: string): RegExp {
  const parts = origin.split('*').map((part) => part.replace(/[^a-z0-9]/g, '\\$&'));
  return new RegExp(`^${parts.join('[a-z0-9.-]*')}$`);
}

const LOOPBACK_ORIGIN = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a page of this machine asks a server that it reached on this machine: a notebook, a page in development.
 * MLflow's own server lets such in, under any host; here a server under a public name does not trust its callers'
 * machines.
 */
export function isLoopbackPage(origin: string, host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host) && LOOPBACK_ORIGIN.test(origin);
}

export interface Cors {
  /**
   * Gives the answer the headers by which a browser lets a page of an allowed origin read it.
   * @returns whether the request was the browser's question before the real one: it is answered then.
   */
  handle(request: FastifyRequest, reply: FastifyReply): boolean;
  /** To be called when an answer leaves: it may have got a `Vary` of its own meanwhile. */
  completeVary(request: FastifyRequest, reply: FastifyReply): void;
}

/**
 * Cross-origin resource sharing for the listed origins, and for pages of this machine under its loopback names.
 * Pages that are named get to send credentials; where every page may come, none does.
 * Source: https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function createCors(allowedOrigins: readonly string[]): Cors {
  const forAll = allowedOrigins.includes('*');
  const isAllowed = createOriginCheck(allowedOrigins);
  /** Where nobody is listed, answers carry nothing of origins but to pages of this machine. */
  const concerns = ({ headers: { origin, host } }: FastifyRequest) =>
    allowedOrigins.length > 0 || (origin !== undefined && isLoopbackPage(origin, host));

  return {
    handle(request, reply) {
      const { origin, host } = request.headers;
      if (!concerns(request)) return false;
      if (!forAll) reply.header('vary', 'origin');
      if (origin === undefined || !(isAllowed(origin) || isLoopbackPage(origin, host))) return false;
      reply.header('access-control-allow-origin', forAll ? '*' : origin);
      if (!forAll) reply.header('access-control-allow-credentials', 'true');
      if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
        reply.header('access-control-expose-headers', EXPOSED);
        return false;
      }
      const wanted = request.headers['access-control-request-headers'];
      reply.headers({
        'access-control-allow-methods': METHODS,
        'access-control-max-age': String(MAX_AGE_S),
        vary: `${forAll ? '' : 'origin, '}access-control-request-headers`,
        // Whoever may change everything here may also name what it sends.
        ...(wanted !== undefined && HEADER_NAMES.test(wanted) && { 'access-control-allow-headers': wanted }),
      });
      reply.code(204).send();
      return true;
    },
    completeVary(request, reply) {
      if (forAll || !concerns(request)) return;
      const vary = String(reply.getHeader('vary') ?? '');
      if (/(^|[\s,])origin($|[\s,])/i.test(vary)) return;
      reply.header('vary', vary === '' ? 'origin' : `${vary}, origin`);
    },
  };
}
