import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProgramLink, type ProgramLink } from './channel.ts';
import { createFrameReader, encodeHeader, encodeJsonFrame, FRAME_TYPES, type Frame } from './frames.ts';

const ASK = { deadlineMs: 10_000, signal: undefined, answer: FRAME_TYPES.answer } as const;
const batch = new Uint8Array([1, 2, 3]);

describe('a link to a program', () => {
  let folder: string;
  let server: Server;
  let program: Socket;
  let link: ProgramLink;
  let ends: string[];
  let events: Record<string, unknown>[];
  let asked: Frame[];
  /** What the program does with what it is asked. */
  let reply: (frame: Frame) => void;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-link-'));
    ends = [];
    events = [];
    asked = [];
    reply = () => undefined;
    const { promise: accepted, resolve } = Promise.withResolvers<Socket>();
    server = createServer(resolve);
    await new Promise<void>((listening) => server.listen(path.join(folder, 's'), listening));
    program = connect(path.join(folder, 's'));
    const reader = createFrameReader();
    program.on('data', (piece: Buffer) => {
      for (const frame of reader.read(piece)) {
        asked.push(frame);
        reply(frame);
      }
    });
    link = createProgramLink({
      socket: await accepted,
      maxAnswerBytes: 1024,
      end: (reason) => ends.push(reason),
      onEvent: (event) => events.push(event),
    });
  });
  afterEach(async () => {
    link.close();
    program.destroy();
    server.close();
    await rm(folder, { recursive: true });
  });

  const answer = (id: number, payload: Uint8Array, aux = 0) => {
    program.write(encodeHeader({ type: FRAME_TYPES.answer, flags: 0, id, aux }, payload.length));
    program.write(payload);
  };

  it('asks one question after the other', async () => {
    reply = ({ id, payload }) => answer(id, payload, 42);
    for (const size of [0, 3, 100_000]) {
      const payload = new Uint8Array(size).fill(7);
      const sent = link.ask(FRAME_TYPES.predict, payload, ASK);
      expect(link.busy).toBe(true);
      const frame = await sent;
      expect(frame.aux).toBe(42);
      expect(frame.payload).toEqual(payload);
      expect(link.busy).toBe(false);
    }
    expect(asked.map(({ aux }) => aux)).toEqual([10_000, 10_000, 10_000]);
  });

  it('passes on what the program tells besides', async () => {
    reply = ({ id }) => {
      program.write(encodeJsonFrame(FRAME_TYPES.event, { kind: 'warning', text: 'x' }, { id: 0 }));
      answer(id, batch);
    };
    await link.ask(FRAME_TYPES.predict, batch, ASK);
    expect(events).toEqual([{ kind: 'warning', text: 'x' }]);
  });

  it('tells what failed', async () => {
    reply = ({ id }) => {
      const failure = { at: 'model', message: 'ValueError: x', segment: null, error: {} };
      program.write(encodeJsonFrame(FRAME_TYPES.failed, failure, { id }));
    };
    await expect(link.ask(FRAME_TYPES.predict, batch, ASK)).rejects.toMatchObject({
      code: 'InvalidArgument',
      reason: 'model-raised',
      message: 'ValueError: x',
    });
    expect(ends).toEqual([]);
  });

  it.each([
    ['the answer to another question', (id: number) => answer(id + 1, batch)],
    [
      'an answer of another kind',
      (id: number) => program.write(encodeJsonFrame(FRAME_TYPES.pong, {}, { id })),
    ],
    ['no frame', () => program.write(Buffer.alloc(64, 0xff))],
    ['more than it may', (id: number) => answer(id, new Uint8Array(2 ** 20 + 2048))],
  ])('ends a program that sends %s, and refuses who waits', async (_what, misbehave) => {
    reply = ({ id }) => misbehave(id);
    await expect(link.ask(FRAME_TYPES.predict, batch, ASK)).rejects.toMatchObject({
      code: 'Unavailable',
      reason: 'replica-gone',
    });
    expect(ends).toEqual(['protocol']);
    await expect(link.ask(FRAME_TYPES.predict, batch, ASK)).rejects.toMatchObject({ reason: 'not-sent' });
  });

  it('ends a program that answers what was not asked', async () => {
    answer(1, batch);
    await expect.poll(() => ends).toEqual(['protocol']);
  });

  it('ends a program at the deadline', async () => {
    await expect(link.ask(FRAME_TYPES.predict, batch, { ...ASK, deadlineMs: 20 })).rejects.toMatchObject({
      code: 'DeadlineExceeded',
      reason: 'deadline',
    });
    expect(ends).toEqual(['hung']);
  });

  it('is busy until the answer has come, also when who asked has left', async () => {
    const leaving = new AbortController();
    const sent = link.ask(FRAME_TYPES.predict, batch, { ...ASK, signal: leaving.signal });
    leaving.abort();
    await expect(sent).rejects.toMatchObject({ reason: 'aborted' });
    expect(link.busy).toBe(true);
    await expect.poll(() => asked.length).toBe(1);
    answer(asked[0]!.id, batch);
    await expect.poll(() => link.busy).toBe(false);
    expect(ends).toEqual([]);
  });

  it('refuses who waits when the program ends', async () => {
    reply = () => program.destroy();
    await expect(link.ask(FRAME_TYPES.predict, batch, ASK)).rejects.toMatchObject({ reason: 'replica-gone' });
    expect(ends).toEqual(['exit']);
  });
});
