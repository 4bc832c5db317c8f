import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { ADMIN_TOKEN, addPerson, asAdmin, openAs } from './harness/people.ts';
import { runningSite, type Site } from './harness/site.ts';

const ADMIN = 'root@acme.com';
const UC = '/api/2.1/unity-catalog';

const site = runningSite({ adminToken: ADMIN_TOKEN, fill });

async function fill(made: Site): Promise<void> {
  await addPerson(made, ADMIN, { isAdmin: true });
  await addPerson(made, 'jane@acme.com');
  await asAdmin(made, 'POST', `${UC}/catalogs`, { name: 'prod' });
  await asAdmin(made, 'PATCH', `${UC}/permissions/catalog/prod`, {
    changes: [{ principal: 'jane@acme.com', add: ['USE_CATALOG'] }],
  });
}

const open = (search = '', name = ADMIN): Promise<Page> => openAs(site, { name, address: `/audit${search}` });
const records = (page: Page) => page.getByRole('row').filter({ has: page.getByRole('link') });

it('lists what was done, and shows all of a record beside it', async () => {
  const page = await open();
  const login = records(page).filter({ hasText: 'login' }).first();
  await login.getByText(ADMIN).waitFor();
  await login.getByRole('link').click();
  const panel = page.getByRole('complementary', { name: 'The record' });
  await panel.getByText('POST /api/slipway/v1/session').waitFor();
  expect(page.url()).toContain('open=');
  await look(page, 'audit-record');
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
});

it('is searched by person, action, thing, time and outcome, and keeps the search in the address', async () => {
  const page = await open();
  await records(page).first().waitFor();
  await page.getByRole('textbox', { name: 'With what' }).fill('catalog:prod');
  await page.getByRole('textbox', { name: 'Did what' }).fill('grants');
  await expect.poll(() => page.url()).toContain('action=grants');
  await expect
    .poll(async () =>
      (await records(page).allTextContents()).map((text) => /grants\.changed.*catalog:prod/.test(text)),
    )
    .toEqual([true, true]);
  await page.getByLabel('To the day').fill('2020-01-01');
  await page.getByRole('heading', { name: 'No record matches' }).waitFor();
  await page.goto(`${site.url}/audit?principal=${encodeURIComponent(ADMIN)}&outcome=succeeded`);
  await records(page).first().getByText(ADMIN).waitFor();
  expect(await page.getByRole('combobox', { name: 'Who' }).inputValue()).toBe(ADMIN);
});

it('names who changed rights from where, and whose rights they are', async () => {
  const page = await open('?action=grants.changed');
  const given = records(page).filter({ hasText: 'catalog:prod · USE_CATALOG given to jane@acme.com' });
  await given.getByText('admin', { exact: true }).waitFor();
  await given.getByText('127.0.0.1').waitFor();
  const name = `made-by-the-client-${Date.now()}`;
  await site.client.registeredModels.create({ name });
  await page.getByRole('button', { name: 'Refresh' }).click();
  const owned = records(page).filter({ hasText: `${name} · OWNER given to admin` });
  await owned.getByText('along with another change').waitFor();
  await owned.getByRole('link').click();
  const panel = page.getByRole('complementary', { name: 'The record' });
  await panel.getByText(/^The database noted it/).waitFor();
  await look(page, 'audit-change');
});

it('shows the record of a link also where the list does not hold it, and before all else on a phone', async () => {
  const page = await open('?action=grants.changed');
  await records(page).filter({ hasText: 'USE_CATALOG given to jane' }).getByRole('link').click();
  await expect.poll(() => page.url()).toContain('open=');
  const key = new URL(page.url()).searchParams.get('open')!;
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${site.url}/audit?action=login&open=${encodeURIComponent(key)}`);
  const panel = page.getByRole('complementary', { name: 'The record' });
  await panel.getByRole('heading', { name: 'grants.changed' }).waitFor();
  await panel.getByText('USE_CATALOG given to jane@acme.com').waitFor();
  expect(await page.getByRole('search', { name: 'Narrow the log' }).isVisible()).toBe(false);
  await look(page, 'audit-record-phone');
  await page.keyboard.press('Escape');
  await page.getByRole('search', { name: 'Narrow the log' }).waitFor();
});

it('verifies the whole log, and says that it is whole', async () => {
  const page = await open();
  await page.getByRole('button', { name: 'Verify the log' }).click();
  await page.getByText('The log is whole: no record was changed, removed or put in.').waitFor();
  await page.getByText(/\d+ records? in \d+ chain/).waitFor();
  await look(page, 'audit-verification');
});

it('names what is wrong with a log that was changed', async () => {
  const page = await open();
  await page.route('**/audit/verification', (route) =>
    route.fulfill({
      json: {
        whole: false,
        faults: [{ chain: 'a1', number: 3, at: 1, what: 'Record 3 of chain a1 was changed.' }],
        chains: 1,
        records: 9,
        checkpoints: 1,
        unsealed_records: 0,
        clock_went_back: [],
      },
    }),
  );
  await page.getByRole('button', { name: 'Verify the log' }).click();
  await page.getByText('The log was tampered with.').waitFor();
  await page.getByText('Record 3 of chain a1 was changed.').waitFor();
});

it('gives the whole log as a file', async () => {
  const page = await open();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export the whole log' }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toContain('record');
});

it('shows to whoever manages a thing what was done with it, and to nobody else the log', async () => {
  await asAdmin(site, 'POST', `${UC}/schemas`, { catalog_name: 'prod', name: 'ml' });
  await asAdmin(site, 'PATCH', `${UC}/schemas/prod.ml`, { owner: 'jane@acme.com' });
  const page = await open('', 'jane@acme.com');
  await page.getByRole('heading', { name: 'The whole log is for administrators' }).waitFor();
  expect(await page.getByRole('button', { name: 'Verify the log' }).count()).toBe(0);
  await page.goto(`${site.url}/catalog?on=schema:prod.ml&tab=rights`);
  await page.getByRole('link', { name: 'What was done with it' }).click();
  await records(page).filter({ hasText: 'schema:prod.ml' }).first().waitFor();
});
