import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Channel,
  Engine,
  GoneReason,
  LoadOptions,
  ReplicaLimits,
  ReplicaSet,
  SetChange,
  SetSpec,
} from '../port.ts';
import {
  type FixtureAnswer,
  type FixtureColumn,
  packBatch,
  packBodies,
  unpackAnswer,
} from './batches.fixture.ts';

export interface OpenedEngine {
  readonly engine: Engine;
  /** A set of one of the models of `models.py`. */
  spec(model: string, change?: SpecChange): SetSpec;
  /** Processes that the engine has started and that still live. */
  processes(): Promise<readonly number[]>;
  remove(): Promise<void>;
}

export interface SpecChange {
  readonly load?: Partial<LoadOptions>;
  readonly limits?: Partial<ReplicaLimits>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly evictable?: boolean;
  readonly resourceClass?: string;
}

/** What is left of a request's time is no whole number. */
const DEADLINE_MS = 60_000.25;
const IRIS = [
  { doubles: [5.1, 6.2] },
  { doubles: [3.5, 3.4] },
  { doubles: [1.4, 5.4] },
  { doubles: [0.2, 2.3] },
] as const;

/** What every engine does, on real models in a real Python. */
export function describeEngine(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`the engine ${name}`, () => {
    let opened: OpenedEngine;
    beforeAll(async () => {
      opened = await open();
    }, 300_000);
    afterAll(() => opened.remove());

    async function withSet(
      model: string,
      change: SpecChange,
      use: (set: ReplicaSet, changes: SetChange[]) => Promise<void>,
    ): Promise<void> {
      const set = opened.engine.ensure(opened.spec(model, change));
      const changes: SetChange[] = [];
      set.onChange((told) => changes.push(told));
      try {
        await use(set, changes);
      } finally {
        await set.close({ drainMs: 0 });
      }
    }

    async function oneOf(set: ReplicaSet): Promise<Channel> {
      set.scale(1);
      await until(set, () => set.channels.length === 1);
      return set.channels[0]!;
    }

    async function ask(channel: Channel, columns: readonly FixtureColumn[], segments: readonly number[]) {
      const { payload } = await channel.send(packBatch(columns, segments), {
        deadlineMs: DEADLINE_MS,
        signal: undefined,
      });
      return unpackAnswer(payload, segments.length);
    }
    const tell = (channel: Channel, ...texts: string[]) =>
      ask(
        channel,
        [{ texts }],
        texts.map(() => 1),
      );
    const firstText = (answer: FixtureAnswer) => (JSON.parse(answer.texts[0]!) as string[])[0]!;

    async function dies(
      change: SpecChange,
      what: string,
      expected: { readonly failure: string; readonly reason: GoneReason; readonly deadlineMs?: number },
    ): Promise<string> {
      let message = '';
      await withSet('faults', change, async (set, changes) => {
        const channel = await oneOf(set);
        await expect(
          channel.send(packBatch([{ texts: [what] }], [1]), {
            deadlineMs: expected.deadlineMs ?? DEADLINE_MS,
            signal: undefined,
          }),
        ).rejects.toMatchObject({ name: 'AppError', reason: expected.failure });
        await expect(
          channel.send(packBatch([{ texts: ['again'] }], [1]), {
            deadlineMs: DEADLINE_MS,
            signal: undefined,
          }),
        ).rejects.toMatchObject({ reason: 'not-sent' });
        await until(set, () => changes.some(({ kind }) => kind === 'gone'));
        const gone = changes.find((told) => told.kind === 'gone')!;
        expect(gone).toMatchObject({ reason: expected.reason, channel });
        message = gone.message;
        // Another is there by itself, and answers.
        await until(set, () => set.channels.length === 1);
        expect(set.channels[0]!.id).not.toBe(channel.id);
        expect(firstText(await tell(set.channels[0]!, 'hello'))).toBe('hello');
      });
      return message;
    }

    it('answers with what the model answers, by the quickest way that gives the same', async () => {
      await withSet('iris', {}, async (set) => {
        const channel = await oneOf(set);
        expect(channel.loaded).toMatchObject({
          path: 'array',
          output: 'columns',
          rowWise: { state: 'proven' },
        });
        expect(channel.loaded.versions).toHaveProperty('sklearn');
        const answer = await ask(channel, IRIS, [1, 1]);
        expect(answer).toMatchObject({
          kind: 'tensor',
          flags: 0,
          segments: [1, 1],
          shape: [2],
          values: [0n, 2n],
        });
      });
    });

    it('gives each request of a batch what it would be given alone', async () => {
      await withSet('iris-probabilities', {}, async (set) => {
        const channel = await oneOf(set);
        const joined = await ask(channel, IRIS, [1, 1]);
        for (const row of [0, 1]) {
          const alone = await ask(
            channel,
            IRIS.map(({ doubles }) => ({ doubles: [doubles[row]!] })),
            [1],
          );
          expect(alone.values).toEqual(joined.values.slice(row * 3, row * 3 + 3));
        }
      });
    });

    it('calls a model of mixed columns with a frame of them', async () => {
      await withSet('people', {}, async (set) => {
        const channel = await oneOf(set);
        expect(channel.loaded).toMatchObject({ path: 'frame', rowWise: { state: 'proven' } });
        const columns = [{ texts: ['ü', 'nowhere'] }, { longs: [3n, 9n] }, { doubles: [0.5, 0.1] }];
        const answer = await ask(channel, columns, [1, 1]);
        expect(answer.texts.map((text) => JSON.parse(text) as unknown)).toEqual([
          [expect.stringMatching(/^(yes|no)$/)],
          [expect.stringMatching(/^(yes|no)$/)],
        ]);
      });
    });

    it('passes the body as it came to a model whose input is no flat columns, and says what mlflow says of it', async () => {
      await withSet('nested', {}, async (set) => {
        const channel = await oneOf(set);
        expect(channel.loaded).toMatchObject({ path: 'raw', output: 'json', rowWise: { state: 'off' } });
        const send = (body: string) =>
          channel.send(packBodies([body]), { deadlineMs: DEADLINE_MS, signal: undefined });
        const { payload } = await send('{"dataframe_records": [{"rows": [1.0, 2.5]}]}');
        expect(unpackAnswer(payload, 1)).toMatchObject({ flags: 4, texts: ['{"predictions": [3.5]}'] });
        await expect(send('{"dataframe_records": [{"rows": "x"}]}')).rejects.toMatchObject({
          code: 'InvalidArgument',
          reason: 'input-unusable',
          details: { error: { errorCode: expect.any(String) } },
        });
        await expect(send('{"dataframe_records": [{"rows": [-1.0]}]}')).rejects.toMatchObject({
          code: 'InvalidArgument',
          reason: 'model-raised',
        });
      });
    });

    it('runs requests one by one where their rows came back in another number', async () => {
      await withSet('faults', { load: { rowWise: 'on' } }, async (set, changes) => {
        const channel = await oneOf(set);
        expect(channel.loaded.rowWise.state).toBe('forced');
        const answer = await tell(channel, 'a', 'one-too-many', 'b');
        expect(answer).toMatchObject({ flags: 1, texts: ['["a"]', '["one-too-many", "more"]', '["b"]'] });
        expect(changes).toContainEqual(
          expect.objectContaining({
            kind: 'event',
            event: expect.objectContaining({ kind: 'not-row-wise' }),
          }),
        );
      });
    });

    it('fails no request for what another of its batch did', async () => {
      await withSet('faults', { load: { rowWise: 'on' } }, async (set) => {
        const channel = await oneOf(set);
        const answer = await tell(channel, 'a', 'raise here', 'b');
        expect(answer.flags).toBe(3);
        expect([answer.texts[0], answer.texts[2]]).toEqual(['["a"]', '["b"]']);
        expect(answer.failures).toEqual(
          new Map([[1, expect.objectContaining({ at: 'model', message: 'ValueError: planted here' })]]),
        );
      });
    });

    it('hands on params, and keeps whole what may not be joined', async () => {
      await withSet('sum-of-rows', {}, async (set) => {
        const channel = await oneOf(set);
        expect(channel.loaded.rowWise.state).toBe('off');
        const { payload } = await channel.send(packBatch([{ doubles: [1, 2] }], [2], '{"times": 10.0}'), {
          deadlineMs: DEADLINE_MS,
          signal: undefined,
        });
        expect(unpackAnswer(payload, 1)).toMatchObject({ values: [30, 30] });
      });
    });

    it('tells of an exception, keeps its traceback to the log, and goes on', async () => {
      await withSet('faults', {}, async (set) => {
        const channel = await oneOf(set);
        const failure = await tell(channel, 'raise once').catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'InvalidArgument', reason: 'model-raised' });
        expect(JSON.stringify(failure)).not.toContain('Traceback');
        await logged(set, /Traceback[\s\S]*ValueError: planted once/);
        expect(firstText(await tell(channel, 'hello'))).toBe('hello');
      });
    });

    it('takes one batch at a time', async () => {
      await withSet('faults', {}, async (set) => {
        const channel = await oneOf(set);
        const first = tell(channel, 'sleep 0.5');
        expect(channel.inFlight).toBe(1);
        await expect(tell(channel, 'hello')).rejects.toMatchObject({ reason: 'not-sent' });
        await first;
        expect(channel.inFlight).toBe(0);
      });
    });

    it('ends one that hangs at the deadline', () =>
      dies({}, 'spin', { failure: 'deadline', reason: 'hung', deadlineMs: 500 }));

    it('goes on with one whose caller has left', async () => {
      await withSet('faults', {}, async (set) => {
        const channel = await oneOf(set);
        const leaving = new AbortController();
        const sent = channel.send(packBatch([{ texts: ['sleep 0.3'] }], [1]), {
          deadlineMs: DEADLINE_MS,
          signal: leaving.signal,
        });
        leaving.abort();
        await expect(sent).rejects.toMatchObject({ reason: 'aborted' });
        expect(channel.inFlight).toBe(1);
        await expect.poll(() => channel.inFlight, { timeout: DEADLINE_MS }).toBe(0);
        expect(firstText(await tell(channel, 'hello'))).toBe('hello');
      });
    });

    it('says with which status one has ended', async () => {
      expect(await dies({}, 'exit 3', { failure: 'replica-gone', reason: 'exit' })).toContain('status 3');
    });

    it('says by which signal one was ended', async () => {
      expect(await dies({}, 'crash', { failure: 'replica-gone', reason: 'signal' })).toContain('signal 11');
    });

    it('ends one that takes more memory than it may', async () => {
      const limits = { memoryBytes: 600 * 2 ** 20 };
      expect(await dies({ limits }, 'leak', { failure: 'replica-gone', reason: 'out-of-memory' })).toContain(
        'may have 600 MiB',
      );
    });

    it('bounds an answer, and goes on', async () => {
      await withSet('faults', {}, async (set) => {
        const channel = await oneOf(set);
        await expect(tell(channel, 'big 100')).rejects.toMatchObject({
          code: 'LimitExceeded',
          reason: 'answer-too-large',
          message: expect.stringContaining('the endpoint allows 16 MiB'),
        });
        expect(firstText(await tell(channel, 'big 15'))).toHaveLength(15 * 2 ** 20);
      });
    });

    it('is not held up by one that prints a gigabyte, and keeps the end of it', async () => {
      await withSet('faults', {}, async (set) => {
        const channel = await oneOf(set);
        await tell(channel, 'print 1024');
        await tell(channel, 'say that was all');
        await logged(set, /that was all/);
      });
    }, 120_000);

    it('passes variables, and shows their values nowhere', async () => {
      await withSet('faults', { variables: { TOKEN: 'planted-secret' } }, async (set) => {
        const channel = await oneOf(set);
        expect(firstText(await tell(channel, 'environment TOKEN'))).toBe('planted-secret');
        await tell(channel, 'say it is planted-secret');
        expect(await logged(set, /it is/)).toContain('it is ********');
      });
    });

    it('gives a model nothing of the environment of the server', async () => {
      process.env.SLIPWAY_PLANTED = 'planted-in-server';
      try {
        await withSet('faults', {}, async (set) => {
          const everything = firstText(await tell(await oneOf(set), 'all-environment'));
          expect(everything).not.toContain('planted-in-server');
        });
      } finally {
        delete process.env.SLIPWAY_PLANTED;
      }
    });

    it('scales up and down and up again, and loses no batch on the way', async () => {
      await withSet('faults', {}, async (set) => {
        for (const want of [3, 1, 0, 2]) {
          const running = set.channels.map((channel) => tell(channel, 'sleep 0.2'));
          set.scale(want);
          await until(set, () => set.channels.length === want);
          expect((await Promise.all(running)).map(firstText)).toEqual(running.map(() => 'sleep'));
        }
        expect(set.status).toMatchObject({ want: 2, ready: 2, starting: 0, backingOff: 0 });
      });
    });

    it('gives up a model that cannot be loaded, says why, and tries again when it is scaled', async () => {
      await withSet('broken', {}, async (set, changes) => {
        set.scale(1);
        await until(set, () => set.status.failure !== undefined);
        expect(set.status.failure).toMatchObject({
          reason: 'load-failed',
          message: expect.stringMatching(/planted: it cannot be loaded[\s\S]*about to fail/),
        });
        expect(changes.filter(({ kind }) => kind === 'gone')).toHaveLength(3);
        set.scale(1);
        expect(set.status.failure).toBeUndefined();
      });
    });

    it('gives up a model that takes too long to load', async () => {
      await withSet('slow', { limits: { startMs: 3000 } }, async (set, changes) => {
        set.scale(1);
        await until(set, () => changes.some(({ kind }) => kind === 'gone'));
        expect(changes.find(({ kind }) => kind === 'gone')).toMatchObject({ reason: 'start-timeout' });
      });
    });

    it('ends what is wanted no more while it loads', async () => {
      await withSet('slow', {}, async (set, changes) => {
        set.scale(1);
        await until(set, () => set.status.starting === 1);
        set.scale(0);
        await until(set, () => changes.some(({ kind }) => kind === 'gone'));
        expect(changes.find(({ kind }) => kind === 'gone')).toMatchObject({ reason: 'closed' });
      });
    });

    it('says what a replica takes', async () => {
      await withSet('iris', {}, async (set) => {
        const channel = await oneOf(set);
        const [usage] = await set.usage();
        expect(usage).toMatchObject({ replica: channel.id });
        expect(usage!.memoryBytes).toBeGreaterThan(2 ** 20);
        expect(usage!.cpuMs).toBeGreaterThan(0);
      });
    });

    it('gives the same set for the same key until that is closed', async () => {
      const spec = opened.spec('iris');
      const set = opened.engine.ensure(spec);
      expect(opened.engine.ensure(spec)).toBe(set);
      await set.close({ drainMs: 0 });
      const other = opened.engine.ensure(spec);
      expect(other).not.toBe(set);
      await other.close({ drainMs: 0 });
    });

    it('refuses a resource class that it does not have, by its name', () => {
      expect(() => opened.engine.ensure(opened.spec('iris', { resourceClass: 'gpu-huge' }))).toThrow(
        expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining('gpu-huge') }),
      );
    });

    it('drains what runs before it closes, and answers nothing after', async () => {
      const set = opened.engine.ensure(opened.spec('faults'));
      const channel = await oneOf(set);
      const running = tell(channel, 'sleep 0.5');
      await set.close({ drainMs: DEADLINE_MS });
      expect(firstText(await running)).toBe('sleep');
      await expect(tell(channel, 'hello')).rejects.toMatchObject({ reason: 'not-sent' });
    });

    it('leaves no process of a closed set, not even one that the model started', async () => {
      const before = await opened.processes();
      await withSet('faults', {}, async (set) => {
        const channel = await oneOf(set);
        await tell(channel, 'daemon');
        expect((await opened.processes()).length).toBeGreaterThan(before.length + 1);
      });
      await expect.poll(async () => (await opened.processes()).length).toBeLessThanOrEqual(before.length);
    });
  });
}

/** Waits for what the set tells of; fails after a while. */
async function until(set: ReplicaSet, holds: () => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(
    () => reject(new Error(`not within ${DEADLINE_MS} ms: ${JSON.stringify(set.status)}`)),
    DEADLINE_MS,
  );
  const look = () => {
    if (holds()) resolve();
  };
  const stop = set.onChange(look);
  const timer = setInterval(look, 50);
  look();
  try {
    await promise;
  } finally {
    clearTimeout(late);
    clearInterval(timer);
    stop();
  }
}

/** Everything printed until this was. */
async function logged(set: ReplicaSet, wanted: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of set.logs()) {
    text += chunk.text;
    if (wanted.test(text)) return text;
  }
  throw new Error(`the log ended without ${wanted}`);
}
