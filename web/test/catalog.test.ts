import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { ADMIN_TOKEN, addGroup, addPerson, asAdmin, openAs } from './harness/people.ts';
import { expectProblem, runningSite, type Site } from './harness/site.ts';

const UC = '/api/2.1/unity-catalog';
const ADMIN = 'root@acme.com';

const site = runningSite({ adminToken: ADMIN_TOKEN, fill });

async function fill(made: Site): Promise<void> {
  await addPerson(made, ADMIN, { isAdmin: true });
  await addPerson(made, 'jane@acme.com');
  await addPerson(made, 'omar@acme.com');
  await addGroup(made, 'ML Engineers', ['jane@acme.com']);
  const post = (path: string, message: object) => asAdmin(made, 'POST', `${UC}/${path}`, message);
  await post('catalogs', { name: 'prod', comment: 'What **customers** meet.' });
  await post('catalogs', { name: 'dev' });
  await post('schemas', { catalog_name: 'prod', name: 'ml', comment: 'Models of the risk team.' });
  await post('models', { catalog_name: 'prod', schema_name: 'ml', name: 'fraud_score' });
  await post('volumes', { catalog_name: 'prod', schema_name: 'ml', name: 'raw', volume_type: 'MANAGED' });
  await grant('catalog/prod', 'ML Engineers', ['USE_CATALOG', 'USE_SCHEMA']);
  await grant('schema/prod.ml', 'ML Engineers', ['EXECUTE']);
}

const grant = (on: string, principal: string, add: readonly string[]) =>
  asAdmin(site, 'PATCH', `${UC}/permissions/${on}`, { changes: [{ principal, add }] });

interface Assignments {
  readonly privilege_assignments: readonly { readonly principal: string; readonly privileges: string[] }[];
}

async function heldOn(on: string, principal: string): Promise<readonly string[]> {
  const { privilege_assignments } = await asAdmin<Assignments>(site, 'GET', `${UC}/permissions/${on}`);
  return privilege_assignments.find((each) => each.principal === principal)?.privileges ?? [];
}

const open = (search: string, name = ADMIN): Promise<Page> =>
  openAs(site, { name, address: `/catalog${search}` });
const item = (page: Page, name: string) => page.getByRole('treeitem').filter({ hasText: name });

it('shows the tree of catalogs by keyboard, and what is in them', async () => {
  const page = await open('');
  await item(page, 'prod').getByRole('link').focus();
  await page.keyboard.press('ArrowRight');
  await item(page, 'ml').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await item(page, 'fraud_score').waitFor();
  await item(page, 'raw').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'ml', exact: true }).waitFor();
  expect(page.url()).toContain('schema');
  await page.getByText('Models of the risk team.').waitFor();
  await look(page, 'catalog');
});

it('shows what can be done with grants also in a small window', async () => {
  const page = await open('?on=catalog:prod&tab=rights');
  await page.setViewportSize({ width: 1024, height: 768 });
  const change = page.getByRole('button', { name: 'Change the grants of ML Engineers' });
  await change.waitFor();
  const holders = page.getByRole('region', { name: 'Who holds what' });
  const [button, frame] = [(await change.boundingBox())!, (await holders.boundingBox())!];
  expect(button.x + button.width).toBeLessThanOrEqual(frame.x + frame.width);
  expect(await holders.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
  await look(page, 'catalog-rights-narrow');
});

it('opens what an address names, with the way to it', async () => {
  const page = await open('?on=model:prod.ml.fraud_score');
  await item(page, 'fraud_score').waitFor();
  await page.getByRole('link', { name: 'Versions' }).click();
  await page.getByRole('heading', { name: 'prod.ml.fraud_score' }).waitFor();
  await page.goBack();
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'prod' }).click();
  await page.getByRole('heading', { name: 'prod', exact: true }).waitFor();
});

