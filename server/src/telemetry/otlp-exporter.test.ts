import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AppError } from '../kernel/errors.ts';
import { createOtlpExporter, type OtlpExporter, type OtlpExporterOptions } from './otlp-exporter.ts';
import type { Span } from './span.ts';

interface Sent {
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly names: readonly string[];
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly retryAfter?: string;
}

let server: Server;
let received: Sent[];
/** How the next requests are answered; 200 after that. */
let answers: Answer[];
let errors: AppError[];
let exporter: OtlpExporter;

beforeEach(async () => {
  received = [];
  answers = [];
  errors = [];
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString('utf8');
      received.push({ path: request.url, headers: request.headers, names: namesIn(body), body });
      const { status, body: text = '{}', retryAfter } = answers.shift() ?? { status: 200 };
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await exporter.close(1000);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface Exported {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string }[] }[];
  }[];
}

const namesIn = (body: string): string[] =>
  (JSON.parse(body) as Exported).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  );

function open(options: Partial<OtlpExporterOptions> = {}): OtlpExporter {
  exporter = createOtlpExporter({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    headers: {},
    resource: { serviceName: 'slipway', serviceVersion: '1.2.3', instanceId: 'one' },
    onError: (error) => errors.push(error),
    sendEveryMs: 5,
    pauseMs: 1,
    ...options,
  });
  return exporter;
}

const span = (name: string, given: Partial<Span> = {}): Span => ({
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: undefined,
  name,
  kind: 'server',
  startMs: 1_700_000_000_000.25,
  endMs: 1_700_000_000_001,
  attributes: {},
  error: undefined,
  ...given,
});

const spans = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => span(`s${from + index}`));

describe('an exporter of spans', () => {
  test('sends what OTLP asks for in JSON, with the headers of the collector', async () => {
    open({ headers: { 'x-api-key': 'secret' } }).add([
      span('whole', {
        attributes: { text: 'é', whole: 200, part: 0.5, yes: true, absent: undefined },
        error: 'Internal',
      }),
      span('part', { kind: 'internal', parentSpanId: 'c'.repeat(16) }),
    ]);
    await expect.poll(() => exporter.counts()).toEqual({ sent: 2, dropped: 0 });
    const [{ path, headers, body }] = received as [Sent];
    expect(path).toBe('/v1/traces');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-api-key': 'secret' });
    const times = { startTimeUnixNano: '1700000000000250000', endTimeUnixNano: '1700000000001000000' };
    expect(JSON.parse(body)).toEqual({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: 'slipway' } },
              { key: 'service.version', value: { stringValue: '1.2.3' } },
              { key: 'service.instance.id', value: { stringValue: 'one' } },
            ],
          },
          scopeSpans: [
            {
              scope: { name: 'slipway.serving' },
              spans: [
                {
                  traceId: 'a'.repeat(32),
                  spanId: 'b'.repeat(16),
                  name: 'whole',
                  kind: 2,
                  ...times,
                  attributes: [
                    { key: 'text', value: { stringValue: 'é' } },
                    { key: 'whole', value: { intValue: '200' } },
                    { key: 'part', value: { doubleValue: 0.5 } },
                    { key: 'yes', value: { boolValue: true } },
                  ],
                  status: { code: 2, message: 'Internal' },
                },
                {
                  traceId: 'a'.repeat(32),
                  spanId: 'b'.repeat(16),
                  parentSpanId: 'c'.repeat(16),
                  name: 'part',
                  kind: 1,
                  ...times,
                  attributes: [],
                  status: {},
                },
              ],
            },
          ],
        },
      ],
    });
  });

  test('sends many in batches, each once and in order', async () => {
    open().add(spans(0, 1200));
    await expect.poll(() => exporter.counts().sent).toBe(1200);
    expect(received.map(({ names }) => names.length)).toEqual([512, 512, 176]);
    expect(received.flatMap(({ names }) => names)).toEqual(spans(0, 1200).map(({ name }) => name));
  });

  test.each([429, 502, 503, 504])('sends again after status %d', async (status) => {
    answers = [{ status }, { status, retryAfter: '0' }];
    open().add([span('a')]);
    await expect.poll(() => exporter.counts()).toEqual({ sent: 1, dropped: 0 });
    expect(received).toHaveLength(3);
    expect(errors).toEqual([]);
  });

  test('does not send again what was refused for good, and says so once', async () => {
    answers = [{ status: 401, body: 'who are you' }, { status: 401 }];
    open().add([span('a')]);
    await expect.poll(() => exporter.counts()).toEqual({ sent: 0, dropped: 1 });
    exporter.add([span('b')]);
    await expect.poll(() => exporter.counts()).toEqual({ sent: 0, dropped: 2 });
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/answers with status 401/)]);
    exporter.add([span('c')]);
    await expect.poll(() => exporter.counts()).toEqual({ sent: 1, dropped: 2 });
    expect(received.map(({ names }) => names)).toEqual([['a'], ['b'], ['c']]);
  });

  test('counts what a collector says that it did not take', async () => {
    answers = [{ status: 200, body: '{"partialSuccess": {"rejectedSpans": "1", "errorMessage": "late"}}' }];
    open().add(spans(0, 3));
    await expect.poll(() => exporter.counts()).toEqual({ sent: 2, dropped: 1 });
  });

  test('keeps no more than it may while nobody answers, and forgets the rest', async () => {
    open({ maxQueued: 10, sendEveryMs: 60_000 });
    await new Promise((resolve) => server.close(resolve));
    exporter.add(spans(0, 8));
    exporter.add(spans(8, 15));
    expect(exporter.counts()).toEqual({ sent: 0, dropped: 5 });
    await exporter.close(2000);
    expect(exporter.counts()).toEqual({ sent: 0, dropped: 15 });
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^No collector of spans answers/),
    ]);
  });

  test('sends what there is when it is closed, and takes nothing after', async () => {
    open({ sendEveryMs: 60_000 }).add(spans(0, 3));
    expect(received).toEqual([]);
    await exporter.close(2000);
    exporter.add([span('late')]);
    expect(exporter.counts()).toEqual({ sent: 3, dropped: 1 });
    expect(received.flatMap(({ names }) => names)).toEqual(['s0', 's1', 's2']);
  });
});
