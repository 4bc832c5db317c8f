import { expect, it } from 'vitest';
import { newName, runningServer } from './running-server.ts';

const server = runningServer({ args: ['--webhooks-allow-http', 'true', '--webhooks-allow-private', 'true'] });

it('registers models with tags and finds them again', async () => {
  const { registeredModels } = server.client;
  const name = newName('model');
  await registeredModels.create({ name, description: 'sorts flowers', tags: { team: 'a' } });
  await registeredModels.setTag(name, { key: 'stage', value: 'x' });
  await registeredModels.deleteTag(name, 'team');
  await registeredModels.update(name, { description: 'sorts better' });
  const renamed = await registeredModels.rename(name, `${name}-renamed`);
  expect(renamed).toMatchObject({
    name: `${name}-renamed`,
    description: 'sorts better',
    tags: { stage: 'x' },
  });
  const found = registeredModels.search({ filter: `name LIKE '${name}%'`, orderBy: ['name DESC'] });
  expect((await found.toArray()).map((model) => model.name)).toEqual([`${name}-renamed`]);
  await expect(registeredModels.create({ name: `${name}-renamed` })).rejects.toMatchObject({
    errorCode: 'RESOURCE_ALREADY_EXISTS',
  });
  await registeredModels.delete(`${name}-renamed`);
  await expect(registeredModels.get(`${name}-renamed`)).rejects.toMatchObject({
    errorCode: 'RESOURCE_DOES_NOT_EXIST',
  });
});

it('moves versions through stages and aliases', async () => {
  const { registeredModels, modelVersions, runs, experiments } = server.client;
  const name = newName('model');
  const run = await runs.create({ experimentId: await experiments.create({ name: newName('experiment') }) });
  await run.end();
  await registeredModels.create({ name });
  const source = `${run.artifactUri}/model`;
  for (const version of ['1', '2']) {
    const created = await modelVersions.create({ name, source, runId: run.runId, tags: { number: version } });
    expect(created).toMatchObject({
      name,
      version,
      stage: 'None',
      status: 'READY',
      tags: { number: version },
    });
  }
  await modelVersions.transitionStage(name, '1', 'Production');
  await modelVersions.transitionStage(name, '2', 'Production', { archiveOthers: true });
  expect((await modelVersions.get(name, '1')).stage).toBe('Archived');
  const latest = await registeredModels.getLatestVersions(name, { stages: ['Production'] });
  expect(latest.map(({ version }) => version)).toEqual(['2']);

  await registeredModels.setAlias(name, 'champion', '1');
  await registeredModels.setAlias(name, 'champion', '2');
  await registeredModels.setAlias(name, 'challenger', '1');
  await registeredModels.deleteAlias(name, 'challenger');
  expect((await registeredModels.getVersionByAlias(name, 'champion')).version).toBe('2');
  expect((await registeredModels.get(name)).aliases).toEqual({ champion: '2' });
  expect((await modelVersions.get(name, '2')).aliases).toEqual(['champion']);

  expect(await modelVersions.update(name, '2', { description: 'better' })).toMatchObject({
    description: 'better',
  });
  await modelVersions.setTag(name, '2', { key: 'checked', value: 'yes' });
  await modelVersions.deleteTag(name, '2', 'number');
  expect((await modelVersions.get(name, '2')).tags).toEqual({ checked: 'yes' });
  expect(await modelVersions.getDownloadUri(name, '2')).toBe(source);
  const found = modelVersions.search({
    filter: `name = '${name}'`,
    orderBy: ['version_number ASC'],
    pageSize: 1,
  });
  expect((await found.toArray()).map(({ version }) => version)).toEqual(['1', '2']);
  await modelVersions.delete(name, '1');
  expect((await found.toArray()).map(({ version }) => version)).toEqual(['2']);
});

it('keeps webhooks, tests them and tells what was delivered', async () => {
  const { webhooks, registeredModels } = server.client;
  const events = [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }];
  // Nobody listens at port 1.
  const url = 'http://127.0.0.1:1/hook';
  const { webhookId, ...created } = await webhooks.create({ name: 'deploy', url, events, secret: 'hush' });
  expect(created).toMatchObject({ name: 'deploy', url, events, status: 'ACTIVE' });
  expect(JSON.stringify(created)).not.toContain('hush');
  expect(await webhooks.test(webhookId)).toMatchObject({ success: false });
  await registeredModels.create({ name: newName('model') });
  await expect.poll(() => webhooks.deliveries(webhookId), { timeout: 10_000 }).toMatchObject([events[0]]);
  expect(await webhooks.update(webhookId, { status: 'DISABLED' })).toMatchObject({ status: 'DISABLED' });
  expect((await webhooks.list().toArray()).map((webhook) => webhook.webhookId)).toEqual([webhookId]);
  expect((await webhooks.get(webhookId)).events).toEqual(events);
  await webhooks.delete(webhookId);
  expect(await webhooks.list().toArray()).toEqual([]);
});
