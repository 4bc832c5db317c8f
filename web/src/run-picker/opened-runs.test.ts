import { expect, it } from 'vitest';
import { parseOpened, withOpened } from './opened-runs.ts';

const run = (runId: string) => ({ runId, name: `run ${runId}`, experimentId: '1' });
const ids = (runs: readonly { readonly runId: string }[]) => runs.map(({ runId }) => runId).join('');

it('keeps each run once, the latest first, and ten of them', () => {
  const opened = [...'abcdefghijklc'].reduce<ReturnType<typeof parseOpened>>(
    (before, id) => withOpened(before, run(id)),
    [],
  );
  expect(ids(opened)).toBe('clkjihgfed');
});

it('leaves out what it does not understand', () => {
  expect(ids(parseOpened(JSON.stringify([run('a'), { runId: 1 }, null, run('b')])))).toBe('ab');
  expect(parseOpened('{')).toEqual([]);
  expect(parseOpened('"text"')).toEqual([]);
  expect(parseOpened(null)).toEqual([]);
});
