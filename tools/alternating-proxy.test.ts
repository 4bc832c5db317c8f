import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { startAlternatingProxy } from './alternating-proxy.mjs';

const stops: Array<() => unknown> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function start(targets: readonly string[]) {
  const proxy = await startAlternatingProxy(targets);
  stops.push(proxy.stop);
  return proxy;
}

it('gives each request to the next server, also those of one connection', async () => {
  const named = (name: string) => listen((_request, answer) => answer.end(name));
  const proxy = await start([await named('first'), await named('second')]);
  const answers = [];
  for (let number = 0; number < 4; number++) answers.push(await (await fetch(proxy.url)).text());
  expect(answers).toEqual(['first', 'second', 'first', 'second']);
  expect(proxy.counts()).toEqual([2, 2]);
});

it('passes method, path, query, host and body on, and status and headers back', async () => {
  const target = await listen(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    answer.writeHead(418, { 'x-kept': 'yes' });
    answer.end(JSON.stringify({ method, url, host: headers.host, body: Buffer.concat(chunks).toString() }));
  });
  const proxy = await start([target]);
  const answer = await fetch(`${proxy.url}/a%20b?c=d`, { method: 'PATCH', body: 'text' });
  expect(answer.status).toBe(418);
  expect(answer.headers.get('x-kept')).toBe('yes');
  expect(await answer.json()).toEqual({
    method: 'PATCH',
    url: '/a%20b?c=d',
    host: new URL(proxy.url).host,
    body: 'text',
  });
});

it('breaks off where the server breaks off', async () => {
  const target = await listen((_request, answer) => {
    answer.writeHead(200, { 'content-length': '10' });
    answer.write('half', () => answer.destroy());
  });
  const proxy = await start([target]);
  await expect(fetch(proxy.url).then((answer) => answer.text())).rejects.toThrow();
});