it('creates a catalog and a schema, describes and renames them, and deletes them', async () => {
  const page = await open('');
  await page.getByRole('button', { name: 'New catalog' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('prod');
  await page.getByRole('button', { name: 'Create catalog' }).click();
  expectProblem(page, /409|400/);
  await page.getByText(/already exists/).waitFor();
  await page.getByRole('textbox', { name: 'Name' }).fill('staging');
  await page.getByRole('button', { name: 'Create catalog' }).click();
  await page.getByRole('heading', { name: 'staging', exact: true }).waitFor();
  await page.getByRole('button', { name: 'New schema' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('tmp');
  await page.getByRole('button', { name: 'Create schema' }).click();
  await page.getByRole('heading', { name: 'tmp', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Actions of staging.tmp' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('scratch');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await page.getByRole('heading', { name: 'scratch', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await page.getByRole('heading', { name: 'tmp', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Tag', exact: true }).click();
  await page.getByRole('textbox', { name: 'Name of the tag' }).fill('team');
  await page.getByRole('textbox', { name: 'Value of the tag' }).fill('risk');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByTitle('team: risk').waitFor();
  await page.getByRole('button', { name: 'Actions of staging.tmp' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByRole('textbox', { name: 'Type staging.tmp to confirm' }).fill('staging.tmp');
  await look(page, 'catalog-delete');
  await page.getByRole('button', { name: 'Delete schema' }).click();
  await page.getByRole('heading', { name: 'staging', exact: true }).waitFor();
  const { schemas } = await asAdmin<{ readonly schemas: readonly { readonly name: string }[] }>(
    site,
    'GET',
    `${UC}/schemas?catalog_name=staging`,
  );
  expect(schemas.map(({ name }) => name)).toEqual(['default']);
});

it('tells what is granted here and what comes from above', async () => {
  const page = await open('?on=schema:prod.ml&tab=rights');
  const row = page.getByRole('row', { name: /ML Engineers/ });
  await row.waitFor();
  expect(await row.textContent()).toMatch(/EXECUTE.*USE SCHEMA.*from catalog prod/);
  await page.getByText('owns this schema').waitFor();
  await look(page, 'catalog-rights');
});

it('says what a grant will do before it is done, does it, and takes it back', async () => {
  const page = await open('?on=model:prod.ml.fraud_score&tab=rights');
  await page.getByRole('button', { name: 'Grant…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'To whom' }).fill('omar@acme.com');
  await dialog.getByRole('checkbox', { name: 'EXECUTE' }).check();
  await dialog.getByText('omar@acme.com gets EXECUTE on model prod.ml.fraud_score.').waitFor();
  await dialog.getByText('To use it they also need USE CATALOG on catalog prod.').waitFor();
  await dialog.getByText('To use it they also need USE SCHEMA on schema prod.ml.').waitFor();
  await dialog.getByRole('heading', { name: 'What will happen' }).click();
  await look(page, 'grant-dialog');
  await dialog.getByRole('button', { name: 'Grant', exact: true }).click();
  await page.getByRole('row', { name: /omar@acme.com/ }).waitFor();
  expect(await heldOn('function/prod.ml.fraud_score', 'omar@acme.com')).toEqual(['EXECUTE']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('row', { name: /omar@acme.com/ }).waitFor({ state: 'detached' });
  expect(await heldOn('function/prod.ml.fraud_score', 'omar@acme.com')).toEqual([]);
});

it('takes a right away, and says where it still comes from', async () => {
  await grant('schema/prod.ml', 'ML Engineers', ['USE_SCHEMA']);
  const page = await open('?on=schema:prod.ml&tab=rights');
  await page.getByRole('button', { name: 'Change the grants of ML Engineers' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: 'USE SCHEMA' }).uncheck();
  await dialog.getByText('USE SCHEMA is taken away here, but still comes from catalog prod.').waitFor();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await heldOn('schema/prod.ml', 'ML Engineers')).toEqual(['EXECUTE']);
});

it('explains why somebody may do something, by which group, and what others lack', async () => {
  const page = await open(
    '?on=model:prod.ml.fraud_score&tab=rights&who=jane%40acme.com&does=model.read-files',
  );
  await page.getByText('jane@acme.com may load its files.').waitFor();
  const grants = page.getByRole('list', { name: 'The grants that count' });
  expect(await grants.textContent()).toMatch(/EXECUTE on schema prod\.ml, by the group ML Engineers/);
  await page.getByRole('combobox', { name: 'Who' }).fill('omar@acme.com');
  await page.getByText('omar@acme.com may not load its files.').waitFor();
  expect(await page.getByRole('list', { name: 'What is missing' }).textContent()).toMatch(
    /USE CATALOG.* on catalog prod/,
  );
  expect(page.url()).toContain('omar');
  await look(page, 'catalog-why');
  await page.getByRole('combobox', { name: 'Who' }).fill('');
  const capable = page.getByRole('list', { name: 'Who may load its files' });
  await capable.getByText('jane@acme.com').waitFor();
  expect(await capable.textContent()).not.toContain('omar');
});

it('shows to others what they may see alone, and nothing to change it by', async () => {
  const page = await open('?on=schema:prod.ml&tab=rights', 'jane@acme.com');
  await page.getByRole('row', { name: /ML Engineers/ }).waitFor();
  await page.getByText('jane@acme.com may see it.').waitFor();
  expect(await page.getByRole('button', { name: 'Grant…' }).count()).toBe(0);
  expect(await page.getByRole('treeitem').filter({ hasText: 'dev' }).count()).toBe(0);
  expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0);
  expectProblem(page, /404/);
  await page.goto(`${site.url}/catalog?on=catalog:dev`);
  await page.getByRole('heading', { name: 'There is no such catalog' }).waitFor();
});

it('is read on a phone', async () => {
  const page = await openAs(site, {
    name: ADMIN,
    address: '/catalog?on=schema:prod.ml&tab=rights',
    options: { viewport: { width: 390, height: 844 } },
  });
  await page.getByRole('row', { name: /ML Engineers/ }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await look(page, 'catalog-phone');
});
