import { describe, expect, it } from 'vitest';
import {
  artifactOfDbfs,
  type DatabricksDesign,
  dbfsOfArtifact,
  readOwnLocation,
  readShownLocation,
  showLocation,
} from './dbfs-paths.ts';

const DESIGNS: readonly DatabricksDesign[] = ['dbfs', 'files-api'];

const WORDS = [
  'mlflow-artifacts',
  'databricks',
  'mlflow-tracking',
  'Volumes',
  'dbfs',
  'models',
  'logged_models',
  'artifacts',
  '0',
  '12',
  'm-1',
  'a b',
  'a%20b',
  '?',
  '',
  'é',
];

/** Every path of up to four of the words, which holds all mixtures of what has a meaning. */
const paths: readonly string[] = [1, 2, 3, 4].flatMap((parts) =>
  Array.from({ length: WORDS.length ** parts }, (_, n) =>
    Array.from({ length: parts }, (_, i) => WORDS[Math.floor(n / WORDS.length ** i) % WORDS.length]).join(
      '/',
    ),
  ),
);

describe('paths in DBFS', () => {
  it.each([
    ['1/abc/artifacts', 'mlflow-artifacts/1/abc/artifacts', 'databricks/mlflow-tracking/1/abc/artifacts'],
    [
      '1/models/m-1/artifacts',
      'mlflow-artifacts/1/models/m-1/artifacts',
      'databricks/mlflow-tracking/1/logged_models/m-1/artifacts',
    ],
    ['1', 'mlflow-artifacts/1', 'databricks/mlflow-tracking/1'],
    ['1/logged_models/x', 'mlflow-artifacts/1/logged_models/x', 'mlflow-artifacts/1/logged_models/x'],
    ['team/a', 'mlflow-artifacts/team/a', 'mlflow-artifacts/team/a'],
    ['dbfs/some/where', 'some/where', 'some/where'],
    ['dbfs/Volumes/c/s/v', 'mlflow-artifacts/dbfs/Volumes/c/s/v', 'mlflow-artifacts/dbfs/Volumes/c/s/v'],
    [
      'dbfs/mlflow-artifacts/1',
      'mlflow-artifacts/dbfs/mlflow-artifacts/1',
      'mlflow-artifacts/dbfs/mlflow-artifacts/1',
    ],
    ['', 'mlflow-artifacts', 'mlflow-artifacts'],
  ])('show %j as %j, or %j', (artifact, dbfs, filesApi) => {
    expect(dbfsOfArtifact(artifact, 'dbfs')).toBe(dbfs);
    expect(dbfsOfArtifact(artifact, 'files-api')).toBe(filesApi);
    expect(artifactOfDbfs(dbfs)).toBe(artifact);
    expect(artifactOfDbfs(filesApi)).toBe(artifact);
  });

  it.each(DESIGNS)('lead back to every artifact, each under one name (%s)', (design) => {
    const artifacts = paths.filter((path) => !path.startsWith('/'));
    expect(
      artifacts.filter((artifact) => artifactOfDbfs(dbfsOfArtifact(artifact, design)) !== artifact),
    ).toEqual([]);
    expect(new Set(artifacts.map((artifact) => dbfsOfArtifact(artifact, design))).size).toBe(
      new Set(artifacts).size,
    );
  });

  it.each(DESIGNS)('are shown again as they were shown (%s)', (design) => {
    const wrong = paths.filter((dbfs) => {
      const artifact = artifactOfDbfs(dbfs);
      if (artifact === undefined) return false;
      const shown = dbfsOfArtifact(artifact, design);
      return dbfsOfArtifact(artifactOfDbfs(shown)!, design) !== shown;
    });
    expect(wrong).toEqual([]);
  });
});

describe('locations for clients of Databricks', () => {
  it.each(DESIGNS)('come back as they are kept, whatever they hold (%s)', (design) => {
    const wrong = paths.filter((path) => {
      const kept = `mlflow-artifacts:/${path.replace(/^\/+/, '')}`;
      const shown = showLocation(kept, design);
      return !shown.startsWith('dbfs:/') || readShownLocation(shown) !== kept;
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    's3://b/a',
    'file:///a',
    'runs:/1/m',
    'models:/m-1',
    'mlflow-artifacts://host/a',
    '',
    'dbfs:/Volumes/c/s/v/x',
  ])('leave %s as it is', (text) => {
    expect(showLocation(text, 'dbfs')).toBe(text);
    expect(readShownLocation(text)).toBe(text);
    expect(readOwnLocation(text)).toBe(text);
  });

  it('take a profile for nothing but a profile', () => {
    expect(readShownLocation('dbfs://me@databricks/mlflow-artifacts/1/r/artifacts')).toBe(
      'mlflow-artifacts:/1/r/artifacts',
    );
    expect(readShownLocation('dbfs://databricks/x')).toBe('mlflow-artifacts:/dbfs/x');
    expect(readShownLocation('dbfs://evil.example/mlflow-artifacts/1')).toBe(
      'dbfs://evil.example/mlflow-artifacts/1',
    );
  });

  it('never make a host of a path', () => {
    expect(readShownLocation('dbfs:/mlflow-artifacts//evil.example/x')).toBe(
      'dbfs:/mlflow-artifacts//evil.example/x',
    );
    expect(readShownLocation('dbfs://evil.example/x')).toBe('dbfs://evil.example/x');
    expect(readShownLocation('dbfs:///x')).toBe('dbfs:///x');
  });

  it('mean ours to other clients only in the form that we show', () => {
    expect(readOwnLocation('dbfs:/mlflow-artifacts/1/r/artifacts')).toBe('mlflow-artifacts:/1/r/artifacts');
    expect(readOwnLocation('DBFS:/mlflow-artifacts/1')).toBe('mlflow-artifacts:/1');
    expect(readOwnLocation('dbfs:/my/own')).toBe('dbfs:/my/own');
  });
});
