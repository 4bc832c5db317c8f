import { expect, it } from 'vitest';
import { foldersAbove, type LoadedFolder, treeRows } from './tree-rows.ts';

const file = (path: string) => ({ path, isFolder: false, sizeBytes: 1 });
const folder = (path: string) => ({ path, isFolder: true, sizeBytes: undefined });
const loaded = (...entries: LoadedFolder['entries'] & object): LoadedFolder => ({
  entries,
  isCut: false,
  hasFailed: false,
});

it('lists open folders with what is in them, each a level deeper', () => {
  const folders = new Map([
    ['', loaded(folder('a'), folder('c'), file('x.txt'))],
    ['a', loaded(file('a/b.txt'))],
  ]);
  const rows = treeRows(
    (path) => folders.get(path),
    (path) => path === 'a',
  );
  expect(rows.map(({ name, level, kind, isOpen }) => [name, level, kind, isOpen])).toEqual([
    ['a', 1, 'folder', true],
    ['b.txt', 2, 'file', false],
    ['c', 1, 'folder', false],
    ['x.txt', 1, 'file', false],
  ]);
});

it('says what is on its way, what failed and what is left out', () => {
  const folders = new Map([
    ['', { ...loaded(folder('a'), folder('b')), isCut: true }],
    ['b', { entries: undefined, isCut: false, hasFailed: true }],
  ]);
  const rows = treeRows(
    (path) => folders.get(path),
    () => true,
  );
  expect(rows.map(({ name }) => name)).toEqual([
    'a',
    'Loading…',
    'b',
    'This folder could not be read',
    'The first 2 are shown; there are more',
  ]);
  expect(new Set(rows.map(({ path }) => path)).size).toBe(rows.length);
});

it('shows pictures that were logged by step as one line a key', () => {
  const name = (key: string, step: number) => `images/${key}+step+${step}+timestamp+1+u-${step}.png`;
  const folders = new Map([['', loaded(file(name('s', 0)), file(name('s', 1)), file('images/t.png'))]]);
  const rows = treeRows(
    (path) => folders.get(path),
    () => false,
  );
  expect(rows.map(({ name: shown, kind, count }) => [shown, kind, count])).toEqual([
    ['s', 'series', 2],
    ['t.png', 'file', undefined],
  ]);
});

it('names the folders above a path from the root down', () => {
  expect(foldersAbove('a/b/c.txt')).toEqual(['a', 'a/b']);
  expect(foldersAbove('c.txt')).toEqual([]);
});
