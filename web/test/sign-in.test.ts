import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { identityProvider } from '../../server/src/http/identity-provider.fixture.ts';
import { look } from './harness/looks.ts';
import { ADMIN_TOKEN, addPerson } from './harness/people.ts';
import { expectProblem, runningSite, type Site } from './harness/site.ts';

const PASSWORD = 'a long enough password';

const provider = await identityProvider();
const { args, env } = provider;
const site = runningSite({ adminToken: ADMIN_TOKEN, args, env, fill });

async function fill(made: Site): Promise<void> {
  await addPerson(made, 'jane@acme.com');
  await provider.serve(made.url);
}

/** Opens a page as nobody, so that the sign-in stands before it. */
async function openSignedOut(address: string): Promise<Page> {
  const page = await site.open(address);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  return page;
}

async function signIn(page: Page, { name, password }: { name: string; password: string }): Promise<void> {
  await page.getByLabel('User name').fill(name);
  await page.locator('input[autocomplete="current-password"]').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

it('asks who is there and nothing else until somebody has signed in', async () => {
  const { experimentId } = await site.client.experiments.getByName('Default');
  for (const address of ['/', `/experiments/${experimentId}`, '/models']) {
    const page = await openSignedOut(address);
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).pathname));
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const questions = [...asked].filter((path) => /^\/(api|ajax-api)\//.test(path));
    expect(questions).toEqual(['/api/slipway/v1/session']);
  }
});

it('asks who it is before the page, and then shows the page that was asked for', async () => {
  const page = await openSignedOut('/experiments');
  await look(page, 'sign-in');
  await signIn(page, { name: 'jane@acme.com', password: PASSWORD });
  await page.getByRole('heading', { name: 'Experiments' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/experiments');
});

it('says that a name and a password do not go together, and nothing more', async () => {
  const page = await openSignedOut('/');
  expectProblem(page, /401.*\/session|\/session.*401/);
  const refusalOf = async (name: string): Promise<string> => {
    await signIn(page, { name, password: 'not the password' });
    await page.getByText(/credentials are not valid/).waitFor();
    return (await page.locator('[id$="-error"]').textContent()) ?? '';
  };
  const ofKnown = await refusalOf('jane@acme.com');
  expect(ofKnown).not.toBe('');
  expect(await refusalOf('nobody@acme.com')).toBe(ofKnown);
});

it('changes things by its session, in a second tab as well, and signs out', async () => {
  const page = await openSignedOut('/experiments');
  await signIn(page, { name: 'jane@acme.com', password: PASSWORD });
  await page.getByRole('button', { name: 'New experiment' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('of-jane');
  await page.getByRole('button', { name: 'Create experiment' }).click();
  await page.getByText('of-jane').first().waitFor();
  const second = await page.context().newPage();
  await second.goto(`${site.url}/experiments`);
  await second.getByText('of-jane').first().waitFor();
  await second.getByRole('button', { name: 'Signed in as jane@acme.com' }).click();
  await second.getByRole('menuitem', { name: 'Sign out' }).click();
  await second.getByRole('heading', { name: 'Sign in' }).waitFor();
});

it('signs in by the identity provider, and knows who came from the first page on', async () => {
  const page = await openSignedOut('/experiments?q=fraud');
  // The provider's own pages are not ours to mend: a font from elsewhere, no icon, a field without a hint.
  expectProblem(page, new RegExp(`fonts\\.googleapis\\.com|${provider.issuer}/(interaction|favicon)`));
  await page.getByRole('link', { name: 'Sign in with Acme' }).click();
  await page.locator('input[name="login"]').fill('fay@acme.com');
  await page.locator('input[name="password"]').fill('any');
  await page.locator('button[type="submit"]').click();
  await page.locator('button[type="submit"]').click();
  await page.getByRole('heading', { name: 'Experiments' }).waitFor();
  expect(page.url()).toBe(`${site.url}/experiments?q=fraud`);
  await page.getByRole('button', { name: 'Signed in as fay@acme.com' }).waitFor();
  await page.getByRole('button', { name: 'Signed in as fay@acme.com' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

it('says on the sign-in page why the provider’s answer signs nobody in', async () => {
  const page = await openSignedOut('/models?q=fraud');
  expectProblem(page, new RegExp(`fonts\\.googleapis\\.com|${provider.issuer}/(interaction|favicon)`));
  await page.getByRole('link', { name: 'Sign in with Acme' }).click();
  // Somebody here who signs in by a password.
  await page.locator('input[name="login"]').fill('jane@acme.com');
  await page.locator('input[name="password"]').fill('any');
  await page.locator('button[type="submit"]').click();
  await page.locator('button[type="submit"]').click();
  const problem = page.getByRole('alert').filter({ hasText: 'Your name at Acme' });
  await problem.waitFor();
  await look(page, 'sign-in-refused');
  expect(page.url()).toBe(`${site.url}/models?q=fraud`);
  await signIn(page, { name: 'jane@acme.com', password: PASSWORD });
  await page.getByRole('button', { name: 'Signed in as jane@acme.com' }).waitFor();
  expect(await problem.count()).toBe(0);
});

it('makes a token that programs sign in by, tells it once, and revokes it', async () => {
  const page = await openSignedOut('/settings');
  await signIn(page, { name: 'jane@acme.com', password: PASSWORD });
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByRole('textbox', { name: 'What it is for' }).fill('training on the cluster');
  await page.getByRole('button', { name: 'Make token' }).click();
  const lines = await page.getByText(/DATABRICKS_TOKEN=dapi/).textContent();
  const [token] = /dapi[0-9a-f]{32}/.exec(lines ?? '') ?? [];
  await look(page, 'new-token');
  const me = () =>
    fetch(`${site.url}/api/2.0/preview/scim/v2/Me`, { headers: { authorization: `Bearer ${token}` } });
  expect(await (await me()).json()).toMatchObject({ userName: 'jane@acme.com' });
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText('training on the cluster').waitFor();
  expect(await page.locator('body').textContent()).not.toContain(token);
  await look(page, 'settings-tokens');
  await page.getByRole('button', { name: 'Revoke training on the cluster' }).click();
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await page.getByText('Programs sign in by tokens that you make here.', { exact: false }).waitFor();
  expect((await me()).status).toBe(401);
});
