import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, createProxyTrust } from './caller-address.ts';
import { type ServerFixture, startServer } from './server.fixture.ts';

describe('which peers are believed when they say for whom they ask', () => {
  it.each([
    ['loopback', ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'], ['10.0.0.1', '172.17.0.1', '::2']],
    ['10.1.0.0/16', ['10.1.2.3', '::ffff:10.1.2.3'], ['10.2.0.1', '127.0.0.1']],
    ['192.0.2.7', ['192.0.2.7'], ['192.0.2.8']],
    ['fd00::/8', ['fd12::1'], ['fe80::1', '10.0.0.1']],
    ['2001:db8::1', ['2001:db8::1', '2001:DB8:0::1'], ['2001:db8::2']],
  ])('%s are these', (text, trusted, others) => {
    const trusts = createProxyTrust([text])!;
    for (const peer of trusted) expect([peer, trusts(peer)]).toEqual([peer, true]);
    for (const peer of [...others, '', 'unknown']) expect([peer, trusts(peer)]).toEqual([peer, false]);
  });

  it('are several, or none', () => {
    const trusts = createProxyTrust(['10.0.0.1', 'loopback'])!;
    expect(['10.0.0.1', '127.0.0.1', '10.0.0.2'].map(trusts)).toEqual([true, true, false]);
    expect(createProxyTrust([])!('127.0.0.1')).toBe(false);
  });

  it.each(['10.0.0.0/33', 'fd00::/129', 'proxy.local', '10.0.0', '10.0.0.0/', '*', '10.0.0.0/8/8'])(
    'are not told by %s',
    (text) => {
      expect(createProxyTrust([text])).toBeUndefined();
    },
  );
});

describe('who is at the other end', () => {
  let door: ServerFixture;
  beforeAll(async () => {
    door = await startServer({
      trustsProxy: createProxyTrust(['loopback', '10.1.0.0/16']),
      rawRoutes: [
        {
          method: 'GET',
          path: '/from',
          access: 'open',
          handle: async (request, reply) => reply.send(addressOf(request)),
        },
      ],
    });
  });
  afterAll(() => door.server.close());

  const from = async (remoteAddress: string, forwarded?: string): Promise<string> =>
    (
      await door.server.inject({
        url: '/from',
        remoteAddress,
        headers: { host: 'localhost', ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) },
      })
    ).body;

  it('is the peer, where it says nothing or is not believed', async () => {
    expect(await from('203.0.113.9')).toBe('203.0.113.9');
    expect(await from('203.0.113.9', '198.51.100.7')).toBe('203.0.113.9');
    expect(await from('10.2.0.1', '198.51.100.7')).toBe('10.2.0.1');
    expect(await from('172.17.0.1', '127.0.0.1')).toBe('172.17.0.1');
  });

  it('is for whom the last of the trusted proxies asks, whatever stands before', async () => {
    expect(await from('127.0.0.1', '198.51.100.7')).toBe('198.51.100.7');
    expect(await from('10.1.0.1', '1.2.3.4, 198.51.100.7')).toBe('198.51.100.7');
    expect(await from('10.1.0.1', '1.2.3.4, 198.51.100.7, 10.1.0.2')).toBe('198.51.100.7');
  });

  it('is an address without its port, and the peer for what is none', async () => {
    expect(await from('127.0.0.1', '198.51.100.7:4711')).toBe('198.51.100.7');
    expect(await from('127.0.0.1', '[2001:db8::7]:4711')).toBe('2001:db8::7');
    expect(await from('127.0.0.1', '2001:db8::7')).toBe('2001:db8::7');
    expect(await from('127.0.0.1', 'x'.repeat(5000))).toBe('127.0.0.1');
  });

  it('is told to the operator once, where a proxy is not believed', async () => {
    const notices = () => door.log().filter(({ level }) => level === 'warn');
    await from('203.0.113.9', '198.51.100.7');
    await from('192.168.7.1');
    await from('192.168.7.1', '198.51.100.7');
    await from('192.168.7.1', '198.51.100.8');
    expect(notices()).toHaveLength(1);
    expect(String(notices()[0]!.message)).toContain('--trusted-proxies');
  });
});
