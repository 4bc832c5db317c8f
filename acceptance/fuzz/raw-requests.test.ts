import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../tools/server-process.mjs';
import { requestOf, sendRaw } from './raw-socket.ts';

const API = '/api/2.0/mlflow';
const MIB = 1024 * 1024;
/** What one bad request may cost at the most, with many at once still far from the memory of a small machine. */
const MAX_GROWTH_BYTES = 700 * MIB;
const WRITES = ['runs/create', 'runs/log-batch', 'runs/log-metric', 'runs/search', 'model-versions/create'];

describe('a server that is sent what no client sends', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let runId = '';

  beforeAll(async () => {
    server = await startServer();
    const created = await post('runs/create', '{"experiment_id":"0"}');
    runId = (JSON.parse(created.body) as { run: { info: { run_id: string } } }).run.info.run_id;
  });
  afterAll(async () => {
    expect(server.output()).not.toMatch(/unexpected error|internal error|Unhandled/);
    expect(await server.stop()).toBe(0);
  });
  // Whatever a test sent: the same process goes on, and at once.
  afterEach(async () => {
    const health = await fetch(`${server.url}/health`, { signal: AbortSignal.timeout(2000) });
    expect(health.status).toBe(200);
  });

  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    sendRaw(server.url, requestOf({ path: `${API}/${path}`, body, headers }), { quietMs: 20_000 });

  /** A refusal in the protocol's form. */
  async function expectRefusal(path: string, body: string | Uint8Array, headers?: Record<string, string>) {
    const answer = await post(path, body, headers);
    expect([path, answer.status, answer.body.slice(0, 300)]).toEqual([
      path,
      expect.toSatisfy((status: number) => status >= 400 && status < 500),
      expect.stringMatching(/"error_code":"[A-Z_]+","message":"/),
    ]);
    return answer;
  }

  it.each([
    ['a lone continuation byte', [0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ])('refuses broken UTF-8: %s', async (_, bytes) => {
    for (const path of WRITES) {
      const body = Buffer.concat([
        Buffer.from('{"experiment_id":"0","run_name":"'),
        Buffer.from(bytes),
        Buffer.from('"}'),
      ]);
      await expectRefusal(path, body);
    }
  });

  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
    ['arrays that never end', '[', ''],
  ])('refuses JSON that nests 100,000 deep: %s', async (_, open, close) => {
    const deep = `${open.repeat(100_000)}${close === '' ? '' : '1'}${close.repeat(100_000)}`;
    for (const path of WRITES) {
      await expectRefusal(path, `{"experiment_id":${deep}}`);
      // Digits that only our own parser keeps.
      await expectRefusal(path, `{"n":12345678901234567890,"experiment_id":${deep}}`);
    }
  });

  it.each([
    'null',
    'true',
    '17',
    '"text"',
    '[]',
    '[{}]',
    '',
    '   ',
    '{',
    '}',
    '{"a"}',
    '{"a":}',
    "{'a':1}",
    '{"a":1,}',
    '\ufeff{}',
    '{"a":NaN',
    '{}{}',
    '"\\"\\\\\\""',
    '{"__proto__":{"experiment_id":"0"}}',
    '{"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":2}',
  ])('refuses the body %j where fields are required', async (body) => {
    for (const path of ['runs/log-metric', 'runs/log-batch', 'model-versions/create', 'experiments/create'])
      await expectRefusal(path, body);
  });

  it('refuses a key of a mebibyte, and a million keys, in little time', async () => {
    const startedAt = performance.now();
    await expectRefusal('runs/set-tag', JSON.stringify({ run_id: runId, key: 'k'.repeat(MIB), value: 'v' }));
    await expectRefusal('runs/log-metric', JSON.stringify({ ['k'.repeat(4 * MIB)]: 1 }));
    const keys = Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":${i}`).join(',');
    await expectRefusal('runs/log-metric', `{${keys}}`);
    const metrics = Array.from({ length: 300_000 }, (_, i) => `{"key":"m${i}","value":1}`).join(',');
    await expectRefusal('runs/log-batch', `{"run_id":"${runId}","metrics":[${metrics}]}`);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it.each([
    '1e400',
    '-1e400',
    '9223372036854775808',
    '-9223372036854775809',
    '1'.repeat(5000),
    'NaN',
    '-Infinity',
    '"9223372036854775808"',
    '"1e3"',
    '"０"',
    'true',
    '{}',
    '[1]',
  ])('refuses %j as a step of 64 bits', async (step) => {
    await expectRefusal(
      'runs/log-metric',
      `{"run_id":"${runId}","key":"k","value":1,"timestamp":1,"step":${step}}`,
    );
    await expectRefusal(
      'runs/log-batch',
      `{"run_id":"${runId}","metrics":[{"key":"k","value":1,"timestamp":1,"step":${step}}]}`,
    );
  });

  it.each(['"abc"', '{}', '[]', '"1e"', '"0x10"', '"NaNN"'])('refuses %j as a value', async (value) => {
    await expectRefusal(
      'runs/log-metric',
      `{"run_id":"${runId}","key":"k","value":${value},"timestamp":1,"step":1}`,
    );
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json, text/html',
    ';;;',
    '',
    'x'.repeat(8000),
    'application/jsonp',
  ])('never takes a body as %j', async (type) => {
    const answer = await post('experiments/create', '{"name":"by another type"}', { 'content-type': type });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(200 * MIB))],
    ['br', brotliCompressSync(Buffer.alloc(64 * MIB))],
    ['deflate, gzip', gzipSync('{"experiment_id":"0"}')],
    ['nonsense', Buffer.from('{"experiment_id":"0"}')],
  ])('does not unpack a bomb: content-encoding %s', async (encoding, body) => {
    const before = residentBytes(server.pid);
    const answer = await post('runs/log-batch', body, { 'content-encoding': encoding });
    expect([400, 413, 415]).toContain(answer.status);
    expect(residentBytes(server.pid) - before).toBeLessThan(100 * MIB);
  });

  it('refuses a body that says it is larger than any may be, before it is sent', async () => {
    const [head] = requestOf({
      path: `${API}/runs/log-batch`,
      body: '',
      headers: { 'content-length': String(10 ** 12) },
    });
    expect((await sendRaw(server.url, [head!])).status).toBe(413);
  });

  it('stops reading a chunked upload that never ends', async () => {
    const before = residentBytes(server.pid);
    const sent = await uploadWithoutEnd(server.url, 256 * MIB);
    expect(sent.status).toBe(413);
    expect(sent.bytes).toBeLessThan(128 * MIB);
    expect(residentBytes(server.pid) - before).toBeLessThan(MAX_GROWTH_BYTES);
  });

  it.each([
    ['two lengths', 'content-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    ['a length and chunks', 'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a negative length', 'content-length: -1\r\n\r\n{}'],
    ['a length that is no number', 'content-length: 0x2\r\n\r\n{}'],
    ['a chunk size that is no number', 'transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'],
    ['a header without a name', ': x\r\n\r\n'],
    ['a NUL in a header', 'x-a: \0\r\n\r\n'],
    ['headers of a mebibyte', `x-a: ${'a'.repeat(MIB)}\r\n\r\n`],
  ])('refuses a request with %s', async (_, rest) => {
    const head = `POST ${API}/experiments/search HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n`;
    const answer = await sendRaw(server.url, [head + rest]);
    expect(answer.status === 0 || (answer.status >= 400 && answer.status < 500)).toBe(true);
  });

  it.each([
    '/%',
    '/%00',
    '/%ff%fe',
    `${API}/logged-models/%`,
    `${API}/logged-models/%00`,
    `${API}/logged-models/%ff`,
    `${API}/logged-models/${'a'.repeat(8100)}`,
    `${API}/runs/get?run_id=%00`,
    `${API}/runs/get?run_id=%ff%fe`,
    `${API}/runs/get?${'run_id=a&'.repeat(1500)}`,
    `${API}/runs/get?__proto__=1&run_id[]=2&constructor=3`,
    `${API}/../../../../etc/passwd`,
    `${API}/%2e%2e/%2e%2e/etc/passwd`,
    '//evil.example/x',
    '*',
    'http://evil.example/api/2.0/mlflow/runs/get',
  ])('answers GET %j with a refusal', async (path) => {
    const answer = await sendRaw(server.url, requestOf({ method: 'GET', path, body: '' }));
    expect([path.slice(0, 80), answer.status]).toEqual([
      path.slice(0, 80),
      expect.toSatisfy((status: number) => status >= 400 && status < 500),
    ]);
  });

  it('serves others while hundreds trickle their headers in', async () => {
    const { hostname, port } = new URL(server.url);
    const slow = Array.from({ length: 300 }, () => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on('error', () => undefined);
      socket.write('POST /api/2.0/mlflow/runs/create HTTP/1.1\r\nhost: 127.0.0.1\r\n');
      return socket;
    });
    try {
      for (let i = 0; i < 10; i += 1) {
        for (const socket of slow) if (socket.writable) socket.write(`x-${i}: 1\r\n`);
        const startedAt = performance.now();
        const answer = await post('runs/search', '{"experiment_ids":["0"]}');
        expect(answer.status).toBe(200);
        expect(performance.now() - startedAt).toBeLessThan(1500);
        await sleep(100);
      }
    } finally {
      for (const socket of slow) socket.destroy();
    }
  });

  it('ends a connection whose headers never end', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined);
    socket.resume();
    socket.write('POST /api/2.0/mlflow/runs/create HTTP/1.1\r\nhost: 127.0.0.1\r\n');
    const trickle = setInterval(() => socket.writable && socket.write('x-a: 1\r\n'), 1000);
    const startedAt = performance.now();
    await Promise.race([new Promise((resolve) => socket.once('close', resolve)), sleep(75_000)]);
    clearInterval(trickle);
    const ended = socket.destroyed || socket.readableEnded;
    socket.destroy();
    expect(ended).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(75_000);
  });

  it('keeps what clients stored, unharmed, and nothing of what it refused', async () => {
    const answer = await sendRaw(
      server.url,
      requestOf({ method: 'GET', path: `${API}/runs/get?run_id=${runId}`, body: '' }),
    );
    expect(answer.status).toBe(200);
    const { run } = JSON.parse(answer.body) as { run: { data: { metrics?: unknown[] } } };
    expect(run.data.metrics ?? []).toEqual([]);
  });
});

/** Pages of the process in memory; Linux alone tells, elsewhere the bound is not measured. */
function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return 0;
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** Sends chunks of one MiB until the server answers, ends the connection, or `limit` bytes are out. */
async function uploadWithoutEnd(url: string, limit: number): Promise<{ status: number; bytes: number }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const ended = new Promise((resolve) => socket.once('close', resolve));
  let bytes = 0;
  let said = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    said += chunk.toString('latin1');
  });
  const chunk = Buffer.concat([
    Buffer.from(`${MIB.toString(16)}\r\n`),
    Buffer.alloc(MIB, 0x20),
    Buffer.from('\r\n'),
  ]);
  socket.write(
    `POST ${API}/runs/log-batch HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      'transfer-encoding: chunked\r\n\r\n',
  );
  while (bytes < limit && said === '' && !socket.destroyed) {
    bytes += MIB;
    if (!socket.write(chunk)) {
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended, sleep(2000)]);
    }
  }
  await Promise.race([ended, sleep(1000)]);
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(said)?.[1] ?? 0), bytes };
}
