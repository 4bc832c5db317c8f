import { describe, expect, it } from 'vitest';
import {
  checkAlias,
  checkAliasIsFree,
  checkModelName,
  checkTags,
  parseStage,
  parseVersion,
} from './model-rules.ts';

describe('names of models', () => {
  it.each(['a', 'A b', 'a.b.c', 'modèle', '.hidden', 'x'.repeat(256)])('accepts %j', (name) => {
    expect(() => checkModelName(name)).not.toThrow();
  });

  it.each(['', ' ', 'a/b', 'a:b', '.', '..', '..x', 'x'.repeat(257)])('refuses %j', (name) => {
    expect(() => checkModelName(name)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});

describe('aliases', () => {
  it.each(['champion', 'a-b_c', 'v1a', 'V', 'x'.repeat(255)])('accepts %j', (alias) => {
    expect(() => {
      checkAlias(alias);
      checkAliasIsFree(alias);
    }).not.toThrow();
  });

  it.each(['', 'a b', 'a.b', 'a/b', 'latest', 'LaTest', 'v1', 'V23', 'x'.repeat(256)])(
    'refuses %j',
    (alias) => {
      expect(() => {
        checkAlias(alias);
        checkAliasIsFree(alias);
      }).toThrow(expect.objectContaining({ code: 'InvalidArgument', field: 'alias' }));
    },
  );
});

describe('stages, versions and tags', () => {
  it.each([
    ['production', 'Production'],
    ['NONE', 'None'],
    ['Archived', 'Archived'],
  ])('reads the stage %s as %s', (text, stage) => {
    expect(parseStage(text)).toBe(stage);
  });

  it.each(['Deleted_Internal', 'live', ''])('refuses the stage %j', (text) => {
    expect(() => parseStage(text)).toThrow('Value must be one of None, Staging, Production, Archived');
  });

  it.each(['x', '1.5', '', '1e3', '9'.repeat(16)])('refuses the version %j', (text) => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ field: 'version' }));
  });

  it('lets the last of equal tag keys win, and names a bad tag by its place', () => {
    expect(
      checkTags([
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ]),
    ).toEqual(new Map([['a', '2']]));
    expect(() =>
      checkTags([
        { key: 'a', value: '1' },
        { key: '/', value: '2' },
      ]),
    ).toThrow(expect.objectContaining({ field: 'tags[1].key' }));
    expect(() => checkTags([{ key: 'a', value: 'x'.repeat(100_001) }])).toThrow('100000');
  });
});
