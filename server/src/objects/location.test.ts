import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { type Location, parseLocation, renderLocation } from './location.ts';

const readable: readonly (readonly [string, Location])[] = [
  ['mlflow-artifacts:/3/ab/artifacts', { kind: 'managed', path: '3/ab/artifacts' }],
  ['mlflow-artifacts:/', { kind: 'managed', path: '' }],
  ['mlflow-artifacts://host:5000/3/x', { kind: 'managed', host: 'host:5000', path: '3/x' }],
  ['mlflow-artifacts:/a%2520b.txt', { kind: 'managed', path: 'a%20b.txt' }],
  ['s3://bucket', { kind: 's3', bucket: 'bucket', prefix: '' }],
  ['s3://bucket/a//b;c%20d', { kind: 's3', bucket: 'bucket', prefix: 'a//b;c%20d' }],
  ['s3://bucket/a?versionId=3', { kind: 's3', bucket: 'bucket', prefix: 'a', query: 'versionId=3' }],
  ['gs://bucket/a/', { kind: 'gs', bucket: 'bucket', prefix: 'a/' }],
  [
    'wasbs://c@acct.blob.core.windows.net/a/b',
    { kind: 'wasbs', container: 'c', account: 'acct', domain: 'blob.core.windows.net', path: 'a/b' },
  ],
  [
    'abfss://fs@acct.dfs.core.windows.net/a',
    { kind: 'abfss', container: 'fs', account: 'acct', domain: 'dfs.core.windows.net', path: 'a' },
  ],
  ['/data/a b', { kind: 'file', path: '/data/a b', uri: false }],
  ['/data/50%', { kind: 'file', path: '/data/50%', uri: false }],
  ['file:///data/50%25', { kind: 'file', path: '/data/50%', uri: true }],
  ['C:/data/x', { kind: 'file', path: 'C:/data/x', uri: false }],
  ['file:///C:/data/x', { kind: 'file', path: 'C:/data/x', uri: true }],
  ['dbfs:/databricks/mlflow', { kind: 'dbfs', authority: '', path: '/databricks/mlflow' }],
  ['dbfs://profile@databricks/a', { kind: 'dbfs', authority: 'profile@databricks', path: '/a' }],
  ['runs:/0af3/model/x', { kind: 'runs', runId: '0af3', path: 'model/x' }],
  ['runs:/0af3', { kind: 'runs', runId: '0af3', path: '' }],
  ['models:/m-0af3', { kind: 'models', model: { by: 'id', modelId: 'm-0af3' } }],
  ['models:/iris/12', { kind: 'models', model: { by: 'version', name: 'iris', version: '12' } }],
  ['models:/iris/Production', { kind: 'models', model: { by: 'stage', name: 'iris', stage: 'Production' } }],
  ['models:/a@b@champion', { kind: 'models', model: { by: 'alias', name: 'a@b', alias: 'champion' } }],
  ['https://host/a/b', { kind: 'other', scheme: 'https', authority: 'host', path: '/a/b' }],
  ['hdfs://nn:8020/a?x=1', { kind: 'other', scheme: 'hdfs', authority: 'nn:8020', path: '/a', query: 'x=1' }],
];

// Numbers are those of the list of known attacks on artifact stores.
const attacks: readonly (readonly [string, string])[] = [
  ['1: plain parent folders', 's3://b/../../etc/passwd'],
  ['2: a source relative to the working folder', '../../etc'],
  ['3: an absolute path behind an empty host', 'file:////etc/passwd'],
  ['4: parents in http', 'http://host/api/2.0/mlflow-artifacts/artifacts/../../../'],
  ['4: parents in mlflow-artifacts', 'mlflow-artifacts://host:5000/../../etc'],
  ['4: parents in file', 'file:///a/../../etc'],
  ['4: parents as the host', 'mlflow-artifacts://../../etc'],
  ['5: backslashes', 'mlflow-artifacts:/\\..\\..\\etc'],
  ['5: encoded backslashes', 's3://b/..%5c..%5cetc'],
  ['5: parents after a drive', 'C:\\data\\..\\..\\etc'],
  ['5: a share of another host', '\\\\server\\share'],
  ['6: a double slash', '//proc/self/root/etc'],
  ['6: a double slash inside', '/data//proc'],
  ['6: a double slash in mlflow-artifacts', 'mlflow-artifacts:////etc/passwd'],
  ['7: encoded once', 'mlflow-artifacts:/%2e%2e/%2e%2e/etc'],
  ['7: encoded twice', 'mlflow-artifacts:/%252e%252e%252fetc'],
  ['7: encoded eleven times', `mlflow-artifacts:/${'%2e%2e'.replaceAll('%', `%${'25'.repeat(11)}`)}/etc`],
  ['7: half encoded', 's3://b/a/.%2e/c'],
  ['8: a fragment', 'http://host/a#/../../etc'],
  ['8: a fragment in a local path', '/data/a#../../etc'],
  ['8: an encoded fragment', 'mlflow-artifacts:/a%23/etc'],
  ['9: parameters', 'mlflow-artifacts:/a;/../../etc'],
  ['9: parameters alone', 'http://host/a;b=c'],
  ['9: encoded parameters', 'file:///a%3bb'],
  ['10: a query with parents', 'http://host/a?b=/../../etc'],
  ['10: an encoded query with parents', 's3://b/a?x=%252e%252e'],
  ['10: a query where no reader expects one', 'mlflow-artifacts:/a?x=1'],
  ['NUL', 'mlflow-artifacts:/a\0b'],
  ['encoded NUL', 'http://host/a%00'],
  ['a line break', 's3://b/a\nb'],
  ['a dot part', '/data/./x'],
  ['a file on another host', 'file://server/share'],
  ['over 2048 characters', `s3://b/${'a'.repeat(2048)}`],
  ['half a surrogate pair', 's3://b/\ud800'],
  ['nothing', ''],
  ['a relative path', 'mlruns/1'],
  ['a scheme without a path', 'mlflow-artifacts:x'],
  ['no bucket', 's3:///a'],
  ['no container', 'wasbs://acct.blob.core.windows.net/a'],
  ['no run', 'runs:/'],
  ['a run of another host', 'runs://host/id'],
  ['no version', 'models:/iris/'],
  ['an empty alias', 'models:/iris@'],
  ['too many parts', 'models:/iris/1/x'],
];

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : 'no AppError';
  }
};

