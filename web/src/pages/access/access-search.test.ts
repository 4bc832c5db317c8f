import { expect, it } from 'vitest';
import { linkTo, readAccessSearch } from './access-search.ts';

it('reads the address of the access page from any text', () => {
  expect(readAccessSearch({ show: 'group', q: 12, id: 7 })).toEqual({ show: 'group', q: '12', id: '7' });
  expect(readAccessSearch({ show: 'everybody', q: '', id: 'x' })).toEqual({});
});

it('writes what it reads', () => {
  expect(readAccessSearch(linkTo('tokens', undefined, 'jane').search)).toEqual({ show: 'tokens', q: 'jane' });
  expect(readAccessSearch(linkTo('user', '9').search)).toEqual({ id: '9' });
});
