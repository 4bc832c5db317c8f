import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { LOCAL_USER } from '../governance/access.ts';
import type { AppError } from '../kernel/errors.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';
import { createTracking } from '../tracking/conformance/tracking.ts';
import { createRegistry, version } from './conformance/registry.ts';
import { closeVersionFiles, keepLoggedModel, keepVersionFiles } from './version-files.ts';

describe.each(testedDatabases())('files of versions on $name', (database) => {
  let opened: OpenedDatabase;
  let experimentNo: number;
  const runs: string[] = [];

  beforeAll(async () => {
    opened = await database.open();
    const tracking = createTracking(opened.db);
    const registry = createRegistry(opened.db);
    experimentNo = await tracking.experiments.create({ name: 'e', tags: [] });
    for (let i = 0; i < 3; i++) {
      runs.push((await tracking.runs.create({ experimentNo, tags: [] })).run.runId);
    }
    const { row: model } = await tracking.loggedModels.create({
      experimentNo,
      name: 'm',
      modelType: undefined,
      sourceRunId: undefined,
      params: [],
      tags: [],
    });
    await registry.models.create({ name: 'n', description: '', tags: [] });
    const register = (source: string, runId?: string, modelId?: string) =>
      registry.versions.create({ ...version('n', source), runId, modelId });
    await register(`mlflow-artifacts:/${experimentNo}/${runs[0]}/artifacts/50%25 off/model`, runs[0]);
    await register(`runs:/${runs[1]}/nested/model`, runs[1]);
    await register(`models:/${model.model_id}`, undefined, model.model_id);
    await register('s3://elsewhere/model');
    await register(`MLflow-Artifacts:/${experimentNo}/${runs[2]}/artifacts/od%64/model/`, runs[2]);
    await register(`runs:/${runs[2]}/late/`, runs[2]);
    modelId = model.model_id;
  });
  let modelId = '';
  afterAll(() => opened.remove());

  /** The number of the version that is found at a path, as the log tells it; the refusal itself names none. */
  const at = async (path: string, guard = keepVersionFiles): Promise<number | undefined> => {
    try {
      await opened.db.read((sql) => guard(sql, parseArtifactPath(path)));
      return undefined;
    } catch (error) {
      const { message, cause } = error as AppError;
      expect(message).not.toContain("'n'");
      return Number(/^Version (\d+) of the registered model 'n'/.exec((cause as Error).message)?.[1]);
    }
  };

  it('are found at, below and above a place of the proxy', async () => {
    const root = `${experimentNo}/${runs[0]}/artifacts`;
    for (const path of ['50% off/model', '50% off/model/MLmodel', '50% off/model/a/b/c', '50% off']) {
      expect([path, await at(`${root}/${path}`)]).toEqual([path, 1]);
    }
    for (const path of [root, `${experimentNo}/${runs[0]}`])
      expect([path, await at(path)]).toEqual([path, 1]);
    for (const path of ['50% off/model2', '50% off/mode', '50% off/model.txt', 'other']) {
      expect([path, await at(`${root}/${path}`)]).toEqual([path, undefined]);
    }
  });

  it('are found where the version says only the run', async () => {
    const root = `${experimentNo}/${runs[1]}/artifacts`;
    for (const path of ['nested/model', 'nested/model/MLmodel', 'nested']) {
      expect([path, await at(`${root}/${path}`)]).toEqual([path, 2]);
    }
    for (const path of [root, `${experimentNo}/${runs[1]}`])
      expect([path, await at(path)]).toEqual([path, 2]);
    expect(await at(`${root}/nested/model2`)).toBeUndefined();
    expect(await at(`${experimentNo}/${runs[2]}/artifacts/nested/model`)).toBeUndefined();
  });

  it('are found however the source was written', async () => {
    const root = `${experimentNo}/${runs[2]}/artifacts`;
    expect(await at(`${root}/odd/model/MLmodel`)).toBe(5);
    expect(await at(`${root}/late/MLmodel`)).toBe(6);
    expect(await at(`${root}/od%64/model/MLmodel`)).toBeUndefined();
  });

  it('take none among them, and leave the folders above them free', async () => {
    const added = (path: string) => at(path, closeVersionFiles);
    const [proxied, ofRun, spelled] = runs.map((id) => `${experimentNo}/${id}/artifacts`);
    expect(await added(`${proxied}/50% off/model/code/yaml.py`)).toBe(1);
    expect(await added(`${proxied}/50% off/model`)).toBe(1);
    expect(await added(`${ofRun}/nested/model/new`)).toBe(2);
    expect(await added(`${experimentNo}/models/${modelId}/artifacts/new`)).toBe(3);
    expect(await added(`${spelled}/odd/model/new`)).toBe(5);
    expect(await added(`${spelled}/late/new`)).toBe(6);
    for (const path of ['50% off/new', '50% off/model2/new', 'new']) {
      expect([path, await added(`${proxied}/${path}`)]).toEqual([path, undefined]);
    }
    for (const path of [
      `${ofRun}/nested/new`,
      `${experimentNo}/models/${modelId}/new`,
      String(experimentNo),
    ]) {
      expect([path, await added(path)]).toEqual([path, undefined]);
    }
  });

  it('are found in the folder of a logged model and in that of the whole experiment', async () => {
    expect(await at(`${experimentNo}/models/${modelId}/artifacts/MLmodel`)).toBe(3);
    expect(await at(`${experimentNo}/models/${modelId}`)).toBe(3);
    expect(await at(String(experimentNo))).toBeDefined();
    expect(await at(`${experimentNo}0`)).toBeUndefined();
    await expect(opened.db.read((sql) => keepLoggedModel(sql, modelId))).rejects.toMatchObject({
      code: 'Conflict',
    });
    await opened.db.read((sql) => keepLoggedModel(sql, `${modelId}0`));
  });

  it('keep no logged model that a version only says it was made from, having files of its own', async () => {
    const tracking = createTracking(opened.db);
    const { row } = await tracking.loggedModels.create({
      experimentNo,
      name: 'of somebody else',
      modelType: undefined,
      sourceRunId: undefined,
      params: [],
      tags: [],
    });
    const registry = createRegistry(opened.db);
    const sent = {
      name: 'n',
      source: 'x',
      runId: undefined,
      mayLink: false,
      description: null,
      tags: [],
      by: LOCAL_USER,
      runWorkspaceId: null,
      dependencies: null,
    };
    const claimed = await registry.versions.createUploaded({ ...sent, modelId: row.model_id });
    expect(claimed.row.logged_model_id).toBe(row.model_id);
    await opened.db.read((sql) => keepLoggedModel(sql, row.model_id));
  });
});
