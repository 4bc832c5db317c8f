import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { expectProblem, type Site } from './site.ts';

/** The administrator's token of servers that tests start with identities. */
export const ADMIN_TOKEN = 'dapi0123456789abcdef0123456789abcdef';
const PASSWORD = 'a long enough password';

/** Asks the server as its administrator. @returns what it answers, which must be a success */
export async function asAdmin<Answer = unknown>(
  { url }: Pick<Site, 'url'>,
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  message?: object,
): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    ...(message !== undefined && { body: JSON.stringify(message) }),
  });
  const text = await answer.text();
  expect(answer.ok, `${method} ${path}: ${answer.status} ${text}`).toBe(true);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** Somebody who can sign in. */
export async function addPerson(
  site: Pick<Site, 'url'>,
  username: string,
  { isAdmin = false }: { readonly isAdmin?: boolean } = {},
): Promise<void> {
  await asAdmin(site, 'POST', '/api/2.0/mlflow/users/create', { username, password: PASSWORD });
  if (isAdmin)
    await asAdmin(site, 'PATCH', '/api/2.0/mlflow/users/update-admin', { username, is_admin: true });
}

/** @returns the id of the group */
export async function addGroup(
  site: Pick<Site, 'url'>,
  name: string,
  members: readonly string[] = [],
): Promise<string> {
  const scim = '/api/2.0/preview/scim/v2';
  const values: { readonly value: string }[] = [];
  for (const member of members) {
    const filter = encodeURIComponent(`userName eq "${member}"`);
    const { Resources } = await asAdmin<{ readonly Resources: readonly { readonly id: string }[] }>(
      site,
      'GET',
      `${scim}/Users?filter=${filter}`,
    );
    values.push({ value: Resources[0]!.id });
  }
  const { id } = await asAdmin<{ readonly id: string }>(site, 'POST', `${scim}/Groups`, {
    displayName: name,
    members: values,
  });
  return id;
}

/** Opens an address as somebody who was added, through the sign-in. */
export async function openAs(
  site: Site,
  {
    name,
    address,
    options,
  }: { readonly name: string; readonly address: string; readonly options?: BrowserContextOptions },
): Promise<Page> {
  const page = await site.open(address, options);
  // Nobody is signed in at first.
  expectProblem(page, /401/);
  await page.getByLabel('User name').fill(name);
  await page.locator('input[autocomplete="current-password"]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: `Signed in as ${name}` }).waitFor();
  return page;
}
