import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { ADMIN_TOKEN, addPerson, asAdmin, openAs } from './harness/people.ts';
import { presentEnvironments } from './harness/present-environment.ts';
import { runPython } from './harness/python.ts';
import { expectProblem, runningSite, type Site } from './harness/site.ts';

const ADMIN = 'root@acme.com';
const READER = 'jane@acme.com';
const MODELS = '/ajax-api/slipway/v1/serving-endpoints';
const UP_MS = 60_000;
const RTL = 'بيت <b>x</b>';

const site = runningSite({
  adminToken: ADMIN_TOKEN,
  args: ['--uv', await presentEnvironments(), '--model-isolation', 'off'],
  fill,
});

/** Three versions of a model that halves; what the fourth needs is nowhere. */
const LOG = `
import os
import mlflow
import pandas as pd
from mlflow.models import infer_signature

class Halves(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        print("asked for", len(model_input), "rows", flush=True)
        return (model_input["amount"] / 2).tolist()

mlflow.set_experiment("serving")
frame = pd.DataFrame({"amount": [10.0, 4.0], "country": ["CH", "DE"]})
for requirements in (["mlflow-skinny"], ["mlflow-skinny"], ["mlflow-skinny", "no-such-package==1.0"]):
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="model", python_model=Halves(), signature=infer_signature(frame, [5.0, 2.0]),
            input_example=frame, registered_model_name="halves", pip_requirements=requirements,
        )
`;

async function fill(made: Site): Promise<void> {
  await addPerson(made, ADMIN, { isAdmin: true });
  await addPerson(made, READER);
  // Where the client of Python finds it.
  process.env.MLFLOW_TRACKING_TOKEN = ADMIN_TOKEN;
  await runPython(made.url, LOG);
  await asAdmin(made, 'POST', '/api/2.1/unity-catalog/catalogs', { name: 'prod' });
  await asAdmin(made, 'POST', '/api/2.1/unity-catalog/schemas', { catalog_name: 'prod', name: 'ml' });
}

const open = (address: string, name = ADMIN): Promise<Page> => openAs(site, { name, address });

const settled = (name: string) =>
  expect
    .poll(
      async () => {
        const { update } = await asAdmin<{ readonly update: string }>(site, 'GET', `${MODELS}/${name}`);
        return update;
      },
      { timeout: UP_MS },
    )
    .not.toBe('IN_PROGRESS');

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).last().click();
  await page.getByRole('option', { name: option }).click();
}

it('tells how the first endpoint is made, where there is none', async () => {
  const page = await open('/endpoints');
  await page.getByRole('heading', { name: 'No endpoint serves a model yet' }).waitFor();
  await page.getByText('w.serving_endpoints.create_and_wait').waitFor();
  await look(page, 'endpoints-empty');
});

