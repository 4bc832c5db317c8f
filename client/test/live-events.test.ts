import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { EventStreamParser } from '../src/event-stream.ts';
import { type LiveEvent, type LiveEventKind, SlipwayClient } from '../src/index.ts';
import { newName, runningServer } from './running-server.ts';

const server = runningServer();

/** Reads on to an event of this kind. */
async function nextOf(events: AsyncGenerator<LiveEvent, void>, kind: LiveEventKind): Promise<LiveEvent> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error(`the stream ended without an event of the kind ${kind}`);
    if (value.kind === kind) return value;
  }
}

/** The first events that a subscription gives. */
async function take(events: AsyncIterable<LiveEvent>, count: number): Promise<LiveEvent[]> {
  const taken: LiveEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

describe('live events', () => {
  it('tell of runs and of the metrics that grew, and are resumed behind the last one', async () => {
    const { client } = server;
    const experimentId = await client.experiments.create({ name: newName('experiment') });
    const signal = AbortSignal.timeout(20_000);
    const { promise: connected, resolve: onConnected } = Promise.withResolvers<void>();
    const events = client.events.subscribe({ experimentIds: [experimentId], signal, onConnected });
    const first = nextOf(events, 'run');
    await connected;
    const run = await client.runs.create({ experimentId });
    const created = await first;
    expect(created).toMatchObject({ kind: 'run', experimentId, subject: run.runId, keys: [] });
    await run.logMetrics({ loss: 1, accuracy: 2 });
    await run.flush();
    const grown = await nextOf(events, 'points');
    expect(grown.subject).toBe(run.runId);
    expect([...grown.keys].sort()).toEqual(['accuracy', 'loss']);
    await events.return();
    const again = client.events.subscribe({ experimentIds: [experimentId], lastEventId: created.id, signal });
    expect(await nextOf(again, 'points')).toEqual(grown);
    await again.return();
    await run.end();
  });

  it('end without an error when the signal is aborted', async () => {
    const stop = new AbortController();
    const { promise: connected, resolve: onConnected } = Promise.withResolvers<void>();
    const events = server.client.events.subscribe({ signal: stop.signal, onConnected });
    const next = events.next();
    await connected;
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    const none = server.client.events.subscribe({ signal: AbortSignal.abort() });
    expect(await none.next()).toEqual({ done: true, value: undefined });
  });

  it('report a request that the server refuses', async () => {
    const events = server.client.events.subscribe({ lastEventId: 'no number' });
    await expect(events.next()).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  });

  it('come back after every loss of the connection, with the number of the last whole event', async () => {
    const resumedAfter: (string | undefined)[] = [];
    const answers = [
      // The second event breaks off before its empty line.
      'retry: 10\nid: 4\n\nid: 5\nevent: run\ndata: {"subject":"a"}\n\nid: 6\nevent: run\ndata: {"sub',
      503,
      'retry: 10\nid: 6\nevent: run\ndata: {"subject":"b"}\n\n: still here\n\n',
      'id: 7\nevent: reset\ndata: {}\n\n',
    ] as const;
    const flaky = createServer((request, response) => {
      const answer = answers[resumedAfter.length] ?? '';
      resumedAfter.push(request.headers['last-event-id'] as string | undefined);
      if (typeof answer === 'number') response.writeHead(answer).end();
      else {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(answer, () => setTimeout(() => response.destroy(), 20));
      }
    });
    flaky.listen(0, '127.0.0.1');
    await once(flaky, 'listening');
    const { port } = flaky.address() as AddressInfo;
    const losses: unknown[] = [];
    let connections = 0;
    const client = new SlipwayClient({ baseUrl: `http://127.0.0.1:${port}` });
    const events = client.events.subscribe({
      signal: AbortSignal.timeout(20_000),
      onConnected: () => {
        connections += 1;
      },
      onDisconnected: (error) => losses.push(error),
    });
    const taken = await take(events, 3);
    flaky.closeAllConnections();
    flaky.close();
    expect(taken.map(({ id, kind, subject }) => [id, kind, subject])).toEqual([
      ['5', 'run', 'a'],
      ['6', 'run', 'b'],
      ['7', 'reset', undefined],
    ]);
    expect(resumedAfter).toEqual([undefined, '5', '5', '6']);
    expect(connections).toBe(3);
    expect(losses).toMatchObject([
      { errorCode: 'NETWORK_ERROR' },
      { status: 503 },
      { errorCode: 'NETWORK_ERROR' },
    ]);
  });
});

describe('a stream of server-sent events', () => {
  const text =
    'retry: 250\r\n: a comment\r\nid: 1\r\nevent: run\r\ndata: one\r\ndata: two\r\n\r\ndata:three\rid\r\rdata\n\nid: 9\nevent: lost\n\n';
  const expected = [
    { event: 'run', data: 'one\ntwo', id: '1' },
    { event: 'message', data: 'three', id: '' },
    { event: 'message', data: '', id: '' },
  ];

  it.each([1, 2, 3, 5, 7, 1000])('is read alike in pieces of %i characters', (length) => {
    const parser = new EventStreamParser(undefined);
    const messages = [];
    for (let at = 0; at < text.length; at += length)
      messages.push(...parser.read(text.slice(at, at + length)));
    expect(messages).toEqual(expected);
    expect([parser.lastEventId, parser.retryMs]).toEqual(['9', 250]);
  });
});
