import { describe, expect, it } from 'vitest';
import type { Caller } from './mlflow/routes.ts';
import { createShownLocations } from './shown-locations.ts';

const databricks = { client: 'databricks' } as Caller;
const mlflow = { client: 'mlflow' } as Caller;
const locations = createShownLocations('dbfs');

describe('locations in answers', () => {
  const answer = {
    run: {
      info: { artifact_uri: 'mlflow-artifacts:/1/r/artifacts', status: 'RUNNING' },
      data: { tags: [{ key: 'note', value: 'mlflow-artifacts:/1/r' }] },
      inputs: { dataset_inputs: [{ dataset: { source: 'mlflow-artifacts:/1/data' } }] },
    },
  };

  it('are those that the client of Databricks can use, and no other text changes', () => {
    expect(locations.show(answer, databricks)).toEqual({
      run: {
        ...answer.run,
        info: { artifact_uri: 'dbfs:/mlflow-artifacts/1/r/artifacts', status: 'RUNNING' },
      },
    });
    expect(locations.show(answer, mlflow)).toBe(answer);
  });

  it('are changed in a copy: what was rendered may be shared', () => {
    locations.show(answer, databricks);
    expect(answer.run.info.artifact_uri).toBe('mlflow-artifacts:/1/r/artifacts');
    const plain = { metrics: [{ key: 'a', value: JSON.rawJSON('12345678901234567890') }] };
    expect(locations.show(plain, databricks)).toBe(plain);
  });

  it('are found in JSON that is text already, also with letters that are escaped there', () => {
    const json = JSON.stringify({
      info: { artifact_uri: 'mlflow-artifacts:/1/a"b\\c/r' },
      note: '"artifact_uri":"mlflow-artifacts:/x"',
    });
    expect(JSON.parse(locations.showText(json, databricks))).toEqual({
      info: { artifact_uri: 'dbfs:/mlflow-artifacts/1/a"b\\c/r' },
      note: '"artifact_uri":"mlflow-artifacts:/x"',
    });
    expect(locations.showText(json, mlflow)).toBe(json);
  });

  it('are the source of a version and the tag of a trace', () => {
    expect(
      locations.show(
        {
          version: '1',
          source: 'mlflow-artifacts:/1/r/artifacts/m',
          tags: { 'mlflow.artifactLocation': 'mlflow-artifacts:/1/t' },
        },
        databricks,
      ),
    ).toEqual({
      version: '1',
      source: 'dbfs:/mlflow-artifacts/1/r/artifacts/m',
      tags: { 'mlflow.artifactLocation': 'dbfs:/mlflow-artifacts/1/t' },
    });
  });
});

describe('locations in requests', () => {
  it('come back as they are kept', () => {
    expect(
      locations.read({ source: 'dbfs:/mlflow-artifacts/1/r/artifacts/m', name: 'dbfs:/x' }, databricks),
    ).toEqual({
      source: 'mlflow-artifacts:/1/r/artifacts/m',
      name: 'dbfs:/x',
    });
    expect(locations.read({ artifact_location: 'dbfs:/own/place' }, databricks)).toEqual({
      artifact_location: 'mlflow-artifacts:/dbfs/own/place',
    });
    expect(locations.read({ artifact_location: 'dbfs:/own/place' }, mlflow)).toEqual({
      artifact_location: 'dbfs:/own/place',
    });
  });

  it.each([
    [
      "artifact_uri = 'dbfs:/mlflow-artifacts/1/r/artifacts'",
      "artifact_uri = 'mlflow-artifacts:/1/r/artifacts'",
    ],
    [
      'attributes.artifact_uri != "dbfs:/mlflow-artifacts/1"',
      'attributes.artifact_uri != "mlflow-artifacts:/1"',
    ],
    [
      "source_path IN ('dbfs:/mlflow-artifacts/1', 's3://b')",
      "source_path IN ('mlflow-artifacts:/1', 's3://b')",
    ],
    ["artifact_uri LIKE 'dbfs:/mlflow-artifacts/1/%'", "artifact_uri LIKE 'mlflow-artifacts:/1/%'"],
    ["artifact_uri LIKE 'dbfs:/%/artifacts'", "artifact_uri LIKE 'mlflow-artifacts:/%/artifacts'"],
    ["tags.a = 'dbfs:/mlflow-artifacts/1'", "tags.a = 'dbfs:/mlflow-artifacts/1'"],
    [
      "tags.a = 'x' AND artifact_uri = 'dbfs:/mlflow-artifacts/1' AND params.b = 'dbfs:/mlflow-artifacts/2'",
      "tags.a = 'x' AND artifact_uri = 'mlflow-artifacts:/1' AND params.b = 'dbfs:/mlflow-artifacts/2'",
    ],
    ["artifact_uri = 'dbfs:/mlflow-artifacts/1", "artifact_uri = 'dbfs:/mlflow-artifacts/1"],
  ])('in the filter %s', (filter, kept) => {
    expect(locations.read({ filter }, databricks)).toEqual({ filter: kept });
  });
});
