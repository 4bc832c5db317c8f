import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { isPublicAddress } from './address-rules.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface EgressOptions {
  readonly allowHttp: boolean;
  /** Whether private, loopback and metadata addresses may be reached. */
  readonly allowPrivate: boolean;
  /** Asks for the addresses of a name; the system's resolver unless a test has its own. */
  resolve?(hostname: string): Promise<readonly ResolvedAddress[]>;
}

export interface EgressGuard {
  /**
   * Reads a URL and refuses schemes and literal addresses that are not allowed. Every spelling of an address (decimal,
   * octal, hexadecimal, shortened) is the same address here. @throws AppError InvalidArgument
   */
  parseUrl(text: string): URL;
  /** Besides, asks for the addresses of the URL's name now, so that a mistake is told at once. @throws AppError InvalidArgument */
  checkTarget(text: string): Promise<void>;
  /**
   * Resolves for a socket and hands on checked addresses only. The socket connects to one of these very addresses, and
   * nothing is resolved again in between: a name that changes its answer gains nothing.
   */
  readonly lookup: LookupFunction;
}

const RESOLVE_TIMEOUT_MS = 5_000;

const resolveBySystem = (hostname: string): Promise<ResolvedAddress[]> =>
  systemLookup(hostname, { all: true, order: 'verbatim' });

/** A connection that the guard did not allow. Trying again would not help. */
export function isEgressRefusal(error: unknown): boolean {
  return error instanceof AppError && error.code === 'PermissionDenied';
}

/** Decides where the server may send requests that somebody else gave it the address of. */
export function createEgressGuard(options: EgressOptions): EgressGuard {
  const { allowHttp, allowPrivate, resolve = resolveBySystem } = options;

  function parseUrl(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const schemes = allowHttp ? ['https:', 'http:'] : ['https:'];
    if (url === undefined || url.hostname === '' || !schemes.includes(url.protocol)) {
      throw invalidArgument(
        `Invalid webhook URL '${text.slice(0, 200)}': expected a URL with one of the schemes ${schemes.map((scheme) => scheme.slice(0, -1)).join(', ')}, and a host.`,
        { field: 'url' },
      );
    }
    const literal = hostOf(url);
    if (!allowPrivate && isIP(literal) !== 0 && !isPublicAddress(literal)) throw notPublic(text, literal);
    return url;
  }

  async function checkTarget(text: string): Promise<void> {
    const url = parseUrl(text);
    const host = hostOf(url);
    if (allowPrivate || isIP(host) !== 0) return;
    let addresses: readonly ResolvedAddress[];
    try {
      addresses = await withDeadline(resolve(host), RESOLVE_TIMEOUT_MS);
    } catch (cause) {
      throw invalidArgument(`Cannot resolve webhook URL hostname '${host.slice(0, 255)}'.`, {
        field: 'url',
        cause,
      });
    }
    const bad = addresses.find(({ address }) => !isPublicAddress(address));
    if (bad !== undefined) throw notPublic(text, bad.address);
  }

  const lookup: LookupFunction = (hostname, lookupOptions, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const bad = allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
        const [first] = addresses;
        if (bad !== undefined) callback(refusal(hostname, bad.address), '', 0);
        else if (first === undefined) callback(new Error(`${hostname} has no address`), '', 0);
        else if (lookupOptions.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };

  return { parseUrl, checkTarget, lookup };
}

/** The name or address to connect to: of an IPv6 literal without its brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

function notPublic(text: string, address: string): AppError {
  return invalidArgument(
    `Webhook URL must not resolve to a non-public IP address: '${text.slice(0, 200)}' leads to ${address}. ` +
      'The operator can allow private targets by --webhooks-allow-private.',
    { field: 'url' },
  );
}

function refusal(hostname: string, address: string): AppError {
  return new AppError(
    'PermissionDenied',
    `Not connected: ${hostname} leads to ${address}, which is not a public address.`,
  );
}

async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