describe('parseLocation', () => {
  it.each(readable)('reads %s and renders it back', (text, location) => {
    expect(parseLocation(text)).toEqual(location);
    expect(renderLocation(location)).toBe(text);
  });

  it.each([
    ['MLFLOW-ARTIFACTS:///a/', 'mlflow-artifacts:/a'],
    ['s3://bucket/', 's3://bucket'],
    ['file:/a/b/', 'file:///a/b'],
    ['file://localhost/a', 'file:///a'],
    ['C:\\data\\x', 'C:/data/x'],
    ['runs:/id/a/', 'runs:/id/a'],
  ])('renders %s in its canonical form', (text, canonical) => {
    expect(renderLocation(parseLocation(text))).toBe(canonical);
  });

  it.each(attacks)('refuses attack %s', (_name, text) => {
    expect(codeOf(() => parseLocation(text))).toBe('InvalidArgument');
  });

  it('counts a relative path from the given folder, but never above it', () => {
    expect(parseLocation('./mlruns/1', { relativeTo: '/srv' })).toEqual({
      kind: 'file',
      path: '/srv/mlruns/1',
      uri: false,
    });
    expect(codeOf(() => parseLocation('a/../../b', { relativeTo: '/srv' }))).toBe('InvalidArgument');
    expect(codeOf(() => parseLocation('%2e%2e/b', { relativeTo: '/srv' }))).toBe('InvalidArgument');
  });

  it('follows ten rounds of percent-encoding and refuses an eleventh', () => {
    const encoded = (times: number) => `s3://b/a%${'25'.repeat(times - 1)}20c`;
    expect(parseLocation(encoded(10))).toMatchObject({ kind: 's3' });
    expect(codeOf(() => parseLocation(encoded(11)))).toBe('InvalidArgument');
  });

  it('names the request field', () => {
    expect(() => parseLocation('', { field: 'source' })).toThrow(
      expect.objectContaining({ field: 'source' }),
    );
  });

  it('gives an equal location after rendering, and no way out, for any text', () => {
    const pieces = ['mlflow-artifacts:', 's3:', 'gs:', 'file:', 'dbfs:', 'runs:', 'models:', 'hdfs:', 'C:']
      .concat([
        'wasbs://c@a.d',
        '//',
        '/',
        '/',
        '/',
        'a',
        'B',
        ' ',
        '.',
        '..',
        '%',
        '%2e',
        '%2f',
        '%25',
        '%5c',
      ])
      .concat(['\\', '?', '#', ';', '@', ':', 'é', '%c3%a9', '%ff', '\0', '1', '-']);
    const random = seeded(20_240_611);
    let read = 0;
    for (let round = 0; round < 100_000; round++) {
      const count = 1 + Math.floor(random() * 10);
      const text = Array.from({ length: count }, () => pieces[Math.floor(random() * pieces.length)]).join('');
      let location: Location;
      try {
        location = parseLocation(text);
      } catch (error) {
        expect(error, text).toMatchObject({ name: 'AppError', code: 'InvalidArgument' });
        continue;
      }
      read++;
      const rendered = renderLocation(location);
      expect(parseLocation(rendered), text).toEqual(location);
      expect(renderLocation(parseLocation(rendered)), text).toBe(rendered);
      expect(leavesItsRoot(rendered), text).toBe(false);
    }
    expect(read).toBeGreaterThan(2_000);
  });
});

/** Asked without the parser's own means: what would any reader see that decodes as often as it likes? */
function leavesItsRoot(text: string): boolean {
  let form = text;
  for (let round = 0; round < 20; round++) {
    if (/(?:^|[/\\])\.\.(?:[/\\]|$)/.test(form) || form.includes('\0')) return true;
    try {
      form = decodeURIComponent(form);
    } catch {
      return false;
    }
  }
  return false;
}

/** mulberry32: a small generator with a seed, so that a failure comes again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
