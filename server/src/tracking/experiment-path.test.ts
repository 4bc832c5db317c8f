import { describe, expect, it } from 'vitest';
import { folderEnd, folderKey, nameOfFolder, parseExperimentPath, parseFolder } from './experiment-path.ts';

const CASES: ReadonlyArray<readonly [name: string, folders: readonly string[], leaf: string]> = [
  ['plain', [], 'plain'],
  ['/Users/jane@acme.com/fraud', ['/Users', '/Users/jane@acme.com'], 'fraud'],
  ['team/vision/run-1', ['team', 'team/vision'], 'run-1'],
  ['/top', [], '/top'],
  ['team/', [], 'team/'],
  ['team/x/', ['team'], 'x/'],
  ['team//x', ['team'], '/x'],
  ['team//x/y', ['team', 'team//x'], 'y'],
  ['//a/b', ['//a'], 'b'],
  ['a//', [], 'a//'],
  ['/', [], '/'],
  ['///', [], '///'],
  ['a/../b', ['a', 'a/..'], 'b'],
  ['./a', ['.'], 'a'],
  ['🦊/🚀/x', ['🦊', '🦊/🚀'], 'x'],
  ['משתמשים/דנה/ניסוי', ['משתמשים', 'משתמשים/דנה'], 'ניסוי'],
  [' / ', [' '], ' '],
  ['a\\b', [], 'a\\b'],
];

describe('the path in an experiment’s name', () => {
  it.each(CASES)('%j', (name, folders, leaf) => {
    expect(parseExperimentPath(name)).toEqual({ folders, leaf });
  });

  it('is the name again when its parts are put together', () => {
    for (const [name] of CASES) {
      const { folders, leaf } = parseExperimentPath(name);
      expect(folderKey(folders.at(-1) ?? '') + leaf).toBe(name);
    }
  });

  it('has a chain in which each folder is directly in the one before', () => {
    for (const [name] of CASES) {
      const { folders } = parseExperimentPath(name);
      folders.forEach((folder, i) => {
        expect(parseExperimentPath(folder).folders).toEqual(folders.slice(0, i));
        expect(folderKey(folders[i - 1] ?? '') + nameOfFolder(folder)).toBe(folder);
        expect(folderKey(folder) < name && name < folderEnd(folder)).toBe(true);
      });
    }
  });
});

describe('a folder as callers name it', () => {
  it('may end with slashes, and slashes alone are the top level', () => {
    expect(['/Users/', '/Users', 'a//', '', '/', '//'].map((text) => parseFolder(text, 'parent'))).toEqual([
      '/Users',
      '/Users',
      'a',
      '',
      '',
      '',
    ]);
  });

  it('is refused where no name could be in it', () => {
    expect(() => parseFolder('x'.repeat(499), 'parent')).toThrow(/parent/);
    expect(parseFolder('🦊'.repeat(498), 'parent')).toHaveLength(996);
  });
});
