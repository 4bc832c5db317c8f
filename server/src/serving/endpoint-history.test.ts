import { beforeEach, describe, expect, it } from 'vitest';
import { createEndpointHistory, type EndpointHistory, KEPT_MS, SAMPLE_MS } from './endpoint-history.ts';
import { createEndpointCounters, type OpenCounters } from './gateway/endpoint-counters.ts';

const START = 1_800_000_000_000;
let counters: OpenCounters;
let history: EndpointHistory;
let replicas: number;

beforeEach(() => {
  counters = createEndpointCounters();
  replicas = 1;
  history = createEndpointHistory({ counters, replicasOf: () => replicas });
});

const tally = (entity = 'm-1') => counters.tallyOf('e1', 'churn', entity);

function answer(count: number, status: number, seconds: number, entity = 'm-1'): void {
  for (let i = 0; i < count; i += 1) tally(entity).answered('python', status, seconds);
}

describe('the history of an endpoint', () => {
  it('counts in each step what was answered in it, by kind of answer', () => {
    answer(3, 200, 0.002);
    history.sample(START + 5_000);
    answer(2, 400, 0.001);
    answer(1, 503, 0.001);
    history.sample(START + 15_000);
    const [{ steps } = { steps: [] }] = history.stepsOf(
      'e1',
      { fromMs: START, toMs: START + 30_000 },
      10_000,
    );
    expect(
      steps.map(({ atMs, requests, refused, failed }) => [atMs - START, requests, refused, failed]),
    ).toEqual([
      [10_000, 3, 0, 0],
      [20_000, 3, 2, 1],
      [30_000, 0, 0, 0],
    ]);
  });

  it('estimates percentiles of a span alone, not of all that was ever answered', () => {
    answer(100, 200, 4);
    history.sample(START);
    answer(90, 200, 0.002);
    answer(10, 200, 0.2);
    history.sample(START + 5_000);
    const { p50Ms, p95Ms } = history.happenedTo('e1', { fromMs: START, toMs: START + 5_000 });
    expect(p50Ms).toBeGreaterThan(1);
    expect(p50Ms).toBeLessThanOrEqual(2.5);
    expect(p95Ms).toBeGreaterThan(100);
    expect(p95Ms).toBeLessThanOrEqual(250);
  });

  it('says nothing of times in spans without an answer, and the last bound for what took longer', () => {
    history.sample(START);
    const span = { fromMs: START - 5_000, toMs: START };
    expect(history.happenedTo('e1', span)).toMatchObject({
      requests: 0,
      p50Ms: undefined,
      queueMs: undefined,
    });
    answer(1, 200, 100);
    history.sample(START + 5_000);
    expect(history.happenedTo('e1', { fromMs: START, toMs: START + 5_000 }).p50Ms).toBe(30_000);
  });

  it('adds up the entities of an endpoint, and knows nothing of others', () => {
    answer(3, 200, 0.001, 'm-1');
    answer(4, 200, 0.001, 'm-2');
    counters.tallyOf('e2', 'other', 'm-1').answered('python', 200, 0.001);
    history.sample(START);
    expect(history.happenedTo('e1', { fromMs: START - 1, toMs: START }).requests).toBe(7);
    expect(history.stepsOf('e1', { fromMs: START, toMs: START }, 1000).map(({ entity }) => entity)).toEqual([
      'm-1',
      'm-2',
    ]);
    expect(history.happenedTo('e3', { fromMs: START - 1, toMs: START }).requests).toBe(0);
  });

  it('holds how many wait, run and live until that changes', () => {
    tally().waiting = 4;
    tally().running = 2;
    history.sample(START);
    replicas = 3;
    tally().waiting = 0;
    history.sample(START + 20_000);
    const [{ steps } = { steps: [] }] = history.stepsOf(
      'e1',
      { fromMs: START - 10_000, toMs: START + 20_000 },
      10_000,
    );
    expect(steps.map(({ waiting, running, replicas: live }) => [waiting, running, live])).toEqual([
      [4, 2, 1],
      [4, 2, 1],
      [0, 2, 3],
    ]);
    expect(
      history.stepsOf('e1', { fromMs: START - 20_000, toMs: START - 10_000 }, 10_000)[0]?.steps[0]?.waiting,
    ).toBeUndefined();
  });

  it('keeps an hour, with how it stood before, and nothing of an endpoint that was deleted', () => {
    for (let at = 0; at <= 2 * KEPT_MS; at += SAMPLE_MS) {
      answer(1, 200, 0.001);
      history.sample(START + at);
    }
    const end = START + 2 * KEPT_MS;
    expect(history.happenedTo('e1', { fromMs: end - KEPT_MS, toMs: end }).requests).toBe(KEPT_MS / SAMPLE_MS);
    counters.forget('e1');
    history.sample(end + SAMPLE_MS);
    expect(history.stepsOf('e1', { fromMs: START, toMs: end }, 60_000)).toEqual([]);
  });
});
