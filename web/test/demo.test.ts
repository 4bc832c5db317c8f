import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../tools/setup.mjs';
import { look } from './harness/looks.ts';
import { runningSite } from './harness/site.ts';

let told = '';
const site = runningSite({
  async fill({ url }) {
    const child = spawn(process.execPath, [path.join(root, 'tools/demo.mjs'), '--url', url, '--lock'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      told += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`the demo ended with ${code}: ${told}`);
  },
});

it('says what it made and where to look', async () => {
  expect(told).toContain('15 runs in 3 experiments');
  expect(told).toContain('Finished runs of 6 experiments are locked.');
  const address = /http\S+\/experiments\S+/.exec(told)?.[0] ?? '';
  const page = await site.open(address);
  await page.getByRole('row', { name: /^classification/ }).waitFor();
  await look(page, 'demo-experiments');
});

it('fills the home page', async () => {
  const page = await site.open('/');
  await page.getByRole('region', { name: 'Models' }).getByText('champion').first().waitFor();
  await look(page, 'demo-home');
});

it('leaves runs that can be looked at and not changed', async () => {
  const { experimentId } = await site.client.experiments.getByName('demo/digits/search');
  const [parent] = await site.client.runs
    .search({ experimentIds: [experimentId], filter: "attributes.run_name = 'random-search'" })
    .toArray();
  const refused = site.client.runs.setTag(parent?.runId ?? '', 'mine', 'now');
  await expect(refused).rejects.toMatchObject({ errorCode: 'INVALID_STATE' });
});

it('logs a history whose every step is there, and one that leaves all numbers', async () => {
  const { experimentId } = await site.client.experiments.getByName('demo/regression/long');
  const runs = await site.client.runs.search({ experimentIds: [experimentId] }).toArray();
  const byName = new Map(runs.map((run) => [run.name, run.runId]));
  const [long] = await site.client.metrics.chart({
    runIds: [byName.get('100k-steps') ?? ''],
    key: 'squared_error',
  });
  expect(long?.count).toBe(100_000);
  const diverged = await site.client.metrics.history(byName.get('too-fast') ?? '', 'squared_error').toArray();
  expect(diverged.some((point) => Number.isNaN(point.value))).toBe(true);
});
