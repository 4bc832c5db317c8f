import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { runningSite } from './harness/site.ts';

const site = runningSite();

it('opens in the theme of the system and keeps the one that was chosen', async () => {
  const page = await site.open('/', { colorScheme: 'dark' });
  const theme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
  expect(await theme()).toBe('dark');
  await page.getByRole('button', { name: 'Light theme' }).click();
  expect(await theme()).toBe('light');
  await page.reload();
  expect(await theme()).toBe('light');
});

it('folds the navigation by key and says where one is', async () => {
  const page = await site.open('/settings');
  const navigation = page.getByRole('navigation', { name: 'Main' });
  await expect.poll(() => navigation.boundingBox().then((box) => box?.width)).toBe(220);
  await page.keyboard.press('[');
  await expect.poll(() => navigation.boundingBox().then((box) => box?.width)).toBe(52);
  expect(await navigation.getByRole('link', { name: 'Settings' }).getAttribute('aria-current')).toBe('page');
});

it('lists the shortcuts of the page on ?', async () => {
  const page = await site.open('/');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Shortcuts' }).getByText('Search and commands').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

it('lists the keys of the table on ?, and what the right mouse button does', async () => {
  const experimentId = await site.client.experiments.create({ name: 'team/of/several/folders/search' });
  await site.client.runs.create({ experimentId, name: 'the only run there is' });
  const page = await site.open(`/experiments/${experimentId}`);
  await page.getByRole('link', { name: 'the only run there is' }).waitFor();
  await page.keyboard.press('?');
  const table = page.getByRole('dialog', { name: 'Shortcuts' }).getByRole('region', { name: 'In the table' });
  const keysOf = (does: string) =>
    table.getByText(does, { exact: true }).locator('..').getByRole('definition');
  await look(page, 'shortcuts');
  expect(await keysOf('Filter by the cell, copy it').allTextContents()).toEqual(['Shift F10', 'Right-click']);
});

it('has four even cells at the foot of a phone, and the name of the page in the bar above', async () => {
  const experimentId = await site.client.experiments.create({ name: 'a-team/with/a-long-path/of-folders/x' });
  const run = await site.client.runs.create({ experimentId, name: 'swift-fox-of-42' });
  const page = await site.open(`/experiments/${experimentId}/runs/${run.runId}`, {
    viewport: { width: 390, height: 844 },
  });
  const here = page.getByRole('navigation', { name: 'Breadcrumb' }).getByText('swift-fox-of-42');
  await here.waitFor();
  expect(await here.evaluate((name) => name.scrollWidth - name.clientWidth)).toBe(0);
  const main = page.getByRole('navigation', { name: 'Main' });
  const cells = await main.getByRole('link').or(main.getByRole('button')).all();
  const boxes = (await Promise.all(cells.map((cell) => cell.boundingBox()))).filter((box) => box !== null);
  expect(boxes).toHaveLength(4);
  expect(new Set(boxes.map(({ width }) => Math.round(width))).size).toBe(1);
  expect(new Set(boxes.map(({ y }) => y)).size).toBe(1);
  const [first, last] = [boxes[0]!, boxes[3]!];
  expect(first.x).toBeCloseTo(390 - last.x - last.width, 0);
  await look(page, 'frame-phone');
  await main.getByRole('button', { name: 'More' }).click();
  await look(page, 'frame-phone-more');
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  expect(await main.getByRole('button', { name: 'More' }).getAttribute('aria-current')).toBe('page');
});

it('answers an address without a page with the ways on', async () => {
  const page = await site.open('/nowhere/at/all');
  await page.getByRole('heading', { name: 'There is no page at this address' }).waitFor();
  await look(page, 'not-found');
});
