import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { expectProblem, runningSite } from './harness/site.ts';

const site = runningSite({
  async fill({ client }) {
    const experimentId = await client.experiments.create({ name: 'kept' });
    for (const name of ['one', 'two']) {
      const { runId } = await client.runs.create({ experimentId, name });
      await client.runs.logBatch(runId, { metrics: [{ key: 'loss', value: name.length, step: 0 }] });
    }
    await client.registeredModels.create({ name: 'kept-model' });
  },
});

const SERVER = /\/(api|ajax-api|health)(\/|$)/;

/** As if the server had stopped: what is asked of it finds nobody, and the pages are there as before. */
async function stop(page: Page): Promise<() => Promise<void>> {
  expectProblem(page, /ERR_CONNECTION_REFUSED|Failed to load resource/);
  await page.route(SERVER, (route) => route.abort('connectionrefused'));
  return () => page.unroute(SERVER);
}

const line = (page: Page) => page.getByText('Not connected, trying again');

it('keeps filter and order of the rows that are shown while no server answers', async () => {
  const { experimentId } = await site.client.experiments.getByName('kept');
  const page = await site.open(`/experiments/${experimentId}`);
  await page.getByRole('link', { name: 'one' }).waitFor();
  const start = await stop(page);
  await page.getByRole('columnheader', { name: 'loss' }).click();
  await line(page).waitFor();
  const sorted = page.locator('[role=columnheader][aria-sort]:not([aria-sort=none])');
  expect(await sorted.allTextContents()).toEqual([expect.stringContaining('Started')]);
  const filter = page.getByRole('combobox', { name: 'Filter' });
  await filter.fill('metrics.loss < 9');
  await filter.press('Enter');
  await page.getByRole('img', { name: 'Filtering' }).waitFor({ state: 'detached' });
  expect(await filter.getAttribute('aria-invalid')).toBeNull();
  expect(await filter.inputValue()).toBe('metrics.loss < 9');
  expect(await page.getByRole('alert').count()).toBe(0);
  expect(await page.getByText('last filter that could be used').count()).toBe(0);
  await look(page, 'connection-lost');
  await start();
  await line(page).waitFor({ state: 'detached' });
  await expect.poll(() => sorted.allTextContents()).toEqual([expect.stringContaining('loss')]);
});

it('reads what could not be read as soon as the server answers, by itself', async () => {
  const page = await site.open('/settings');
  const start = await stop(page);
  await page.getByRole('link', { name: 'Models', exact: true }).click();
  const notice = page.getByRole('main').getByRole('status');
  await notice.getByText('The models could not be read').waitFor();
  await line(page).waitFor();
  expect(await page.getByRole('table', { name: 'Models' }).count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await notice.getByText('Details').click();
  await notice.getByText(/api\/2\.0\/mlflow/).waitFor();
  await look(page, 'connection-lost-models');
  await start();
  await page.getByRole('link', { name: 'kept-model' }).waitFor();
  expect(await line(page).count()).toBe(0);
});
