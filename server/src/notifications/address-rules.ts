import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Ranges of IPv4 that no server on the internet has (IANA's special-purpose registry), multicast included. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Inside the global range 2000::/3: protocol assignments with Teredo, documentation. */
const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
];
/** Addresses of Azure's and Alibaba's metadata services that lie in public or shared ranges. */
const METADATA: readonly string[] = ['168.63.129.16', '100.100.100.200'];

const privateV4 = new BlockList();
for (const [address, bits] of PRIVATE_V4) privateV4.addSubnet(address, bits, 'ipv4');
for (const address of METADATA) privateV4.addAddress(address, 'ipv4');
const privateV6 = new BlockList();
for (const [address, bits] of PRIVATE_V6) privateV6.addSubnet(address, bits, 'ipv6');

/**
 * Whether an address is one that anybody on the internet may be asked at: not private, loopback, link-local, shared,
 * multicast, reserved or a cloud's metadata service. IPv6 forms that carry an IPv4 address (mapped, 6to4, NAT64) count
 * as that address. Whatever is no canonical address is none.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !privateV4.check(address, 'ipv4');
  // A zone (`fe80::1%eth0`) belongs to this machine's links alone.
  if (!isIPv6(address) || address.includes('%')) return false;
  const groups = groupsOf(address);
  const embedded = embeddedIpv4(groups);
  if (embedded !== undefined) return isPublicAddress(embedded);
  const isGlobal = (groups[0]! & 0xe000) === 0x2000;
  return isGlobal && !privateV6.check(address, 'ipv6');
}

/** The eight groups of an IPv6 address; the URL parser writes every spelling of it in one form. */
function groupsOf(address: string): number[] {
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = parse(head);
  if (tail === undefined) return before;
  const after = parse(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function embeddedIpv4(groups: readonly number[]): string | undefined {
  const startsWith = (...prefix: number[]) => prefix.every((group, i) => groups[i] === group);
  if (startsWith(0, 0, 0, 0, 0, 0xffff)) return dotted(groups[6]!, groups[7]!);
  if (startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return dotted(groups[6]!, groups[7]!);
  if (startsWith(0x2002)) return dotted(groups[1]!, groups[2]!);
  return undefined;
}

const dotted = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
