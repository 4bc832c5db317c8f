import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { ADMIN_TOKEN, addPerson, asAdmin, openAs } from './harness/people.ts';
import { runningSite, type Site } from './harness/site.ts';

const ADMIN = 'root@acme.com';
const VALUE = 'correct horse battery staple';
const PATH = '/api/2.0/secrets';

const site = runningSite({ adminToken: ADMIN_TOKEN, fill });

async function fill(made: Site): Promise<void> {
  await addPerson(made, ADMIN, { isAdmin: true });
  await addPerson(made, 'jane@acme.com');
  await asAdmin(made, 'POST', `${PATH}/scopes/create`, { scope: 'warehouse' });
  await asAdmin(made, 'POST', `${PATH}/put`, { scope: 'warehouse', key: 'user', string_value: 'etl' });
}

const open = (search = '', name = ADMIN): Promise<Page> =>
  openAs(site, { name, address: `/secrets${search}` });

it('makes a scope, writes a secret into it that is never shown, and deletes both', async () => {
  const page = await open();
  await page.getByRole('button', { name: 'New scope' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('mail');
  await page.getByRole('button', { name: 'Create scope' }).click();
  await page.getByText('It holds no secret yet.').waitFor();
  await page.getByRole('button', { name: 'Write a secret…' }).click();
  await page.getByRole('textbox', { name: 'Key' }).fill('password');
  await page.getByRole('textbox', { name: 'Value' }).fill(VALUE);
  await page.getByRole('button', { name: 'Write secret' }).click();
  await page.getByRole('button', { name: 'Delete password' }).waitFor();
  const { value } = await asAdmin<{ readonly value: string }>(
    site,
    'GET',
    `${PATH}/get?scope=mail&key=password`,
  );
  expect(Buffer.from(value, 'base64').toString()).toBe(VALUE);
  await page.reload();
  await page.getByRole('button', { name: 'Delete password' }).waitFor();
  expect(await page.content()).not.toContain(VALUE);
  await look(page, 'secrets');
  await page.getByRole('button', { name: 'Delete password' }).click();
  await page.getByRole('textbox', { name: 'Type password to confirm' }).fill('password');
  await page.getByRole('button', { name: 'Delete secret' }).click();
  await page.getByText('It holds no secret yet.').waitFor();
  await page.getByRole('button', { name: 'Delete scope…' }).click();
  await page.getByRole('textbox', { name: 'Type mail to confirm' }).fill('mail');
  await page.getByRole('button', { name: 'Delete scope', exact: true }).click();
  await page.getByText('The scope mail is deleted.').waitFor();
  expect(await page.getByRole('link', { name: 'mail' }).count()).toBe(0);
});

it('gives others a permission, and takes it back', async () => {
  const page = await open('?scope=warehouse');
  const acls = page.getByRole('region', { name: 'Who may use it' });
  await acls.getByRole('button', { name: 'Share…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'With whom' }).fill('jane@acme.com');
  await dialog.getByText('jane@acme.com gets READ on warehouse: they may read its secrets.').waitFor();
  await look(page, 'secrets-share');
  await dialog.getByRole('button', { name: 'Give READ' }).click();
  await acls.getByText('READ: may read its secrets').waitFor();
  await look(page, 'secrets-acls');
  const theirs = await open('?scope=warehouse', 'jane@acme.com');
  await theirs.getByText('user', { exact: true }).waitFor();
  expect(await theirs.getByRole('button', { name: /^(Delete|Write|Replace)/ }).count()).toBe(0);
  await acls.getByRole('button', { name: 'Change the permission of jane@acme.com' }).click();
  await dialog.getByRole('combobox', { name: 'Permission' }).click();
  await page.getByRole('option', { name: 'None: take it away' }).click();
  await dialog.getByText('jane@acme.com may no longer read its secrets, in warehouse.').waitFor();
  await dialog.getByRole('button', { name: 'Take READ away' }).click();
  await acls.getByText('READ: may read its secrets').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await acls.getByText('READ: may read its secrets').waitFor();
});
