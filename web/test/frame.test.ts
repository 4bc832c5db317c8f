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

it('answers an address without a page with the ways on', async () => {
  const page = await site.open('/nowhere/at/all');
  await page.getByRole('heading', { name: 'There is no page at this address' }).waitFor();
  await look(page, 'not-found');
});
