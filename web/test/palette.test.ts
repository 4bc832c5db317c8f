import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { expectProblem, runningSite } from './harness/site.ts';

let runId = '';
const site = runningSite({
  async fill({ client }) {
    const experimentId = await client.experiments.create({ name: 'team/fraud-detection' });
    const run = await client.runs.create({ experimentId, name: 'swift-fox-42' });
    runId = run.runId;
    for (const name of ['try-205', 'a try-205', ...Array.from({ length: 10 }, (_, i) => `try-205${i}`)])
      await client.runs.create({ experimentId, name });
    await client.registeredModels.create({ name: 'fraud-model' });
    for (let i = 0; i < 2; i++)
      await client.modelVersions.create({ name: 'fraud-model', source: 's3://models/m' });
    await client.registeredModels.setAlias('fraud-model', 'champion', '2');
  },
});
const open = async (at = '/settings') => {
  const page = await site.open(at);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
  return page;
};

it('opens with recent experiments, pages and commands, and closes on escape', async () => {
  const page = await open();
  await page.getByRole('group', { name: 'Recent experiments' }).getByText('team/fraud-detection').waitFor();
  await look(page, 'palette');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

it('finds experiments, runs and models as one types, and goes there by enter', async () => {
  const page = await open();
  await page.keyboard.type('fraud');
  await page.getByRole('group', { name: 'Models', exact: true }).getByText('fraud-model').waitFor();
  await look(page, 'palette-found');
  await page.keyboard.press('ArrowDown');
  expect(await page.getByRole('option', { selected: true }).textContent()).toContain('fraud-model');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/experiments\/\d+$/);
});

it('loses nothing of what is typed while its code is on its way', async () => {
  const page = await site.open('/settings');
  const released = Promise.withResolvers<void>();
  await page.route(/assets\/palette/, async (route) => {
    await released.promise;
    await route.continue();
  });
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search and commands, opening' }).waitFor({ state: 'attached' });
  await page.keyboard.type('swift');
  released.resolve();
  const field = page.getByRole('combobox', { name: 'Search and commands' });
  await expect.poll(() => field.inputValue()).toBe('swift');
  await page.keyboard.type('-fox');
  await page.getByRole('option', { name: /swift-fox-42/ }).waitFor();
});

it('finds the run of exactly the typed name before all that begin so, and leads to all of them', async () => {
  const page = await open();
  await page.keyboard.type('try-205');
  const runs = page.getByRole('group', { name: 'Runs' });
  await runs.getByRole('option').nth(1).waitFor();
  expect(await page.getByRole('option', { selected: true }).textContent()).toMatch(/^(Running)?try-205team/);
  await look(page, 'palette-exact');
  await runs.getByRole('option', { name: 'All 12 runs with “try-205” in their name' }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get('filter')).toContain('%try-205%');
  await page.getByText('12 matching, 13 runs in all').waitFor();
});

it('finds a version by its alias', async () => {
  const page = await open();
  await page.keyboard.type('champion');
  await page.getByRole('group', { name: 'Aliases' }).getByText('fraud-model, version 2').waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => new URL(page.url()).pathname).toBe('/models/fraud-model/versions/2');
});

it('finds a run by the beginning of its id', async () => {
  const page = await open();
  await page.keyboard.type(runId.slice(0, 6));
  await page.getByRole('option', { name: /swift-fox-42/ }).click();
  await expect.poll(() => page.url()).toContain(`/runs/${runId}`);
});

it('opens in a new tab with the modifier', async () => {
  const page = await open();
  await page.keyboard.type('swift');
  await page.getByRole('option', { name: /swift-fox/ }).waitFor();
  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    page.keyboard.press('Control+Enter'),
  ]);
  await expect.poll(() => tab.url()).toContain(`/runs/${runId}`);
});

it('carries out commands', async () => {
  const page = await open();
  await page.keyboard.type('dark');
  await page.getByRole('option', { name: 'Dark theme' }).waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('list of short');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor();
});

it('says where it looked when nothing is found', async () => {
  const page = await open();
  await page.keyboard.type('qqqqzz');
  await page.getByText('Nothing has that in its name').waitFor();
});

it('says that the server could not look', async () => {
  const page = await open();
  expectProblem(page, /500/);
  await page.route('**/slipway/v1/find**', (route) =>
    route.fulfill({ status: 500, json: { error_code: 'INTERNAL_ERROR', message: 'No room left.' } }),
  );
  await page.keyboard.type('fraud');
  await page.getByRole('alert').getByText('No room left.').waitFor();
});
