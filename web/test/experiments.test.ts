import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { expectProblem, runningSite } from './harness/site.ts';

const ODD = '<img src=x onerror=alert(1)> 🦊 שלום';

const site = runningSite({
  async fill({ client }) {
    const names = ['team/vision/resnet', 'team/vision/vit', 'team/churn', 'zoo', ODD, 'x'.repeat(500)];
    for (const name of names)
      await client.experiments.create({
        name,
        tags: { 'mlflow.note.content': `About ${name.slice(0, 20)}` },
      });
    const { experimentId } = await client.experiments.getByName('team/churn');
    await client.runs.create({ experimentId, name: 'a run' });
    for (const name of ['zz/inner/a', 'zz/inner/b', 'zzz/deep/only']) {
      const chained = await client.experiments.create({ name });
      for (const one of ['one', 'two']) await client.runs.create({ experimentId: chained, name: one });
    }
    for (let i = 0; i < 250; i++)
      await client.experiments.create({ name: `many/e-${String(i).padStart(3, '0')}` });
  },
});

const row = (page: Page, name: string | RegExp) => page.getByRole('row', { name });
const namesOf = async (page: Page) =>
  (await page.getByRole('row').locator('[role=gridcell]:first-child').allTextContents()).map((text) =>
    text.trim(),
  );

it('shows folders first, unfolds them, and keeps that in the address', async () => {
  const page = await site.open('/experiments?sort=name');
  await row(page, /^team/).getByRole('button', { name: 'team', exact: true }).click();
  await row(page, /^vision/)
    .getByRole('button', { name: 'vision', exact: true })
    .click();
  await row(page, /^vit/).waitFor();
  await row(page, /^churn/).waitFor();
  expect((await namesOf(page)).slice(0, 6)).toEqual([
    'many250 experiments',
    'teamRunning3 experiments',
    'vision2 experiments',
    'resnet',
    'vit',
    'churnRunning',
  ]);
  await page.reload();
  await row(page, /^resnet/).waitFor();
  await look(page, 'experiments');
});

it('orders folders by what they show, as the header says', async () => {
  const page = await site.open('/experiments?sort=-name');
  await row(page, /^zz\/inner/).waitFor();
  const firstOf = async () =>
    (await namesOf(page)).slice(0, 2).map((name) => name.replace(/Running|\d+ experiments/g, ''));
  expect(await firstOf()).toEqual(['zzz/deep/only', 'zz/inner']);
  await page.getByRole('button', { name: 'Last active' }).click();
  await expect.poll(firstOf).toEqual(['many', 'zzz/deep/only']);
  await page.getByRole('button', { name: 'Last active' }).click();
  await expect.poll(firstOf).toEqual(['team', 'zz/inner']);
});

it('makes one row of folders that hold one folder each, with the sum of their runs', async () => {
  const page = await site.open('/experiments?sort=name');
  const inner = row(page, /^zz\/inner/);
  await inner.waitFor();
  expect(await inner.getByRole('gridcell').nth(1).textContent()).toBe('4');
  await inner.getByRole('button', { name: 'zz/inner', exact: true }).click();
  await row(page, /^b/).waitFor();
  const only = row(page, /^zzz\/deep\/only/);
  expect(await only.getByRole('gridcell').nth(1).textContent()).toBe('2');
  await look(page, 'experiments-chains');
  await only.getByRole('link', { name: 'zzz/deep/only' }).click();
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/experiments\/\d+$/);
});

it('shows odd names as they are written', async () => {
  const page = await site.open('/experiments');
  await row(page, ODD).waitFor();
  expect(await page.locator('img').count()).toBe(0);
});

it('scrolls through folders of any size, reading windows as they come into sight', async () => {
  const page = await site.open(`/experiments?in=many&sort=name`);
  await row(page, 'e-000').waitFor();
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('End');
  await row(page, 'e-249').waitFor();
  await page.getByText('250 experiments').waitFor();
  expect(await page.getByRole('row').count()).toBeLessThan(80);
});

