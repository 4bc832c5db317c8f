import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { parseDbfsPath, parseFilesPath, renderFilesPath } from './file-places.ts';

const codeOf = (read: () => unknown): string | undefined => {
  try {
    read();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return undefined;
};

describe('paths of the Files API', () => {
  it.each([
    '/Volumes/main/default/data/a/b.csv',
    '/Volumes/main/default/data',
    '/Models/prod/ml/fraud_score/3/MLmodel',
    '/Models/prod/ml/fraud_score/3',
    '/WorkspaceInternal/Mlflow/Artifacts/1/Runs/abc/artifacts/notes/a.txt',
    '/WorkspaceInternal/Mlflow/Artifacts/1/LoggedModels/m-1/artifacts/MLmodel',
  ])('%s is what it is shown as', (text) => {
    expect(renderFilesPath(parseFilesPath(text))).toBe(text);
    expect(parseFilesPath(`${text}/`)).toEqual(parseFilesPath(text));
    expect(parseFilesPath(text.slice(1))).toEqual(parseFilesPath(text));
  });

  it('name the artifacts of runs and of logged models', () => {
    expect(parseFilesPath('/WorkspaceInternal/Mlflow/Artifacts/7/Runs/abc/artifacts/x')).toEqual({
      kind: 'artifact',
      path: '7/abc/artifacts/x',
    });
    expect(parseFilesPath('/WorkspaceInternal/Mlflow/Artifacts/7/LoggedModels/m-1/artifacts')).toEqual({
      kind: 'artifact',
      path: '7/models/m-1/artifacts',
    });
  });

  it.each([
    '/Volumes',
    '/Volumes/main/default',
    '/Models/prod/ml/m',
    '/WorkspaceInternal/Mlflow/Artifacts/1/Runs',
  ])('find no files at %s', (text) => {
    expect(codeOf(() => parseFilesPath(text))).toBe('NotFound');
  });

  const ATTACKS = [
    '/Volumes/main/default/data/../../other',
    '/Volumes/main/default/data/%2e%2e/x',
    '/Volumes/main/default/data/%252e%252e/x',
    '/Volumes/main/default/data/a%2f..%2fb',
    '/Volumes/main/default/data/a\\..\\b',
    '/Volumes/main/default/data//etc/passwd',
    '/Volumes/main/default/../../../Models/a/b/c/1',
    '/Volumes/./default/data/x',
    '/Models/prod/ml/m/1/../2/MLmodel',
    '/Models/prod/ml/m/1#/../../x',
    '/Models/prod/ml/m/latest/MLmodel',
    '/Models/prod/ml/m/01/MLmodel',
    '//proc/self/root/etc/passwd',
    '/etc/passwd',
    'C:/windows/x',
    '/Volumes/a/b/c/\0',
  ];
  it.each(ATTACKS)('refuse %j', (text) => {
    expect(codeOf(() => parseFilesPath(text))).toBe('InvalidArgument');
  });

  it.each([
    '/../etc/passwd',
    '/a/%2e%2e/b',
    '/a\\b',
    '//etc/passwd',
    'etc/passwd',
    '/a#b',
    '/mlflow-artifacts//x',
  ])('of DBFS refuse %j', (text) => {
    expect(codeOf(() => parseDbfsPath(text))).toBe('InvalidArgument');
  });
});

describe('paths of DBFS', () => {
  it.each([
    ['/mlflow-artifacts/1/r/artifacts/a.txt', { kind: 'artifact', path: '1/r/artifacts/a.txt' }],
    ['dbfs:/tmp/x', { kind: 'artifact', path: 'dbfs/tmp/x' }],
    ['/tmp/x/', { kind: 'artifact', path: 'dbfs/tmp/x' }],
    ['/', { kind: 'artifact', path: 'dbfs' }],
    [
      'dbfs:/Volumes/main/default/data/x',
      { kind: 'volume', volume: { catalog: 'main', schema: 'default', name: 'data' }, path: 'x' },
    ],
  ])('%s', (text, place) => {
    expect(parseDbfsPath(text)).toEqual(place);
  });

  it('keep parameters, which no reader splits off, as part of the name', () => {
    expect(parseDbfsPath('/tmp/a;b')).toEqual({ kind: 'artifact', path: 'dbfs/tmp/a;b' });
  });
});
