import { describe, expect, it } from 'vitest';
import { decideStart, type Holder } from './memory-budget.ts';

const holder = (id: string, bytes: number, idle: boolean, lastUsedMs = 0): Holder => ({
  id,
  bytes,
  idle,
  lastUsedMs,
});

describe('memory for one more replica', () => {
  it.each([
    ['there is enough', [holder('a', 60, false)], 40, { kind: 'start' }],
    ['nothing runs', [], 40, { kind: 'start' }],
    ['it wants more than there is, and nothing else runs', [], 400, { kind: 'start' }],
    ['others are busy', [holder('a', 61, false)], 40, { kind: 'wait' }],
    [
      'what is idle would not be enough',
      [holder('a', 90, false), holder('b', 5, true)],
      40,
      { kind: 'wait' },
    ],
    [
      'what is idle is enough: the longest unused first, and no more than needed',
      [holder('young', 30, true, 9), holder('old', 30, true, 1), holder('middle', 30, true, 5)],
      40,
      { kind: 'evict', ids: ['old'] },
    ],
    [
      'several must go',
      [holder('young', 30, true, 9), holder('old', 30, true, 1), holder('busy', 30, false, 0)],
      50,
      { kind: 'evict', ids: ['old', 'young'] },
    ],
  ])('is decided where %s', (_case, holders, needed, decision) => {
    expect(decideStart(holders, needed, 100)).toEqual(decision);
  });
});