it('finds experiments in all folders as one types, and goes back to the tree', async () => {
  const page = await site.open('/experiments');
  await page.keyboard.press('/');
  await page.keyboard.type('VI');
  await row(page, 'team/vision/vit').waitFor();
  await expect.poll(() => page.url()).toContain('q=VI');
  await page.getByText('2 experiments found').waitFor();
  await look(page, 'experiments-search');
  await page.getByRole('searchbox').fill('no such thing');
  await page.getByRole('heading', { name: 'No experiment has that in its name' }).waitFor();
  await page.getByRole('searchbox').fill('');
  await row(page, /^team/).waitFor();
});

it('looks into one folder, whose way is in the crumbs', async () => {
  const page = await site.open('/experiments?in=team%2Fvision');
  await row(page, /^resnet/).waitFor();
  const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' });
  await crumbs.getByRole('link', { name: 'team' }).click();
  await row(page, /^churn/).waitFor();
  await crumbs.getByRole('link', { name: 'Experiments' }).click();
  await row(page, /^zoo/).waitFor();
  await page.goBack();
  await row(page, /^churn/).waitFor();
});

it('is walked by keys alone', async () => {
  const page = await site.open('/experiments?sort=name');
  await row(page, /^team/).waitFor();
  await page.getByRole('treegrid').focus();
  for (const key of ['ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
  await row(page, /^churn/).waitFor();
  for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/experiments\/\d+$/);
});

it('shortens a long name before what stands beside it leaves the page', async () => {
  const { experimentId } = await site.client.experiments.getByName('x'.repeat(500));
  for (const width of [1440, 1024, 390]) {
    const page = await site.open(`/experiments/${experimentId}`, { viewport: { width, height: 800 } });
    const modes = await page.getByRole('radiogroup', { name: 'What is shown' }).boundingBox();
    expect(modes!.x + modes!.width).toBeLessThanOrEqual(width);
    const crumb = page.getByRole('navigation', { name: 'Breadcrumb' }).getByText(/^x+$/);
    expect((await crumb.boundingBox())!.width).toBeLessThanOrEqual(480);
  }
});

it('makes an experiment with a description and opens it', async () => {
  const page = await site.open('/experiments?in=team');
  await row(page, /^churn/).waitFor();
  await page.keyboard.press('n');
  const dialog = page.getByRole('dialog', { name: 'New experiment' });
  const name = dialog.getByRole('textbox', { name: 'Name' });
  await expect.poll(() => name.inputValue()).toBe('team/');
  await name.fill('team/made-here');
  await dialog.getByRole('textbox', { name: 'Description' }).fill('# Why');
  await look(page, 'experiments-new');
  await dialog.getByRole('button', { name: 'Create experiment' }).click();
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/experiments\/\d+$/);
  const made = await site.client.experiments.getByName('team/made-here');
  expect(made.tags['mlflow.note.content']).toBe('# Why');
});

