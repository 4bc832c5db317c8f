import { expect, it } from 'vitest';
import { logRuns } from './harness/logged-runs.ts';
import { runningSite } from './harness/site.ts';

let experimentId = '';
const site = runningSite({
  async fill({ client }) {
    experimentId = await client.experiments.create({ name: 'opened' });
    const now = Date.now();
    const runs = Array.from({ length: 40 }, (_, i) => ({
      experimentId,
      name: `run-${i}`,
      startTimeMs: now + i * 1000,
      endTimeMs: now + i * 1000 + 500,
      status: 'FINISHED' as const,
      metrics: [['auc', 0, i / 40]] as const,
      params: { lr: String(i % 5), note: '"quoted"' },
    }));
    await logRuns(client, runs);
  },
});

it.each([
  ['as it is', ''],
  ['with words and numbers', '?flat=1&state=all&dense=1'],
  ['with a filter, an order and columns', '?filter=metrics.auc+%3E+0.5&sort=-m.auc&cols=m.auc%2Cp.lr'],
  ['with a text in quotes, as the router writes what could be a number', '?view=%2212%22&open=%22*%22'],
])('asks for the first rows once, before the code of the pages is there: %s', async (_, search) => {
  const page = await site.open('/settings');
  const asked: string[] = [];
  page.on('request', (request) => {
    if (!/run-table\/(opening|window|keys)/.test(request.url())) return;
    asked.push(new URL(request.url()).pathname);
  });
  // The code of the pages comes late: what does not need it must not wait for it.
  await page.route(/\/assets\/frame-/, async (route) => {
    await expect.poll(() => asked.length).toBe(1);
    await route.continue();
  });
  await page.goto(new URL(`/experiments/${experimentId}${search}`, page.url()).href);
  await page.getByRole('link', { name: 'run-39' }).waitFor();
  expect(asked).toEqual(['/ajax-api/slipway/v1/run-table/opening']);
});

it('shows one tooltip for what is pointed at or has the keyboard, and takes it away on Escape', async () => {
  const page = await site.open(`/experiments/${experimentId}`);
  const button = page.getByRole('button', { name: 'Build a condition' });
  await button.hover();
  const tooltip = page.getByRole('tooltip');
  await expect.poll(() => tooltip.allTextContents()).toEqual(['Build a condition']);
  expect(await button.getAttribute('aria-describedby')).toBe(await tooltip.getAttribute('id'));
  await page.keyboard.press('Escape');
  await tooltip.waitFor({ state: 'detached' });
  expect(await button.getAttribute('aria-describedby')).toBeNull();
  await page.getByRole('combobox', { name: /filter/i }).focus();
  await page.keyboard.press('Tab');
  await expect.poll(() => tooltip.allTextContents()).toEqual(['Build a condition']);
});

it('opens and closes a menu by its button, by pointer and by key, and gives the keyboard back', async () => {
  const page = await site.open(`/experiments/${experimentId}`);
  const button = page.getByRole('button', { name: 'Display' });
  const menu = page.getByRole('menu', { name: 'Display' });
  await button.click();
  await menu.waitFor();
  expect(await button.getAttribute('aria-expanded')).toBe('true');
  await button.click();
  await menu.waitFor({ state: 'detached' });
  await button.focus();
  await page.keyboard.press('ArrowDown');
  await menu.waitFor();
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  await expect.poll(() => button.evaluate((one) => one === document.activeElement)).toBe(true);
});
