import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { ADMIN_TOKEN, addPerson, asAdmin, openAs } from './harness/people.ts';
import { runningSite, type Site } from './harness/site.ts';

const ADMIN = 'root@acme.com';

const site = runningSite({ adminToken: ADMIN_TOKEN, fill });

async function fill(made: Site): Promise<void> {
  await addPerson(made, ADMIN, { isAdmin: true });
  await addPerson(made, 'jane@acme.com');
  await asAdmin(made, 'POST', '/api/2.1/unity-catalog/catalogs', { name: 'prod' });
  const experimentId = await made.client.experiments.create({ name: 'churn' });
  for (let i = 0; i < 3; i++) await made.client.runs.create({ experimentId, name: `run-${i}` });
}

const open = (search = '', name = ADMIN): Promise<Page> => openAs(site, { name, address: `/sql${search}` });
const statement = (page: Page) => page.getByRole('textbox', { name: 'Statement' });

it('runs a statement by the keyboard, shows its rows, and keeps it in the address', async () => {
  const page = await open();
  await page.getByRole('heading', { name: 'Ask in SQL' }).waitFor();
  await look(page, 'sql-empty');
  await statement(page).fill('SELECT run_name, status\nFROM system.mlflow.runs ORDER BY run_name');
  await statement(page).press('Control+Enter');
  await page.getByText('run-2').waitFor();
  await page.getByText(/^3 rows in /).waitFor();
  await look(page, 'sql');
  await expect.poll(() => page.url()).toContain('q=SELECT');
  await page.reload();
  expect(await statement(page).inputValue()).toContain('ORDER BY run_name');
});

it('scrolls through thousands of rows', async () => {
  const page = await open(`?q=${encodeURIComponent('SELECT i, i * i AS square FROM range(20000) t(i)')}`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText(/^The first 10,000 rows in /).waitFor();
  const grid = page.getByRole('grid', { name: 'Result' });
  await grid.focus();
  await page.keyboard.press('Control+End');
  await grid.getByText('99980001').waitFor();
});

it('marks where a statement is wrong', async () => {
  const page = await open();
  await statement(page).fill('SELECT run_id,\n  nothing\nFROM system.mlflow.runs');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page
    .getByRole('alert')
    .getByText(/nothing/)
    .waitFor();
  expect(await page.locator('mark').textContent()).toBe('nothing');
  await look(page, 'sql-error');
  await page.getByRole('button', { name: 'Go to line 2, column 3' }).click();
  const selected = () =>
    statement(page).evaluate((field: HTMLTextAreaElement) =>
      field.value.slice(field.selectionStart, field.selectionEnd),
    );
  expect(await selected()).toBe('nothing');
  await page.keyboard.type('status');
  await page.getByRole('alert').waitFor({ state: 'detached' });
});

it('gives a mistake the width of a phone, and the way to its place below', async () => {
  const page = await open();
  await page.setViewportSize({ width: 390, height: 844 });
  await statement(page).fill('SELECT nothing_of_the_kind FROM system.mlflow.runs');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const [notice, way] = [page.getByRole('alert'), page.getByRole('button', { name: /^Go to line/ })];
  await way.waitFor();
  const [above, below] = [(await notice.boundingBox())!, (await way.boundingBox())!];
  expect(above.width).toBeGreaterThan(300);
  expect(below.y).toBeGreaterThanOrEqual(above.y + above.height);
  await look(page, 'sql-error-phone');
});

it('marks a mistake of grammar as well', async () => {
  const page = await open(`?q=${encodeURIComponent('GRANT EXECUTE ON CATALOG prod')}`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('button', { name: /^Go to line 1, column \d+/ }).waitFor();
});

it('shows what the reader may see, and refuses what they may not do', async () => {
  const page = await open('', 'jane@acme.com');
  await statement(page).fill('SHOW CATALOGS');
  await statement(page).press('Control+Enter');
  await page.getByText('workspace').first().waitFor();
  expect(await page.getByRole('grid', { name: 'Result' }).textContent()).not.toContain('prod');
  await statement(page).fill('CREATE CATALOG mine');
  await statement(page).press('Control+Enter');
  await page
    .getByRole('alert')
    .getByText(/ermission denied/)
    .waitFor();
});
