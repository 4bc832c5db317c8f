import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { ADMIN_TOKEN, addGroup, addPerson, asAdmin, openAs } from './harness/people.ts';
import { runningSite, type Site } from './harness/site.ts';

const ADMIN = 'root@acme.com';
const SCIM = '/api/2.0/preview/scim/v2';

const site = runningSite({ adminToken: ADMIN_TOKEN, fill });

async function fill(made: Site): Promise<void> {
  await addPerson(made, ADMIN, { isAdmin: true });
  await addPerson(made, 'jane@acme.com');
  await addPerson(made, 'omar@acme.com');
  await addGroup(made, 'ML Engineers', ['jane@acme.com']);
}

const open = (search = '', name = ADMIN): Promise<Page> =>
  openAs(site, { name, address: `/access${search}` });

interface Found {
  readonly Resources?: readonly {
    readonly id: string;
    readonly active?: boolean;
    readonly members?: readonly { readonly display: string }[];
  }[];
}

async function find(folder: string, filter: string) {
  const { Resources } = await asAdmin<Found>(
    site,
    'GET',
    `${SCIM}/${folder}?filter=${encodeURIComponent(filter)}`,
  );
  return Resources?.[0];
}
const membersOf = async (group: string) =>
  (await find('Groups', `displayName eq "${group}"`))?.members?.map(({ display }) => display) ?? [];

it('lists users, finds one, and deactivates and activates them', async () => {
  const page = await open();
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('omar');
  await page.getByText('1 user', { exact: true }).waitFor();
  await page.getByRole('link', { name: /omar@acme.com/ }).click();
  await page.getByRole('heading', { name: 'omar@acme.com' }).waitFor();
  await look(page, 'access-user');
  await page.getByRole('switch', { name: 'omar@acme.com is active' }).click();
  await page.getByText('Deactivated').first().waitFor();
  expect((await find('Users', 'userName eq "omar@acme.com"'))?.active).toBe(false);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Deactivated').first().waitFor({ state: 'detached' });
  expect((await find('Users', 'userName eq "omar@acme.com"'))?.active).toBe(true);
});

it('creates a user with a password, who signs in by it, and deletes them', async () => {
  const page = await open();
  await page.getByRole('button', { name: 'New user' }).click();
  await page.getByRole('textbox', { name: 'User name' }).fill('new@acme.com');
  await page.locator('input[autocomplete="new-password"]').fill('a long enough password');
  await look(page, 'access-new-user');
  await page.getByRole('button', { name: 'Create user' }).click();
  await page.getByRole('heading', { name: 'new@acme.com' }).waitFor();
  const theirs = await openAs(site, { name: 'new@acme.com', address: '/' });
  expect(await theirs.getByRole('link', { name: 'Access' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Actions of new@acme.com' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByRole('textbox', { name: 'Type new@acme.com to confirm' }).fill('new@acme.com');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('new@acme.com is deleted.').waitFor();
  expect(await find('Users', 'userName eq "new@acme.com"')).toBeUndefined();
});

it('adds and removes members of a group, with a way back', async () => {
  const page = await open('?show=group');
  await page.getByRole('link', { name: /ML Engineers/ }).click();
  const members = page.getByRole('region', { name: 'Members' });
  await members.getByText('jane@acme.com').waitFor();
  await members.getByRole('combobox', { name: 'Add somebody' }).fill('nobody');
  await members.getByRole('button', { name: 'Add', exact: true }).click();
  await members.getByText('Nobody is called that.').waitFor();
  await members.getByRole('combobox', { name: 'Add somebody' }).fill('omar@acme.com');
  await members.getByText('omar@acme.com gets all rights of ML Engineers.').waitFor();
  await members.getByRole('combobox', { name: 'Add somebody' }).press('Enter');
  await members.getByRole('button', { name: 'Remove omar@acme.com' }).waitFor();
  await look(page, 'access-group');
  expect(await membersOf('ML Engineers')).toEqual(['jane@acme.com', 'omar@acme.com']);
  await members.getByRole('button', { name: 'Remove omar@acme.com' }).click();
  await members.getByRole('button', { name: 'Remove omar@acme.com' }).waitFor({ state: 'detached' });
  expect(await membersOf('ML Engineers')).toEqual(['jane@acme.com']);
});

it('makes a service principal and a token for it, and revokes it among the tokens of all', async () => {
  const page = await open('?show=service-principal');
  await page.getByText('There are no service principals yet.').waitFor();
  await page.getByRole('button', { name: 'New service principal' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('deploys from CI');
  await page.getByRole('button', { name: 'Create service principal' }).click();
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByRole('textbox', { name: 'What it is for' }).fill('the pipeline');
  await page.getByRole('button', { name: 'Make token' }).click();
  const lines = await page.getByText(/DATABRICKS_TOKEN=dapi/).textContent();
  const [token] = /dapi[0-9a-f]{32}/.exec(lines ?? '') ?? [];
  const me = () => fetch(`${site.url}${SCIM}/Me`, { headers: { authorization: `Bearer ${token}` } });
  expect((await me()).status).toBe(200);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText('Tokens', { exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: 'the pipeline' });
  await row.getByText('deploys from CI').waitFor();
  await look(page, 'access-tokens');
  await row.hover();
  await page.getByRole('button', { name: 'Revoke the pipeline of deploys from CI' }).click();
  await page.getByText(/Programs that sign in by the pipeline as deploys from CI are refused/).waitFor();
  expect((await me()).status).toBe(200);
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await row.waitFor({ state: 'detached' });
  expect((await me()).status).toBe(401);
});

it('is for administrators', async () => {
  const page = await open('', 'jane@acme.com');
  await page.getByRole('heading', { name: 'Users and groups are for administrators' }).waitFor();
});
