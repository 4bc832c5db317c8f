import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../tools/postgres.mjs';
import { look } from './harness/looks.ts';
import { expectProblem, runningSite } from './harness/site.ts';

const site = runningSite({ args: ['--webhooks-allow-http', 'true', '--webhooks-allow-private', 'true'] });

it('tells how to connect and what the server speaks', async () => {
  const page = await site.open('/settings');
  await page.getByText(/^MLflow 3\.\d+/).waitFor();
  await page.getByRole('heading', { name: 'Any program in this shell' }).waitFor();
  await page.getByText(`export MLFLOW_TRACKING_URI=${site.url}`).waitFor();
  await page.getByText('Nobody is told when a model').waitFor();
  await look(page, 'settings');
});

it('keeps the theme that is chosen', async () => {
  const page = await site.open('/settings');
  await page.getByText('Dark', { exact: true }).click();
  await page.reload();
  expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark');
  expect(await page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
});

it('copies the tracking URI', async () => {
  const page = await site.open('/settings');
  await page.getByRole('button', { name: 'Copy the tracking URI' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(site.url);
});

it('lists webhooks, tests one, and turns it off and on again', async () => {
  const port = await freePort();
  const received: string[] = [];
  const receiver = createServer((request, response) => {
    received.push(request.url ?? '');
    request.resume();
    response.end();
  }).listen(port, '127.0.0.1');
  onTestFinished(() => void receiver.close());
  const events = [{ entity: 'MODEL_VERSION', action: 'CREATED' }];
  const { webhookId } = await site.client.webhooks.create({
    name: 'deploy-now',
    url: `http://127.0.0.1:${port}/hook`,
    events,
  });
  const page = await site.open('/settings');
  await page.getByText('model_version.created').waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByText(/took the test delivery/).waitFor();
  expect(received).toEqual(['/hook']);
  await page.getByRole('switch', { name: 'deploy-now is active' }).click();
  await page.getByText('Off', { exact: true }).waitFor();
  await look(page, 'settings-webhooks');
  expect((await site.client.webhooks.get(webhookId)).status).toBe('DISABLED');
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await page.getByText('Active', { exact: true }).waitFor();
});

it('tells what became of deliveries', async () => {
  const port = await freePort();
  const receiver = createServer((request, response) => {
    request.resume();
    response.statusCode = 410;
    response.end();
  }).listen(port, '127.0.0.1');
  onTestFinished(() => void receiver.close());
  await site.client.webhooks.create({
    name: 'told-of-models',
    url: `http://127.0.0.1:${port}/hook`,
    events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }],
  });
  await site.client.registeredModels.create({ name: 'told' });
  const page = await site.open('/settings');
  await page.getByRole('button', { name: 'Deliveries of told-of-models' }).click();
  const log = page.getByRole('region', { name: 'Deliveries of told-of-models' });
  await log.getByText('registered_model.created', { exact: false }).waitFor();
  await log.getByText(/Attempt 1: answered 410/).waitFor();
  await look(page, 'settings-deliveries');
});

it('says so where the server does not answer', async () => {
  const page = await site.open('/');
  expectProblem(page, /500|version/);
  await page.route('**/version', (route) => route.fulfill({ status: 500, body: 'broken' }));
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('The server does not tell about itself').waitFor();
});
