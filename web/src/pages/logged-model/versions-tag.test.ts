import { expect, it } from 'vitest';
import { readVersionsTag } from './versions-tag.ts';

it('reads the versions that register a model, each once, the latest first', () => {
  expect(
    readVersionsTag('[{"name":"a","version":1},{"name":"b","version":"12"},{"name":"b","version":12}]'),
  ).toEqual([
    { name: 'b', version: '12' },
    { name: 'a', version: '1' },
  ]);
});

it.each(['', 'x', '{}', '[1,null,{"name":1,"version":2},{"name":"a"}]'])('takes %j as none', (tag) => {
  expect(readVersionsTag(tag)).toEqual([]);
});
