import { BlockList, isIP } from 'node:net';
import type { HttpRequest } from './http-request.ts';

/** Whether what a peer says of whom it asks for is believed. */
export type ProxyTrust = (peer: string) => boolean;

const LOOPBACK = ['127.0.0.0/8', '::1'];

/**
 * Believes these peers alone: addresses, networks (`10.1.0.0/16`, `fd00::/8`), and `loopback`. Addresses of IPv4 that
 * come as those of IPv6 are the same.
 * @returns undefined where one of them is none of these.
 */
export function createProxyTrust(texts: readonly string[]): ProxyTrust | undefined {
  const trusted = new BlockList();
  for (const text of texts.flatMap((each) => (each === 'loopback' ? LOOPBACK : [each]))) {
    const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    if (version === 0 || Number(bits ?? 0) > most) return undefined;
    trusted.addSubnet(address, Number(bits ?? most), version === 4 ? 'ipv4' : 'ipv6');
  }
  return (peer) => {
    const version = isIP(peer);
    return version !== 0 && trusted.check(peer, version === 4 ? 'ipv4' : 'ipv6');
  };
}

/**
 * Who is at the other end: what the last of the trusted proxies says, else the peer itself. What anybody else writes
 * into `X-Forwarded-For` changes nothing.
 */
export function addressOf({ ip, socket }: Pick<HttpRequest, 'ip' | 'socket'>): string {
  // Some proxies add the port.
  const [, v6, v4] = /^(?:\[([\da-f:.]+)\](?::\d+)?|([\d.]+):\d+)$/i.exec(ip ?? '') ?? [];
  const bare = v6 ?? v4 ?? ip ?? '';
  return isIP(bare) === 0 ? (socket.remoteAddress ?? '') : bare;
}

/**
 * Tells once of a neighbour that asks for others and is not believed: where it is a proxy, all its callers count as one,
 * and fifty bad passwords keep all of them out.
 */
export function createProxyNotice(
  trusts: ProxyTrust,
  tell: (peer: string) => void,
): (request: HttpRequest) => void {
  let told = false;
  return ({ headers, socket }) => {
    if (told || headers['x-forwarded-for'] === undefined) return;
    const peer = socket.remoteAddress ?? '';
    if (!PRIVATE.test(peer) || trusts(peer)) return;
    told = true;
    tell(peer);
  };
}

const PRIVATE = /^(::ffff:)?(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^::1$|^f[cd]/i;
