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

const PHONE = { viewport: { width: 390, height: 844 } };

it('has five even cells at the foot of a phone, and the name of the page in the bar above', async () => {
  const experimentId = await site.client.experiments.create({ name: 'a-team/with/a-long-path/of-folders/x' });
  const run = await site.client.runs.create({ experimentId, name: 'swift-fox-of-42' });
  const page = await site.open(`/experiments/${experimentId}/runs/${run.runId}`, PHONE);
  const here = page.getByRole('navigation', { name: 'Breadcrumb' }).getByText('swift-fox-of-42');
  await here.waitFor();
  expect(await here.evaluate((name) => name.scrollWidth - name.clientWidth)).toBe(0);
  const navigation = page.getByRole('navigation', { name: 'Main' });
  const cells = await navigation.locator('a, button').all();
  const boxes = (await Promise.all(cells.map((cell) => cell.boundingBox()))).filter((box) => box !== null);
  expect(boxes).toHaveLength(5);
  expect(new Set(boxes.map(({ width }) => Math.round(width))).size).toBe(1);
  expect(new Set(boxes.map(({ y }) => y)).size).toBe(1);
  expect(Math.min(...boxes.map(({ height }) => height))).toBeGreaterThanOrEqual(44);
  const [first, last] = [boxes[0]!, boxes[4]!];
  expect(first.x).toBeCloseTo(390 - last.x - last.width, 0);
  await look(page, 'frame-phone');
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await navigation.evaluate((foot) => foot.scrollWidth - foot.clientWidth)).toBe(0);
});

it('has the other pages under More on a phone, by keyboard as well, and says that one is there', async () => {
  const page = await site.open('/', PHONE);
  const more = page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'More pages' });
  expect(await more.getAttribute('aria-current')).toBeNull();
  await more.focus();
  await page.keyboard.press('Enter');
  const items = page.getByRole('menuitem');
  await items.first().waitFor();
  // Nobody signs in here, so that pages about who may do so are of no use.
  expect(await items.allTextContents()).toEqual(['SQL', 'Endpoints', 'Secrets', 'Settings']);
  await look(page, 'frame-phone-more');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await items.first().waitFor({ state: 'detached' });
  expect(await more.getAttribute('aria-current')).toBe('true');
  await more.click();
  expect(await page.getByRole('menuitem', { name: 'Settings' }).getAttribute('aria-current')).toBe('page');
  await page.keyboard.press('Escape');
  await items.first().waitFor({ state: 'detached' });
  expect(await more.evaluate((button) => button === document.activeElement)).toBe(true);
});

it('answers an address without a page with the ways on', async () => {
  const page = await site.open('/nowhere/at/all');
  await page.getByRole('heading', { name: 'There is no page at this address' }).waitFor();
  await look(page, 'not-found');
});
