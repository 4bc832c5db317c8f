import { describe, expect, it } from 'vitest';
import type { NumberColumn } from '../scoring/columns.ts';
import { createGateway } from './gateway.ts';
import type { ScoringAnswer } from './gateway-port.ts';
import {
  createTestLane,
  createTestLanes,
  entityOf,
  labelsAnswer,
  routeOf,
  signatureOf,
  type TestLane,
  type TestModel,
} from './lanes.fixture.ts';
import { randomFrom } from './random.fixture.ts';

const TWO = signatureOf(
  [
    ['double', 'x'],
    ['long', 'n', false],
  ],
  [{ name: 'p', type: 'long', default: 1 }],
);

/** Refuses what is above 900, and answers x · p + n for each row. */
const model: TestModel = (batch) => {
  const [x, n] = batch.columns;
  const { p } = JSON.parse(batch.params) as { p: number };
  const xs = (x as NumberColumn).values as Float64Array;
  const ns = n!.dtype === 'absent' ? undefined : ((n as NumberColumn).values as BigInt64Array);
  if (xs.some((value) => value > 900)) throw new Error('too much');
  if (batch.rows === 0) throw new Error('no rows');
  return labelsAnswer(
    Float64Array.from(xs, (value, row) => value * p + Number(ns?.[row] ?? 0n)),
    batch.segments,
  );
};

interface Asked {
  readonly body: string;
  /** What the model alone says to it. */
  readonly expected: string;
}

function randomRequest(random: ReturnType<typeof randomFrom>): Asked {
  const rows = random.below(4);
  const p = random.of([1, 1, 1, 2]);
  const withN = random.of([true, true, false]);
  const data = Array.from({ length: rows }, () => ({
    x: random.below(1000),
    ...(withN && { n: random.below(10) }),
  }));
  const body = {
    dataframe_split: { columns: withN ? ['x', 'n'] : ['x'], data: data.map((row) => Object.values(row)) },
  };
  const values = data.map((row) => row.x * p + (row.n ?? 0));
  const refused = rows === 0 || data.some(({ x }) => x > 900);
  return {
    body: JSON.stringify(p === 1 ? body : { ...body, params: { p } }),
    expected: refused
      ? 'InvalidArgument'
      : `{"predictions": [${values.map((value) => `${value}.0`).join(', ')}]}`,
  };
}

function gatewayOf() {
  return createGateway({
    clock: { nowMs: () => 0 },
    steadyMs: () => performance.now(),
    seed: () => 1,
    renderFailure: ({ message }) => ({ status: 400, body: message }),
    onModelFailure: () => undefined,
  });
}

const bodyOf = (answer: ScoringAnswer): string =>
  answer.error === undefined ? answer.body : answer.error.code;

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('requests at random (seed %i)', (seed) => {
  const random = randomFrom(seed);

  it('are answered joined as they are alone', async () => {
    const gateway = gatewayOf();
    const lanes = Array.from({ length: 1 + random.below(3) }, () =>
      createTestLane(model, { takesMs: () => random.below(4) }),
    );
    const batch = { ...entityOf(createTestLanes()).batch, rowWise: true, maxRequests: 1 + random.below(40) };
    const route = routeOf([
      entityOf(createTestLanes(...lanes), { signature: TWO, batch, slots: 1 + random.below(64) }),
    ]);
    void gateway.table.put(route);
    const all: Promise<[string, string]>[] = [];
    for (let i = 0; i < 400; i += 1) {
      const { body, expected } = randomRequest(random);
      all.push(
        new Promise((resolve) => {
          gateway.answer(
            {
              route,
              entity: undefined,
              id: String(i),
              content: 'json',
              body: Buffer.from(body),
              requester: undefined,
            },
            (answer) => resolve([bodyOf(answer), expected]),
          );
        }),
      );
      if (random.below(10) === 0) await new Promise((resolve) => setTimeout(resolve, random.below(4)));
    }
    for (const [answered, expected] of await Promise.all(all)) expect(answered).toBe(expected);
    expect(lanes.some(({ batches }) => batches.some(({ length }) => length > 1))).toBe(batch.maxRequests > 1);
  });

  it('are each answered once, rightly or by a refusal, while lanes die and come and callers leave', async () => {
    const gateway = gatewayOf();
    const living: TestLane[] = [];
    const lanes = createTestLanes();
    const spawn = () => {
      living.push(createTestLane(model, { takesMs: () => random.below(6) }));
      lanes.use(...living);
    };
    const kill = () => {
      const lane = living.splice(random.below(living.length), 1)[0];
      lane?.die(random.of(['replica-gone', 'not-sent']));
      // The pool hears of it a moment later: until then requests go to a dead one.
      if (random.below(2) === 0) lanes.use(...living);
      else setTimeout(() => lanes.use(...living), 2);
    };
    const route = routeOf([entityOf(lanes, { signature: TWO })], { deadlineMs: 400 });
    void gateway.table.put(route);
    const answers = new Map<number, string[]>();
    const expected = new Map<number, string>();
    const left = new Set<number>();
    for (let i = 0; i < 400; i += 1) {
      const asked = randomRequest(random);
      expected.set(i, asked.expected);
      answers.set(i, []);
      const call = gateway.answer(
        {
          route,
          entity: undefined,
          id: String(i),
          content: 'json',
          body: Buffer.from(asked.body),
          requester: undefined,
        },
        (answer) => answers.get(i)!.push(bodyOf(answer)),
      );
      if (random.below(20) === 0) {
        call.leave();
        left.add(i);
      }
      if (random.below(8) === 0) random.of([spawn, spawn, kill])();
      if (random.below(8) === 0) await new Promise((resolve) => setTimeout(resolve, random.below(4)));
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const [i, got] of answers) {
      const right = [expected.get(i), 'Unavailable', 'DeadlineExceeded'];
      if (left.has(i)) expect(got.length).toBeLessThanOrEqual(1);
      else expect(got).toHaveLength(1);
      for (const body of got) expect(right).toContain(body);
    }
    expect(gateway.counters.list()[0]).toMatchObject({ waiting: 0, waitingBytes: 0, running: 0 });
  });
});
