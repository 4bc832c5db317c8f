import { expect, it } from 'vitest';
import { newName, runningServer } from './running-server.ts';

const server = runningServer();

it('makes endpoints, gives them tags and models, lists and deletes them', async () => {
  const { registeredModels, modelVersions, servingEndpoints, runs, experiments } = server.client;
  const name = newName('endpoint');
  const made = await servingEndpoints
    .create({
      name,
      entities: [{ modelName: 'churn', version: '1' }],
    })
    .catch((error: unknown) => error);
  expect(made).toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });

  const model = newName('model');
  await registeredModels.create({ name: model });
  const run = await runs.create({ experimentId: await experiments.create({ name: newName('experiment') }) });
  await run.end();
  await modelVersions.create({ name: model, source: `${run.artifactUri}/model`, runId: run.runId });
  const created = await servingEndpoints.create({
    name,
    tags: { team: 'a' },
    entities: [
      { modelName: model, version: '1', scaleToZero: true, workloadSize: 'Medium', environment: { A: 'b' } },
      { name: 'other', modelName: model, version: '1', minConcurrency: 1, maxConcurrency: 2 },
    ],
    traffic: [
      { entity: `${model}-1`, percent: 90 },
      { entity: 'other', percent: 10 },
    ],
  });
  expect(created).toMatchObject({ name, isReady: false, update: 'IN_PROGRESS', tags: { team: 'a' } });
  expect(created.pendingConfig).toMatchObject({
    version: 1,
    entities: [
      { name: `${model}-1`, modelName: model, version: '1', scaleToZero: true, environment: { A: 'b' } },
      { name: 'other', scaleToZero: false, workloadSize: undefined },
    ],
    traffic: [
      { entity: `${model}-1`, percent: 90 },
      { entity: 'other', percent: 10 },
    ],
  });
  expect(await servingEndpoints.changeTags(name, { set: { tier: 'gold' }, remove: ['team'] })).toEqual({
    tier: 'gold',
  });
  expect((await servingEndpoints.list()).map((each) => each.name)).toContain(name);

  // There is no model behind it: that is what the endpoint says in the end.
  await expect
    .poll(async () => (await servingEndpoints.get(name)).update, { timeout: 20_000 })
    .toBe('UPDATE_FAILED');
  const failed = await servingEndpoints.get(name);
  expect(failed.pendingConfig?.entities.map(({ state }) => state)).toContain('FAILED');
  expect(failed.updateMessage).not.toBe('');
  await expect(
    servingEndpoints.updateConfig(name, { entities: [{ modelName: model, version: '7' }] }),
  ).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });

  await servingEndpoints.delete(name);
  await expect(servingEndpoints.get(name)).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
});

it('says why an endpoint does not answer', async () => {
  await expect(server.client.servingEndpoints.query('nobody', { inputs: [[1]] })).rejects.toMatchObject({
    status: 404,
  });
});
