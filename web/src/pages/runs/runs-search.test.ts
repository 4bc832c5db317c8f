import { expect, it } from 'vitest';
import { readRunsSearch, writeRunsSearch } from './runs-search.ts';
import { readTexts, writeTexts } from './text-list.ts';

const usual = readRunsSearch({});

it('writes nothing for a page as it usually is', () => {
  expect(writeRunsSearch(usual)).toEqual({});
});

it('reads what it wrote, whatever letters the keys have', () => {
  const state = {
    ...usual,
    ids: ['3', '12'],
    filter: "params.`a~b!` = '~' AND metrics.acc > 0.5",
    sort: [
      { id: 'm.val/acc~!', isDescending: true },
      { id: 'name', isDescending: false },
    ],
    columns: ['m.val/acc~!', 'p.a.b', 's.loss', 'h.min.loss', 'h.at.-5.a.b', 'a.status', 't.-x'],
    pinned: ['m.val/acc~!'],
    widths: new Map([['m.val/acc~!', 140]]),
    groupBy: ['params.model', 'tags.a~b'],
    isFlat: true,
    expanded: ['*'],
    stage: 'deleted' as const,
    mode: 'both' as const,
    split: 35,
    isCompact: true,
    run: '0123456789abcdef0123456789abcdef',
    view: '7',
    charts: { sections: [1] },
  };
  expect(readRunsSearch(writeRunsSearch(state))).toEqual(state);
});

it('keeps a table of no columns apart from one of the usual columns', () => {
  expect(readRunsSearch(writeRunsSearch({ ...usual, columns: [] })).columns).toEqual([]);
});

it('takes what it understands of a broken address', () => {
  const state = readRunsSearch({
    cols: 'm.acc~x.y~a.nothing~p.~h.mean.acc~h.min.',
    split: 'half',
    sort: 'acc~-m.acc',
    state: 'gone',
    mode: ['both'],
    run: '../../etc',
    ids: '1,abc,,1',
    group: 'metrics.acc~params.model',
    w: 'wide~99999m.acc~120m.acc',
  });
  expect(state).toEqual({
    ...usual,
    ids: ['1'],
    columns: ['m.acc'],
    sort: [{ id: 'm.acc', isDescending: true }],
    groupBy: ['params.model'],
    widths: new Map([
      ['9m.acc', 9999],
      ['m.acc', 120],
    ]),
  });
});

it('joins and splits texts with any letters', () => {
  for (const texts of [[], ['a'], ['~', '!', '!~'], ['a!b~c', 'd']]) {
    expect(readTexts(writeTexts(texts))).toEqual(texts);
  }
});
