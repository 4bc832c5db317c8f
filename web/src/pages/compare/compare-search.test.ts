import { expect, it } from 'vitest';
import { readCompareSearch, writeCompareSearch } from './compare-search.ts';

it('keeps every part of what is shown in the address', () => {
  const search = {
    runs: 'a1,b2',
    versions: 'my%2Cmodel/3',
    tab: 'artifacts',
    base: 'b2',
    equal: 1,
    folder: 'images',
    file: 'images/x.png',
    step: 5,
    other: 'a1',
    charts: { columns: 2 },
    hide: 'b2',
  };
  const read = readCompareSearch(search);
  expect(read.versions).toEqual([{ name: 'my,model', version: '3' }]);
  expect(writeCompareSearch(read)).toEqual(search);
});

it('says nothing that is as usual', () => {
  expect(writeCompareSearch(readCompareSearch({ runs: 'a1', charts: {} }))).toEqual({ runs: 'a1' });
});

it('tolerates whatever stands in an address', () => {
  const read = readCompareSearch({
    runs: 'a1,,a1,<b>,',
    versions: 'x,/2,a/b,%E0%A4%A/1',
    tab: 'nowhere',
    base: {},
    step: 'x',
  });
  expect(read).toMatchObject({
    runIds: ['a1'],
    versions: [],
    tab: 'table',
    base: undefined,
    step: undefined,
  });
});
