import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEgressGuard, type ResolvedAddress } from './egress-guard.ts';
import { type Post, post } from './http-post.ts';

const v4 = (address: string): ResolvedAddress => ({ address, family: 4 });
const resolvingTo = (...addresses: string[]) =>
  createEgressGuard({
    allowHttp: true,
    allowPrivate: false,
    resolve: async () => addresses.map(v4),
  });
const strict = createEgressGuard({
  allowHttp: false,
  allowPrivate: false,
  resolve: async () => [v4('8.8.8.8')],
});
const open = createEgressGuard({ allowHttp: true, allowPrivate: true });

describe('addresses that a webhook may have', () => {
  it.each(['https://example.com/hook', 'https://8.8.8.8/x', 'https://user:word@example.com:8443/x?y=z'])(
    'accepts %s',
    async (url) => {
      await expect(strict.checkTarget(url)).resolves.toBeUndefined();
    },
  );

  it.each([
    '',
    'no address',
    'https://',
    'http://example.com/x',
    'ftp://example.com/x',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'gopher://127.0.0.1:6379/_x',
    'https://127.0.0.1/x',
    'https://127.1/x',
    'https://2130706433/x',
    'https://0x7f000001/x',
    'https://0x7f.1/x',
    'https://0177.0.0.1/x',
    'https://017700000001/x',
    'https://0/x',
    'https://0.0.0.0/x',
    'https://①②⑦.⓪.⓪.①/x',
    'https://127%2e0%2e0%2e1/x',
    'https://127.0.0.1./x',
    'https://[::]/x',
    'https://[::1]/x',
    'https://[0:0:0:0:0:0:0:1]/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://[::ffff:7f00:1]/x',
    'https://[::ffff:169.254.169.254]/latest',
    'https://[64:ff9b::a9fe:a9fe]/x',
    'https://[fe80::1]/x',
    'https://[fd00:ec2::254]/latest/meta-data',
    'https://169.254.169.254/latest',
    'https://10.1.2.3/x',
    'https://172.16.0.1/x',
    'https://192.168.0.1/x',
    'https://100.64.0.1/x',
    'https://example.com@127.0.0.1/x',
    'https:\\\\127.0.0.1\\x',
  ])('refuses %s', async (url) => {
    await expect(strict.checkTarget(url)).rejects.toMatchObject({ code: 'InvalidArgument', field: 'url' });
  });

  it('refuses a name when any of its addresses is private, and one that has none', async () => {
    for (const addresses of [['10.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['169.254.169.254']]) {
      await expect(resolvingTo(...addresses).checkTarget('https://name.example/x')).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
    }
    const unknown = createEgressGuard({
      allowHttp: false,
      allowPrivate: false,
      resolve: async () => Promise.reject(new Error('ENOTFOUND')),
    });
    await expect(unknown.checkTarget('https://name.example/x')).rejects.toThrow('Cannot resolve');
  });
});

describe('posts', () => {
  let receiver: Server;
  let port: number;
  const seen: { method: string | undefined; url: string | undefined; body: string }[] = [];

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        seen.push({ method: request.method, url: request.url, body });
        if (request.url === '/moved') response.writeHead(302, { location: '/target' }).end();
        else if (request.url === '/endless') {
          response.writeHead(200);
          const pour = setInterval(() => response.write('x'.repeat(65_536)), 5);
          response.on('close', () => clearInterval(pour));
        } else if (request.url !== '/silent') response.writeHead(200, { 'retry-after': '7' }).end('thanks');
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    port = (receiver.address() as AddressInfo).port;
  });
  afterAll(async () => {
    receiver.closeAllConnections();
    await new Promise((done) => receiver.close(done));
  });

  const to = (host: string, path = '/hook', more: Partial<Post> = {}): Post => ({
    url: `http://${host}:${port}${path}`,
    headers: {},
    body: '{}',
    timeoutMs: 5_000,
    signal: undefined,
    ...more,
  });

  it('reaches a private target where that is allowed', async () => {
    const answer = await post(open, to('127.0.0.1', '/hook?a=b', { body: '{"ä":1}' }));
    expect(answer).toEqual({ status: 200, body: 'thanks', retryAfter: '7' });
    expect(seen.at(-1)).toEqual({ method: 'POST', url: '/hook?a=b', body: '{"ä":1}' });
  });

  it('does not connect when a name has become private since it was checked', async () => {
    const before = seen.length;
    let answers = ['8.8.8.8'];
    const rebinding = createEgressGuard({
      allowHttp: true,
      allowPrivate: false,
      resolve: async () => answers.map(v4),
    });
    await rebinding.checkTarget(`http://rebound.example:${port}/hook`);
    answers = ['127.0.0.1'];
    await expect(post(rebinding, to('rebound.example'))).rejects.toMatchObject({ code: 'PermissionDenied' });
    expect(seen).toHaveLength(before);
  });

  it('connects to the very address that was checked, though the next question would be answered otherwise', async () => {
    let asked = 0;
    const once = createEgressGuard({
      allowHttp: true,
      allowPrivate: true,
      resolve: async () => {
        asked += 1;
        return [v4(asked === 1 ? '127.0.0.1' : '192.0.2.1')];
      },
    });
    expect((await post(once, to('pinned.example'))).status).toBe(200);
    expect(asked).toBe(1);
  });

  it('refuses a literal address at sending time too', async () => {
    await expect(post(resolvingTo('8.8.8.8'), to('127.0.0.1'))).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });

  it('follows no redirect', async () => {
    const answer = await post(open, to('127.0.0.1', '/moved'));
    expect(answer.status).toBe(302);
    expect(seen.some(({ url }) => url === '/target')).toBe(false);
  });

  it('reads no more than 64 KiB of an endless answer', async () => {
    const answer = await post(open, to('127.0.0.1', '/endless'));
    expect(answer.body).toHaveLength(65_536);
  });

  it('gives a receiver up that does not answer in time', async () => {
    await expect(post(open, to('127.0.0.1', '/silent', { timeoutMs: 100 }))).rejects.toMatchObject({
      code: 'DeadlineExceeded',
    });
  });
});
