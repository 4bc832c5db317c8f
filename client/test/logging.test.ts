import { describe, expect, it } from 'vitest';
import { SlipwayClient, type SlipwayError } from '../src/index.ts';
import { countOfNextBatch, type LogBatch, type LogEntry, LogQueue } from '../src/log-queue.ts';
import { newName, runningServer } from './running-server.ts';

const server = runningServer();

/** A client, and the bodies of what it sent to log-batch. */
function watchedClient() {
  const batches: LogBatch[] = [];
  const client = new SlipwayClient({
    baseUrl: server.url,
    fetch: (url, init) => {
      if (url.endsWith('/runs/log-batch')) batches.push(JSON.parse(String(init.body)) as LogBatch);
      return fetch(url, init);
    },
  });
  return { client, batches };
}

const newExperiment = () => server.client.experiments.create({ name: newName('experiment') });

describe('a run that is logged to', () => {
  it('gathers values into few requests and ends when all of them are there', async () => {
    const { client, batches } = watchedClient();
    const run = await client.runs.create({ experimentId: await newExperiment() });
    for (let step = 0; step < 2500; step += 1) await run.logMetric('loss', step, { step });
    await run.logParams(Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`param-${i}`, i])));
    await run.setTags({ team: 'a' });
    await run.end();
    const read = await client.runs.get(run.runId);
    expect(read).toMatchObject({ status: 'FINISHED', tags: { team: 'a' } });
    expect(read.metrics.loss?.step).toBe(2499);
    expect(Object.keys(read.params)).toHaveLength(250);
    expect(read.endTimeMs).toBeGreaterThanOrEqual(Number(read.startTimeMs));
    expect(batches.length).toBeLessThanOrEqual(6);
    for (const { metrics, params, tags } of batches) {
      expect(metrics.length + params.length + tags.length).toBeLessThanOrEqual(1000);
      expect(params.length).toBeLessThanOrEqual(100);
    }
    const steps = batches.flatMap(({ metrics }) => metrics.map(({ step }) => step));
    expect(steps).toEqual(Array.from({ length: 2500 }, (_, step) => step));
  });

  it('sends what was logged by itself after a while', async () => {
    const { client } = watchedClient();
    const run = await client.runs.create({ experimentId: await newExperiment(), flushIntervalMs: 20 });
    await run.logMetric('loss', 0.5);
    await expect.poll(async () => (await client.runs.get(run.runId)).metrics.loss?.value).toBe(0.5);
    await run.end();
  });

  it('keeps the last of the tags that were set one after another', async () => {
    const { client } = watchedClient();
    const run = await client.runs.create({ experimentId: await newExperiment() });
    for (const value of ['a', 'b', 'c']) await run.setTag('team', value);
    await run.flush();
    expect((await client.runs.get(run.runId)).tags.team).toBe('c');
    await run.end();
  });

  it('takes a param that is logged twice with the same value', async () => {
    const { client } = watchedClient();
    const run = await client.runs.create({ experimentId: await newExperiment() });
    run.logParam('depth', 3);
    run.logParam('depth', 3);
    await run.end();
    expect((await client.runs.get(run.runId)).params).toEqual({ depth: '3' });
  });

  it('tells on flush what was refused, once, and goes on', async () => {
    const { client } = watchedClient();
    const run = await client.runs.create({ experimentId: await newExperiment() });
    await run.logParam('depth', 3);
    await run.flush();
    await run.logParam('depth', 4);
    await expect(run.flush()).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE', status: 400 });
    await run.logMetric('loss', 1);
    await run.flush();
    expect((await client.runs.get(run.runId)).metrics.loss?.value).toBe(1);
    await run.end();
  });

  it('is ended although values were refused, and says so', async () => {
    const { client } = watchedClient();
    const run = await client.runs.create({ experimentId: await newExperiment() });
    run.logMetric('', 1);
    await expect(run.end()).rejects.toThrow(/^1 values were not logged: .*metrics\[0\]/);
    expect((await client.runs.get(run.runId)).status).toBe('FINISHED');
  });

  it('takes nothing more after its end', async () => {
    const { client } = watchedClient();
    const run = await client.runs.create({ experimentId: await newExperiment() });
    await run.end({ status: 'KILLED', endTimeMs: 2_000_000_000_000 });
    await run.end();
    expect(() => run.logMetric('loss', 1)).toThrow(/has ended/);
    expect(await client.runs.get(run.runId)).toMatchObject({
      status: 'KILLED',
      endTimeMs: 2_000_000_000_000,
    });
  });

  it('ends with the block that uses it', async () => {
    const { client } = watchedClient();
    const experimentId = await newExperiment();
    {
      await using run = await client.runs.create({ experimentId });
      run.logMetric('loss', 2);
    }
    const [read] = await client.runs.search({ experimentIds: [experimentId] }).toArray();
    expect(read).toMatchObject({ status: 'FINISHED', metrics: { loss: { value: 2 } } });
  });

  it('is resumed and logged to again', async () => {
    const { client } = watchedClient();
    const first = await client.runs.create({ experimentId: await newExperiment() });
    await first.end();
    const again = await client.runs.resume(first.runId);
    expect((await client.runs.get(first.runId)).status).toBe('RUNNING');
    again.logMetric('loss', 3);
    await again.end();
    expect(await client.runs.get(first.runId)).toMatchObject({
      status: 'FINISHED',
      metrics: { loss: { value: 3 } },
    });
  });
});

