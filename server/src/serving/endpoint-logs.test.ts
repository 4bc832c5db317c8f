import { expect, it } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import { createEntityLog } from './endpoint-logs.ts';

it('gives what came since somebody last looked, each character once', () => {
  const log = createEntityLog(systemClock);
  log.server('loading\n');
  const first = log.since('server', 0);
  log.server('rea');
  log.server('dy\n');
  const second = log.since('server', first.next);
  expect([first.text, second.text, log.since('server', second.next).text]).toEqual([
    'loading\n',
    'ready\n',
    '',
  ]);
  expect(second.isCut).toBe(false);
});

it('says that something is missing where more was printed than is kept', () => {
  const log = createEntityLog(systemClock);
  log.server('first\n');
  const { next } = log.since('server', 0);
  for (let i = 0; i < 2000; i += 1) log.server(`${'x'.repeat(999)}\n`);
  const part = log.since('server', next);
  expect(part.isCut).toBe(true);
  expect(part.text.length).toBeLessThan(600_000);
  expect(log.since('server', part.next)).toMatchObject({ text: '', isCut: false });
});

it('keeps what was built and what was printed apart, with the time of each line of a build', () => {
  const log = createEntityLog({ ...systemClock, nowMs: () => 0 });
  log.build('Fetching');
  log.server('printed');
  expect(log.since('build', 0).text).toBe('1970-01-01T00:00:00.000Z Fetching\n');
  expect(log.since('server', 0).text).toBe('printed');
  expect(createEntityLog(systemClock).id).not.toBe(log.id);
});
