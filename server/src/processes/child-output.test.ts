import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createOutputLog, followOutput, type OutputSource } from './child-output.ts';
import type { LogChunk } from './port.ts';

function follow(source: Partial<OutputSource> = {}) {
  const log = createOutputLog();
  const output = new PassThrough();
  const ended = followOutput(output, log, {
    replica: 'a-1',
    stream: 'out',
    secrets: [],
    now: () => 0,
    ...source,
  });
  return { log, output, ended };
}

async function everything(log: ReturnType<typeof createOutputLog>): Promise<LogChunk[]> {
  log.close();
  return read(log);
}

async function read(log: ReturnType<typeof createOutputLog>): Promise<LogChunk[]> {
  const chunks: LogChunk[] = [];
  for await (const chunk of log.read()) chunks.push(chunk);
  return chunks;
}

describe('the output of a program', () => {
  it('is passed on in whole lines, and at its end as it stands', async () => {
    const { log, output, ended } = follow();
    output.write('one\ntw');
    output.write('o\nthr');
    output.end('ee');
    await ended;
    expect((await everything(log)).map(({ text }) => text)).toEqual(['one\n', 'two\n', 'three']);
  });

  it('keeps characters whole that come in parts', async () => {
    const { log, output, ended } = follow();
    const bytes = Buffer.from('grün\n');
    for (const byte of bytes) output.write(Buffer.of(byte));
    output.end();
    await ended;
    expect((await everything(log)).map(({ text }) => text)).toEqual(['grün\n']);
  });

  it('shows no secret, not even one that comes in parts, the longer before the shorter that it holds', async () => {
    const { log, output, ended } = follow({ secrets: ['secret-1', 'secret-1-long', 'abc'] });
    output.write('it is secr');
    output.end('et-1-long, secret-1 and abc\n');
    await ended;
    expect((await everything(log)).map(({ text }) => text)).toEqual(['it is ********, ******** and abc\n']);
  });

  it('is thrown away beyond a rate, but for its end, and told of', async () => {
    const { log, output, ended } = follow();
    const block = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(1024));
    for (let count = 0; count < 20; count += 1) output.write(block);
    // As print writes to an unbuffered output.
    output.write('the end');
    output.end('\n');
    await ended;
    const { text, dropped } = (await everything(log)).at(-1)!;
    expect(text).toMatch(/^(x{1023}\n){3}the end\n$/);
    expect(dropped + text.length).toBe(12 * block.length + 8);
  });
});

describe('a log', () => {
  const chunk = (text: string, replica = 'a-1'): LogChunk => ({ replica, stream: 'out', text, dropped: 0 });

  it('keeps the newest of what it was given', async () => {
    const log = createOutputLog();
    for (let count = 0; count < 40; count += 1) log.append(chunk(`${count} ${'x'.repeat(99_990)}`));
    const kept = await everything(log);
    expect(kept.length).toBeLessThanOrEqual(11);
    expect(kept.at(-1)!.text.startsWith('39 ')).toBe(true);
  });

  it('gives the last lines, of one replica if asked', () => {
    const log = createOutputLog();
    log.append(chunk('one\ntwo\n'));
    log.append(chunk('other\n', 'a-2'));
    log.append(chunk('three\n'));
    expect(log.tail(2)).toBe('other\nthree');
    expect(log.tail(2, 'a-1')).toBe('two\nthree');
  });

  it('gives a reader what was, then what comes, and ends with the log', async () => {
    const log = createOutputLog();
    log.append(chunk('before'));
    const reading = read(log);
    log.append(chunk('after'));
    await Promise.resolve();
    log.close();
    expect((await reading).map(({ text }) => text)).toEqual(['before', 'after']);
  });
});