describe('a tracked run', () => {
  it('finishes with what the function returns', async () => {
    const { client } = watchedClient();
    const experimentId = await newExperiment();
    const runId = await client.runs.track({ experimentId, name: 'baseline' }, async (run) => {
      await run.logMetrics({ loss: 1, accuracy: 0.5 }, { step: 4 });
      return run.runId;
    });
    const read = await client.runs.get(runId);
    expect(read).toMatchObject({ name: 'baseline', status: 'FINISHED' });
    expect(read.metrics.loss).toMatchObject({ step: 4, timestampMs: read.metrics.accuracy?.timestampMs });
  });

  it('fails with the error that the function throws', async () => {
    const { client } = watchedClient();
    const experimentId = await newExperiment();
    const tracked = client.runs.track({ experimentId }, async () => {
      throw new Error('out of memory');
    });
    await expect(tracked).rejects.toThrow('out of memory');
    const [read] = await client.runs.search({ experimentIds: [experimentId] }).toArray();
    expect(read?.status).toBe('FAILED');
  });
});

describe('the queue of a run', () => {
  const entry = (step: number): LogEntry => ({ kind: 'metrics', message: { key: 'loss', step } });

  /** A queue whose requests wait until they are let through. */
  function slowQueue(maxQueued: number) {
    const sent: unknown[][] = [];
    const gates: (() => void)[] = [];
    const queue = new LogQueue({
      maxQueued,
      flushIntervalMs: 1,
      send: async ({ metrics }) => {
        await new Promise<void>((resolve) => gates.push(resolve));
        sent.push(metrics.map(({ step }) => step));
      },
    });
    return { queue, sent, letThrough: () => gates.shift()?.(), waiting: () => gates.length };
  }

  it('makes callers wait when it is full, and keeps the order', async () => {
    const { queue, sent, letThrough, waiting } = slowQueue(3);
    await queue.add([entry(1), entry(2), entry(3)]);
    await expect.poll(waiting).toBe(1);
    await queue.add([entry(4), entry(5), entry(6)]);
    let taken = false;
    const full = queue.add([entry(7)]).then(() => {
      taken = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken).toBe(false);
    letThrough();
    await expect.poll(waiting).toBe(1);
    letThrough();
    await full;
    const flushed = queue.flush();
    await expect.poll(waiting).toBe(1);
    letThrough();
    await flushed;
    expect(sent.flat()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('refuses values where nobody waits, and flush tells how many were lost', async () => {
    const { queue, sent, letThrough, waiting } = slowQueue(2);
    for (let step = 1; step <= 6; step += 1) queue.add([entry(step)]);
    await expect(queue.add([entry(7)])).rejects.toMatchObject({ errorCode: 'QUEUE_FULL' });
    const flushed = queue.flush().catch((error: SlipwayError) => error);
    const done = { yes: false };
    flushed.finally(() => {
      done.yes = true;
    });
    await expect
      .poll(() => {
        if (waiting() > 0) letThrough();
        return done.yes;
      })
      .toBe(true);
    expect(await flushed).toMatchObject({ errorCode: 'QUEUE_FULL' });
    const arrived = sent.flat();
    expect(arrived).toEqual(Array.from({ length: arrived.length }, (_, i) => i + 1));
    expect(((await flushed) as SlipwayError).message).toMatch(new RegExp(`^${7 - arrived.length} values`));
  });
});

describe('a request', () => {
  const metrics = (count: number): LogEntry[] => Array(count).fill({ kind: 'metrics', message: {} });
  const texts = (kind: 'params' | 'tags', count: number): LogEntry[] =>
    Array.from({ length: count }, (_, i) => ({ kind, message: { key: `${kind}-${i}`, value: '' } }));

  it.each([
    ['1000 metrics', metrics(1500), 1000],
    ['100 params', texts('params', 150), 100],
    ['100 tags', [...metrics(5), ...texts('tags', 150)], 105],
    ['1000 values together', [...texts('tags', 100), ...metrics(1500)], 1000],
    ['a param once', [...texts('params', 3), ...texts('params', 1)], 3],
    ['a tag as often as it was set', [...texts('tags', 3), ...texts('tags', 1)], 4],
    ['what there is', metrics(3), 3],
  ])('holds %s', (_, entries, count) => {
    expect(countOfNextBatch(entries)).toBe(count);
  });
});