it('says in the dialog that a name is taken', async () => {
  const page = await site.open('/experiments');
  expectProblem(page, /400/);
  await page.getByRole('button', { name: 'New experiment' }).click();
  const dialog = page.getByRole('dialog', { name: 'New experiment' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('zoo');
  await page.keyboard.press('Enter');
  await dialog.getByText(/zoo.*exist/).waitFor();
});

it('moves an experiment by its name, and back', async () => {
  const page = await site.open('/experiments?sort=name');
  await row(page, /^zoo/).hover();
  await row(page, /^zoo/).getByRole('button', { name: 'Actions of zoo' }).click();
  await page.getByRole('menuitem', { name: 'Rename or move' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rename or move the experiment' });
  await dialog.getByRole('textbox').fill('team/zoo');
  await dialog.getByRole('button', { name: 'Move' }).click();
  await row(page, /^zoo/).waitFor({ state: 'detached' });
  await site.client.experiments.getByName('team/zoo');
  await page.getByRole('button', { name: 'Undo' }).click();
  await row(page, /^zoo/).waitFor();
});

it('moves a whole folder and says what goes along', async () => {
  const page = await site.open('/experiments?in=team');
  await row(page, /^vision/).hover();
  await row(page, /^vision/)
    .getByRole('button', { name: /^Actions/ })
    .click();
  await page.getByRole('menuitem', { name: 'Rename or move' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rename or move the folder' });
  await dialog.getByText(/2 experiments below it get the new path/).waitFor();
  await dialog.getByRole('textbox').fill('team/sight');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await row(page, /^sight/).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await row(page, /^vision/).waitFor();
});

it('deletes with a way back, and restores from the trash', async () => {
  const page = await site.open('/experiments?in=team');
  await row(page, /^churn/).click({ position: { x: 300, y: 10 } });
  await page.keyboard.press('Backspace');
  await page.getByText('“team/churn” is in the trash, with 1 run.').waitFor();
  await row(page, /^churn/).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await row(page, /^churn/).waitFor();
  await row(page, /^churn/).click({ position: { x: 300, y: 10 } });
  await page.keyboard.press('Backspace');
  await row(page, /^churn/).waitFor({ state: 'detached' });
  await page.getByText('Trash', { exact: true }).click();
  await row(page, /^churn/).waitFor();
  await look(page, 'experiments-trash');
  await row(page, /^churn/).hover();
  await row(page, /^churn/)
    .getByRole('button', { name: /^Actions/ })
    .click();
  await page.getByRole('menuitem', { name: 'Restore' }).click();
  await page.getByRole('heading', { name: 'The trash is empty' }).waitFor();
  await site.client.experiments.getByName('team/churn');
});

it('keeps the last list while the server fails, and says so', async () => {
  const page = await site.open('/experiments?sort=name');
  await row(page, /^zoo/).waitFor();
  expectProblem(page, /503/);
  await page.route('**/slipway/v1/experiments/overview**', (route) =>
    route.fulfill({
      status: 503,
      json: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'Try again in a minute.' },
    }),
  );
  await page.getByRole('searchbox').fill('churn');
  await page.getByRole('alert').getByText('Try again in a minute.').waitFor();
  expect(await row(page, /^zoo/).count()).toBe(1);
  await page.unroute('**/slipway/v1/experiments/overview**');
  await page.getByRole('button', { name: 'Try again' }).click();
  await row(page, 'team/churn').waitFor();
});

it('can be read on a phone', async () => {
  const page = await site.open('/experiments?sort=name', { viewport: { width: 390, height: 844 } });
  await row(page, /^zoo/).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await look(page, 'experiments-phone');
});

it('locks the finished runs of an experiment, but for some tags', async () => {
  const page = await site.open('/experiments?sort=name');
  await row(page, /^zoo/).hover();
  await row(page, /^zoo/).getByRole('button', { name: 'Actions of zoo' }).click();
  await page.getByRole('menuitem', { name: 'Lock finished runs' }).click();
  const dialog = page.getByRole('dialog', { name: 'Lock finished runs' });
  await dialog.getByRole('switch', { name: 'Runs that have ended cannot be changed' }).click();
  await dialog.getByRole('textbox', { name: 'Tags that may still change' }).fill('reviewed, ');
  await look(page, 'experiments-lock');
  await dialog.getByRole('button', { name: 'Lock finished runs' }).click();
  await page.getByText('Finished runs of “zoo” are locked.').waitFor();
  const { experimentId } = await site.client.experiments.getByName('zoo');
  expect(await site.client.experiments.getFinishedRunsLock(experimentId)).toEqual({
    locked: true,
    mutableTags: ['reviewed'],
  });
});

it('shows what others make and run, by itself', async () => {
  const page = await site.open('/experiments?sort=name');
  await row(page, /^zoo/).waitFor();
  const experimentId = await site.client.experiments.create({ name: 'a new one' });
  await row(page, /^a new one/).waitFor();
  await site.client.runs.create({ experimentId, name: 'first' });
  await row(page, /^a new one/)
    .getByTitle('1 running')
    .waitFor();
});
