import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { parseArtifactPath } from './artifact-path.ts';

describe('parseArtifactPath', () => {
  it.each([
    'model/MLmodel',
    'a%20b.txt',
    'a b.txt',
    '100%.txt',
    'größe/日本.png',
    'images/loss+step+1+timestamp+2+x.png',
    'a;b?c=d&e',
    '...',
    '..a/b..',
    '.hidden',
    'ab:c',
    'a'.repeat(255),
  ])('keeps %s as it is', (path) => {
    expect(parseArtifactPath(path)).toBe(path);
  });

  it.each([
    ['nothing', ''],
    ['an absolute path', '/etc/passwd'],
    ['an encoded absolute path', '%2fetc'],
    ['parents', '../../etc/passwd'],
    ['parents inside', 'a/../b'],
    ['parents at the end', 'a/..'],
    ['parents encoded once', '%2e%2e/a'],
    ['parents encoded thrice', '%25252e%25252e%25252fa'],
    ['parents encoded more often than we look', `%${'25'.repeat(12)}2e%2e/a`],
    ['a dot part', './a'],
    ['a dot alone', '.'],
    ['an empty part', 'a//b'],
    ['a trailing slash', 'a/'],
    ['a backslash', 'a\\..\\b'],
    ['an encoded backslash', 'a%5c..%5cb'],
    ['a fragment', 'a#b'],
    ['an encoded fragment', 'a%2523b'],
    ['NUL', 'a\0b'],
    ['encoded NUL', 'a%00b'],
    ['a drive', 'C:/a'],
    ['a drive alone', 'c:'],
    ['a part over 255 bytes', 'é'.repeat(128)],
    ['over 4096 characters', Array.from({ length: 400 }, () => 'abcdefghij').join('/')],
    ['half a surrogate pair', 'a\ud800'],
  ])('refuses %s', (_name, path) => {
    let refusal: unknown;
    try {
      parseArtifactPath(path, 'artifact_path');
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(AppError);
    expect(refusal).toMatchObject({ code: 'InvalidArgument', field: 'artifact_path' });
  });
});