it('serves a version from its page, answers, and shows in numbers exactly what was asked', {
  timeout: 180_000,
}, async () => {
  const page = await open('/models/halves/versions/1');
  await page.getByRole('button', { name: 'Serve…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('halves version 1 is loaded, and has to answer its input example.').waitFor();
  await dialog.getByRole('checkbox', { name: /Keep requests/ }).check();
  await dialog.getByText('Say in which catalog and schema').waitFor();
  await dialog.getByRole('combobox', { name: 'Catalog' }).fill('prod');
  await dialog.getByRole('combobox', { name: 'Schema' }).fill('ml');
  await dialog.getByText(/become a row of prod\.ml\.halves_payload/).waitFor();
  await look(page, 'endpoint-create');
  await dialog.getByRole('button', { name: 'Create endpoint' }).click();
  await page.getByRole('heading', { name: 'halves', level: 1 }).waitFor();
  await settled('halves');
  await page.getByText('Answers now').waitFor({ timeout: UP_MS });

  await page.getByRole('tab', { name: 'Try it' }).click();
  const body = page.getByRole('textbox', { name: 'Body of the request' });
  await expect.poll(() => body.inputValue()).toContain('"country"');
  await page.getByRole('button', { name: 'Send request' }).click();
  await page.getByText('Answered', { exact: true }).waitFor({ timeout: UP_MS });
  expect(await page.getByRole('region', { name: 'Answer' }).textContent()).toContain('[5, 2]');
  await page.getByText('Form', { exact: true }).click();
  await page.getByRole('textbox', { name: 'amount' }).fill('9');
  await page.getByRole('button', { name: 'Send request' }).click();
  await page.getByText('[4.5]').waitFor();
  await page.getByText('JSON', { exact: true }).click();
  expectProblem(page, /400/);
  await body.fill('{"dataframe_records": [{"amount": "much", "country": "CH"}]}');
  await page.getByRole('button', { name: 'Send request' }).click();
  await page.getByText('It was refused with 400').waitFor();
  await look(page, 'endpoint-try');

  // Two answers and a refusal, as the process has counted them, and as the page shows them.
  await page.getByRole('tab', { name: 'Overview' }).click();
  const totals = page.getByRole('region', { name: 'Counts since the start' });
  await totals.getByRole('row', { name: /200 python 2$/ }).waitFor();
  await totals.getByRole('row', { name: /400 .* 1$/ }).waitFor();
  await expect
    .poll(
      async () => {
        const { entities } = await asAdmin<{
          readonly entities: readonly {
            readonly requests: readonly number[];
            readonly refused: readonly number[];
          }[];
        }>(site, 'GET', `${MODELS}/halves/numbers?span_ms=3600000&step_ms=30000`);
        const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
        return entities.map(({ requests, refused }) => [sum(requests), sum(refused)]);
      },
      { timeout: UP_MS },
    )
    .toEqual([[3, 1]]);
  await page.getByRole('button', { name: 'Table' }).click();
  await page.getByRole('columnheader', { name: 'Latency p95 (ms)' }).waitFor();
  await page.getByRole('button', { name: 'Charts' }).click();
  await page.getByRole('img', { name: /^Requests in \/s/ }).waitFor();
  await look(page, 'endpoint');

  await page.getByRole('tab', { name: 'Logs' }).click();
  await expect.poll(() => page.getByRole('log').textContent()).toContain('asked for 2 rows');
  await page.getByText('Build', { exact: true }).click();
  await expect.poll(() => page.getByRole('log').textContent()).toContain('answers its input example');
  await look(page, 'endpoint-logs');
});

it('shows the rows of its requests under the rights of the reader', { timeout: 120_000 }, async () => {
  await expect
    .poll(
      async () => {
        const answer = await asAdmin<{
          readonly result?: { readonly data_array?: readonly (readonly string[])[] };
        }>(site, 'POST', '/api/2.0/sql/statements', {
          statement: 'SELECT count(*) FROM prod.ml.halves_payload WHERE status_code = 200',
          wait_timeout: '30s',
        });
        return answer.result?.data_array?.[0]?.[0];
      },
      { timeout: UP_MS },
    )
    .toBe('2');
  const page = await open('/endpoints/halves?tab=requests');
  await page.getByText(/^\d rows, read/).waitFor();
  await page.getByRole('columnheader', { name: 'databricks_request_id' }).waitFor();
  await look(page, 'endpoint-requests');
  await page.getByRole('link', { name: 'prod.ml.halves_payload' }).click();
  await page.waitForURL(/\/catalog\?on=/);
});

it('changes the split, follows the update, fails with the requirement, and rolls back', {
  timeout: 240_000,
}, async () => {
  const page = await open('/endpoints/halves');
  await page.getByRole('button', { name: 'Change the split…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add a model' }).click();
  await dialog.getByRole('combobox', { name: 'Registered model' }).last().fill('halves');
  await choose(page, 'Version or alias', 'Version 2');
  await dialog.getByLabel('Share of the requests, in %').last().fill('10');
  await dialog.getByText('halves-1 gets 90 % of the requests, now 100 %.').waitFor();
  await dialog.getByText('Configuration 1 answers until the new one is ready', { exact: false }).waitFor();
  await look(page, 'endpoint-split');
  await dialog.getByRole('button', { name: 'Update endpoint' }).click();
  await page.getByText(/^configuration 2, by/).waitFor({ timeout: UP_MS });
  await settled('halves');
  await page.getByRole('list', { name: 'Split of the requests' }).getByText('90 %').waitFor();

  await page.getByRole('button', { name: 'Update…' }).click();
  await dialog.getByRole('button', { name: 'Take model 2 out' }).click();
  await choose(page, 'Version or alias', 'Version 3');
  await dialog.getByRole('button', { name: 'Update endpoint' }).click();
  const doing = page.getByRole('region', { name: 'What it is doing' });
  await doing.getByText('Configuration 3 could not be brought up').waitFor({ timeout: UP_MS });
  await doing.getByText(/no-such-package==1\.0: there is no such package in the index/).waitFor();
  await doing.getByText('Configuration 2 answers on.').waitFor();
  await look(page, 'endpoint-failed');

  await page.getByRole('tab', { name: 'History' }).click();
  await page.getByRole('button', { name: 'Roll back to configuration 1' }).click();
  await dialog.getByText('halves-2 answers no more, and its processes end.').waitFor();
  await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
  await settled('halves');
  const history = page.getByRole('region', { name: 'Configurations' });
  await history.getByText('Answers now').waitFor({ timeout: UP_MS });
  await expect
    .poll(() => history.getByRole('listitem').first().textContent(), { timeout: UP_MS })
    .toContain('Answers now');
  await look(page, 'endpoint-history');
});

it('is tagged and shared, and asked by whoever may', { timeout: 120_000 }, async () => {
  const page = await open('/endpoints/halves?tab=permissions');
  await page.getByRole('button', { name: 'Tag', exact: true }).click();
  await page.getByRole('textbox', { name: 'Name of the tag' }).fill(RTL);
  await page.getByRole('textbox', { name: 'Value of the tag' }).fill('אבג');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('אבג').waitFor();
  await page.getByRole('button', { name: 'Share…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'With whom' }).fill(READER);
  await dialog.getByText(`${READER} may see it and ask it.`).waitFor();
  await dialog.getByRole('button', { name: 'Give CAN_QUERY' }).click();
  await page.getByText('CAN_QUERY: may see it and ask it').waitFor();
  await look(page, 'endpoint-permissions');

  const theirs = await open('/endpoints/halves', READER);
  await theirs.getByText('Answers now').waitFor();
  expect(await theirs.getByRole('button', { name: /^(Update|Change the split)/ }).count()).toBe(0);
  expect(await theirs.getByRole('tab', { name: 'Logs' }).count()).toBe(0);
});

it('is found by the palette, by printed links, on a phone, and among hundreds', {
  timeout: 120_000,
}, async () => {
  for (let i = 0; i < 300; i += 1)
    await asAdmin(site, 'POST', '/api/2.0/serving-endpoints', { name: `idle-${String(i).padStart(3, '0')}` });
  const page = await open('/ml/endpoints');
  await page.getByRole('link', { name: 'halves', exact: true }).waitFor();
  await page.getByText('301 endpoints').waitFor();
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  await look(page, 'endpoints');
  await page.getByRole('searchbox').fill('idle-29');
  await page.getByText('10 of 301 endpoints').waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).fill('halv');
  await page.getByRole('group', { name: 'Endpoints' }).getByRole('option', { name: 'halves' }).click();
  await page.waitForURL(/\/endpoints\/halves$/);
  const phone = await openAs(site, {
    name: ADMIN,
    address: '/endpoints/halves',
    options: { viewport: { width: 390, height: 844 } },
  });
  await phone.getByText('Answers now').waitFor();
  await look(phone, 'endpoint-phone');
  expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

it('says what goes before it is deleted, and is gone', async () => {
  const version = await open('/models/halves/versions/1');
  await version.getByText('100 % of its requests').waitFor();
  const page = await open('/endpoints/halves');
  await page.getByRole('button', { name: 'Actions of this endpoint' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByText('The table prod.ml.halves_payload stays, with its rows', { exact: false }).waitFor();
  await page.getByRole('textbox', { name: 'Type halves to confirm' }).fill('halves');
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByText('The endpoint halves is deleted.').waitFor();
  expectProblem(page, /404/);
  await page.goto('/endpoints/halves');
  await page.getByRole('heading', { name: 'There is no such endpoint' }).waitFor();
});
