import { expect, it } from 'vitest';
import type { SlipwayClient } from '../../client/src/index.ts';
import { look } from './harness/looks.ts';
import { expectProblem, runningSite } from './harness/site.ts';

const HOUR = 3_600_000;
const site = runningSite();

/** A reader who looked some hours ago. */
const lookedBefore = (hours: number) => JSON.stringify({ since: 1, seen: Date.now() - hours * HOUR });

async function fill(client: SlipwayClient): Promise<void> {
  const fraud = await client.experiments.create({ name: 'risk/fraud-detection' });
  const vision = await client.experiments.create({ name: '<b>vision</b> 🦊 שלום' });
  const now = Date.now();
  for (const [name, status, hours] of [
    ['xgb-depth-6', 'FINISHED', 0.2],
    ['xgb-depth-9', 'FAILED', 0.5],
    ['logistic-baseline', 'FINISHED', 30],
  ] as const) {
    const run = await client.runs.create({
      experimentId: fraud,
      name,
      startTimeMs: now - (hours + 0.1) * HOUR,
    });
    await client.runs.update(run.runId, { status, endTimeMs: now - hours * HOUR });
  }
  const live = await client.runs.create({
    experimentId: vision,
    name: 'resnet-50 <i>long</i>'.padEnd(300, ' x'),
    startTimeMs: now - HOUR,
  });
  await client.runs.logMetric(live.runId, { key: 'loss', value: 0.3, step: 1240, timestampMs: now - 2000 });
  await client.registeredModels.create({ name: 'churn' });
  await client.modelVersions.create({ name: 'churn', source: 's3://models/churn' });
  await client.registeredModels.setAlias('churn', 'champion', '1');
}

it('tells how to log a first run where there is none', async () => {
  const page = await site.open('/');
  await page.getByRole('heading', { name: 'Nothing is logged here yet' }).waitFor();
  await page.getByText(`mlflow.set_tracking_uri("${site.url}")`).waitFor();
  await look(page, 'home-empty');
});

it('shows what runs, what ended, and where things happen', async () => {
  await fill(site.client);
  const page = await site.open('/');
  const running = page.getByRole('region', { name: 'Running now' });
  await running.getByRole('cell', { name: '1,240' }).waitFor();
  expect(await running.getByText(/^\d+ s ago$/).count()).toBe(1);
  const latest = page.getByRole('region', { name: 'Latest runs' });
  expect(await latest.getByRole('row').nth(1).textContent()).toContain('xgb-depth-6');
  await page.getByRole('region', { name: 'Models' }).getByText('champion').waitFor();
  await look(page, 'home');
});

it('says what changed since the reader looked, and keeps it over a reload', async () => {
  const page = await site.open('/settings');
  await page.evaluate((visit) => localStorage.setItem('slipway.visit', visit), lookedBefore(24));
  for (const _ of [1, 2]) {
    await page.goto('/');
    const changes = page.getByRole('region', { name: 'Since you looked' });
    await changes.getByText('1 run failed').waitFor();
    await changes.getByText('1 run finished').waitFor();
    await changes.getByText('1 new model version').waitFor();
  }
});

it('shows a run as it starts and as it ends, by itself', async () => {
  const page = await site.open('/');
  const run = await site.client.runs.create({ experimentId: '0', name: 'just-started' });
  await page
    .getByRole('region', { name: 'Running now' })
    .getByRole('link', { name: 'just-started' })
    .waitFor();
  await site.client.runs.update(run.runId, { status: 'FINISHED', endTimeMs: Date.now() });
  await page
    .getByRole('region', { name: 'Latest runs' })
    .getByRole('link', { name: 'just-started' })
    .waitFor();
});

it('leads to runs, experiments and models', async () => {
  const page = await site.open('/');
  await page.getByRole('link', { name: 'xgb-depth-9' }).click();
  await expect.poll(() => page.url()).toMatch(/\/experiments\/1\/runs\/[0-9a-f]{32}/);
  await page.goBack();
  await page.getByRole('link', { name: 'All models' }).click();
  await expect.poll(() => page.url()).toMatch(/\/models$/);
});

it('has a column for who ran a run only where somebody is named', async () => {
  const page = await site.open('/');
  const latest = page.getByRole('region', { name: 'Latest runs' });
  await latest.getByRole('link', { name: 'xgb-depth-9' }).waitFor();
  const header = latest.getByRole('columnheader', { name: 'By' });
  expect(await header.count()).toBe(0);
  const tags = { 'mlflow.user': 'ada' };
  const { runId } = await site.client.runs.create({ experimentId: '0', name: 'of-ada', tags });
  await site.client.runs.update(runId, { status: 'FINISHED', endTimeMs: Date.now() });
  await latest
    .getByRole('row', { name: /of-ada/ })
    .getByRole('cell', { name: 'ada', exact: true })
    .waitFor();
  expect(await header.count()).toBe(1);
});

it('says so where the server fails, and goes on when it is back', async () => {
  const page = await site.open('/settings');
  expectProblem(page, /500/);
  await page.route('**/slipway/v1/home**', (route) =>
    route.fulfill({
      status: 500,
      headers: { 'x-request-id': 'ab12-7' },
      json: { error_code: 'INTERNAL_ERROR', message: 'The disk is full.' },
    }),
  );
  await page.getByRole('link', { name: 'Home', exact: true }).click();
  const notice = page.getByRole('alert');
  await notice.getByText('The disk is full.').waitFor();
  await notice.getByText('ab12-7').waitFor();
  await page.unroute('**/slipway/v1/home**');
  await notice.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('region', { name: 'Latest runs' }).waitFor();
});

it('has one column on a small screen, and one thing that scrolls', async () => {
  const page = await site.open('/', { viewport: { width: 1024, height: 400 } });
  const latest = await page.getByRole('region', { name: 'Latest runs' }).boundingBox();
  const experiments = await page.getByRole('region', { name: 'Experiments' }).boundingBox();
  expect(experiments!.x).toBe(latest!.x);
  expect(experiments!.y).toBeGreaterThan(latest!.y);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(400);
});

it('can be read on a phone', async () => {
  const page = await site.open('/', { viewport: { width: 390, height: 844 } });
  await page.getByRole('region', { name: 'Latest runs' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await look(page, 'home-phone');
});

it('opens in more tabs than a browser has connections, and tells news where there is room for it', async () => {
  const first = await site.open('/');
  const tabs = [first];
  for (let more = 0; more < 7; more++) {
    const tab = await first.context().newPage();
    await tab.goto('/');
    await tab.getByRole('region', { name: 'Latest runs' }).waitFor();
    tabs.push(tab);
  }
  const last = tabs.at(-1)!;
  for (const tab of tabs.slice(0, -1)) await tab.close();
  await last.bringToFront();
  const { runId } = await site.client.runs.create({ experimentId: '1', name: 'seen-in-the-last-tab' });
  await last.getByRole('link', { name: 'seen-in-the-last-tab' }).waitFor();
  await site.client.runs.update(runId, { status: 'FINISHED' });
});
