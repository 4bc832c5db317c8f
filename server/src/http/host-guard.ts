import { AppError } from '../kernel/errors.ts';
import { createOriginCheck, isLoopbackPage } from './cors.ts';
import type { HttpRequest } from './http-request.ts';

export interface HostRules {
  /** Host names that callers may use besides loopback and private addresses; `*` allows every one. */
  readonly allowedHosts: readonly string[];
  /** Origins (`https://mlops.example`) whose pages may read and change things; `*` allows every one. */
  readonly allowedOrigins: readonly string[];
}

/**
 * Refuses requests that a foreign web page made a browser send: those that reached us under a name which is not ours
 * (DNS rebinding), and those that change something and come from a page of another origin.
 */
export function createHostGuard(rules: HostRules): (request: HttpRequest) => void {
  const hosts = new Set(rules.allowedHosts.map((host) => host.toLowerCase()));
  const isAllowedOrigin = createOriginCheck(rules.allowedOrigins);
  const knownGood = new Set<string>();

  function hostAllowed(header: string): boolean {
    if (hosts.has('*') || knownGood.has(header)) return true;
    const name = hostName(header.toLowerCase());
    const allowed = hosts.has(header.toLowerCase()) || hosts.has(name) || isLocal(name);
    // Few names are ever good, and those come with every request: remember them, with a bound.
    if (allowed && knownGood.size < 100) knownGood.add(header);
    return allowed;
  }

  return (request) => {
    const { host, origin } = request.headers;
    refuseSecondHost(request);
    if (host !== undefined && !hostAllowed(host)) {
      throw new AppError(
        'PermissionDenied',
        'Invalid Host header: this server does not answer under that name. Add it with --allowed-hosts.',
      );
    }
    if (origin === undefined || isSafe(request.method) || isAllowedOrigin(origin)) return;
    if (isLoopbackPage(origin, host)) return;
    if (origin !== 'null' && hostOfOrigin(origin) === host?.toLowerCase()) return;
    throw new AppError(
      'PermissionDenied',
      'Cross-origin request blocked: pages of that origin may not change anything here. Add it with --cors-allowed-origins.',
    );
  };
}

/** Node.js shows the first of two; what stands before the server may have gone by the second. RFC 9112, section 3.2. */
function refuseSecondHost({ raw }: HttpRequest): void {
  let hosts = 0;
  for (let i = 0; i < raw.rawHeaders.length; i += 2) {
    if (raw.rawHeaders[i]!.length === 4 && raw.rawHeaders[i]!.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) {
    throw new AppError('InvalidArgument', 'The request has more than one Host header.', { field: 'Host' });
  }
}

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

function hostOfOrigin(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host.toLowerCase() : undefined;
}

/** The name in a Host header, without its port. */
function hostName(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  const colon = host.lastIndexOf(':');
  return colon < 0 ? host : host.slice(0, colon);
}

/** Loopback and private addresses, in their plain forms only: they cannot be anybody's DNS name. */
function isLocal(name: string): boolean {
  if (name === 'localhost' || name === '::1' || name === '0.0.0.0') return true;
  const parts = name.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return /^f[cd][0-9a-f]{2}:[0-9a-f:]+$/.test(name);
  }
  const [a, b] = parts.map(Number) as [number, number, number, number];
  return a === 127 || a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b <= 31);
}
