import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { runPython } from './harness/python.ts';
import { expectProblem, runningSite } from './harness/site.ts';

const FILL = `
import json, mlflow, numpy as np, pandas as pd
from mlflow.entities import Param
mlflow.set_experiment("fraud-detection")
ids = {}
with mlflow.start_run(run_name="baseline", description="## Idea\\n\\n- [x] trained\\n\\n<script>alert(1)</script> ![x](https://example.com/x.png)") as run:
    ids["run"] = run.info.run_id
    mlflow.set_tags({"owner": "ada", "html": "<img src=x onerror=alert(1)>", "mlflow.source.git.commit": "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "mlflow.source.git.repoURL": "https://github.com/acme/fraud.git"})
    mlflow.log_input(mlflow.data.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), source="https://example.com/x.csv", name="payments"), context="training")
    mlflow.log_params({"depth": 3, "rate": 0.1})
    for step in range(50):
        mlflow.log_metric("loss", 1 / (step + 1) + (5 if step == 17 else 0), step=step)
    mlflow.log_metrics({"accuracy": 0.9713, "broken": float("nan")})
    mlflow.log_metric("system/cpu_utilization_percentage", 40.0, step=0)
    mlflow.log_metric("system/cpu_utilization_percentage", 60.0, step=1)
    with mlflow.start_run(run_name="fold 1", nested=True) as child:
        ids["child"] = child.info.run_id
client = mlflow.MlflowClient()
wide = client.create_run(run.info.experiment_id, run_name="<b>wide</b> 🚀 مرحبا " + "w" * 450)
ids["wide"] = wide.info.run_id
for batch in range(100):
    client.log_batch(wide.info.run_id, params=[Param(f"p.{batch:03d}.{i:03d}", f"value {batch * 100 + i}") for i in range(100)])
ids["experiment"] = run.info.experiment_id
print(json.dumps(ids))
`;

let ids: { readonly run: string; readonly child: string; readonly wide: string; readonly experiment: string };

const site = runningSite({
  async fill({ url }) {
    ids = JSON.parse((await runPython(url, FILL)).trim().split('\n').at(-1)!) as typeof ids;
  },
});
const address = (runId: string, rest = '') => `/experiments/${ids.experiment}/runs/${runId}${rest}`;

it('tells where a run comes from, what it was given and what came out, with exact extremes', async () => {
  const page = await site.open(address(ids.run));
  await page.getByRole('heading', { level: 1, name: 'baseline' }).waitFor();
  const row = page.getByRole('table', { name: 'Metrics' }).getByRole('row', { name: /^loss/ });
  await expect
    .poll(() => row.getByRole('cell').allTextContents())
    .toEqual(['loss', '0.02000', '0.02000', '5.056', '49', '50']);
  const params = page.getByRole('table', { name: 'Params' });
  expect(await params.getByRole('row').allTextContents()).toEqual(['ParamValue', 'depth3', 'rate0.1']);
  expect(await page.getByRole('link', { name: '4b825dc642' }).getAttribute('href')).toBe(
    'https://github.com/acme/fraud/commit/4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  );
  await page.getByRole('button', { name: /payments training/ }).click();
  await page.getByText('num rows: 2').waitFor();
  await page.getByRole('link', { name: 'fold 1' }).waitFor();
  await look(page, 'run');
});

it('shows notes without running what is in them', async () => {
  const page = await site.open(address(ids.run));
  const note = page.getByRole('region', { name: 'Note' });
  await note.getByText('<script>alert(1)</script>').waitFor();
  expect(await note.getByRole('checkbox', { name: 'Done' }).isChecked()).toBe(true);
  expect(await note.locator('img').count()).toBe(0);
});

it('leads from a child to its parent', async () => {
  const page = await site.open(address(ids.child));
  await page
    .getByRole('complementary', { name: 'About this run' })
    .getByRole('link', { name: 'baseline' })
    .click();
  await page.getByRole('heading', { level: 1, name: 'baseline' }).waitFor();
  expect(page.url()).toContain(ids.run);
});

it('goes to the run before and back by keys', async () => {
  const page = await site.open(address(ids.run));
  await page.getByText('3 of 3').waitFor();
  await page.keyboard.press('k');
  await page.getByRole('heading', { level: 1, name: 'fold 1' }).waitFor();
  await page.getByText('2 of 3').waitFor();
  await page.keyboard.press('j');
  await page.getByRole('heading', { level: 1, name: 'baseline' }).waitFor();
});

it('keeps the order and the filter of the list that it was opened from', async () => {
  const experimentId = await site.client.experiments.create({ name: 'ordered' });
  for (const [name, value] of Object.entries({ low: 0.1, middle: 0.5, high: 0.9, out: 2 })) {
    const run = await site.client.runs.create({ experimentId, name });
    await site.client.runs.logBatch(run.runId, { metrics: [{ key: 'acc', value, step: 0 }] });
    await run.end();
  }
  const list = `?filter=${encodeURIComponent('metrics.acc < 1')}&sort=${encodeURIComponent('-m.acc')}`;
  const page = await site.open(`/experiments/${experimentId}${list}`);
  // The first click opens the details beside the list, the second one the page.
  await page.getByRole('link', { name: 'middle' }).first().click();
  await expect.poll(() => page.url()).toContain('run=');
  await page.getByRole('row').getByRole('link', { name: 'middle' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'middle' }).waitFor();
  await page.getByText('2 of 3').waitFor();
  await page.keyboard.press('k');
  await page.getByRole('heading', { level: 1, name: 'high' }).waitFor();
  await page.getByText('1 of 3').waitFor();
  await page.reload();
  await page.getByText('1 of 3').waitFor();
  await page.keyboard.press('2');
  await page.getByText('1 of 3').waitFor();
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'ordered' }).click();
  await expect
    .poll(() => page.getByRole('combobox', { name: 'Filter' }).inputValue())
    .toBe('metrics.acc < 1');
  expect(page.url()).toContain('filter=');
});

it('names who ran it by the tag of the client where the server knows nobody', async () => {
  const run = await site.client.runs.create({
    experimentId: ids.experiment,
    name: 'by ada',
    tags: { 'mlflow.user': 'ada@acme.test' },
  });
  await run.end();
  const page = await site.open(address(run.runId));
  await page
    .getByRole('complementary', { name: 'About this run' })
    .getByRole('region', { name: 'About' })
    .getByText('ada@acme.test')
    .waitFor();
  await site.client.runs.delete(run.runId);
});

it('asks with which run to compare, and offers the parent first', async () => {
  const page = await site.open(address(ids.child));
  await page.getByRole('heading', { level: 1, name: 'fold 1' }).waitFor();
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'Compare fold 1 with' });
  await dialog.getByRole('option', { name: /baseline parent/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Compare 2 runs' }).waitFor();
});

it('draws a chart for every metric, and keeps how in the address', async () => {
  const page = await site.open(address(ids.run));
  // The keys work once the run is there.
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('2');
  await page.getByRole('region', { name: 'loss' }).getByRole('img').waitFor();
  await page.getByRole('region', { name: 'accuracy' }).getByText('0.9713').waitFor();
  await page.getByRole('region', { name: 'broken' }).getByText('NaN').waitFor();
  await page.getByRole('switch', { name: 'Log scale' }).click();
  await page.getByRole('textbox', { name: 'Find metrics' }).fill('loss');
  await expect.poll(() => page.getByRole('region', { name: 'accuracy' }).count()).toBe(0);
  await page.reload();
  await page.getByRole('region', { name: 'loss' }).getByRole('img').waitFor();
  expect(await page.getByRole('switch', { name: 'Log scale' }).isChecked()).toBe(true);
  await page.getByRole('textbox', { name: 'Find metrics' }).fill('');
  await page.getByRole('region', { name: 'accuracy' }).waitFor();
  await look(page, 'run-metrics');
});

it('tells how far the values of a metric go that has no end', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.experiment, name: 'diverged' });
  const values = [1, 1e90, 1e184, Number.POSITIVE_INFINITY, Number.NaN];
  await site.client.runs.logBatch(runId, {
    metrics: values.map((value, step) => ({ key: 'norm', value, step })),
  });
  const page = await site.open(address(runId, '/metrics'));
  await page.getByRole('region', { name: 'norm' }).getByText('largest finite value 1e184').waitFor();
  await look(page, 'run-diverged');
});

it('counts the pages of a run that it has', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.experiment, name: 'unmeasured' });
  const page = await site.open(address(runId));
  await page.getByRole('heading', { level: 1, name: 'unmeasured' }).waitFor();
  await page.keyboard.press('4');
  await expect.poll(() => page.url()).toMatch(/\/traces$/);
  await page.keyboard.press('3');
  await expect.poll(() => page.url()).toMatch(/\/artifacts$/);
});

it('shows what was measured of the machine apart', async () => {
  const page = await site.open(address(ids.run, '/system-metrics'));
  await page.getByRole('region', { name: 'system/cpu_utilization_percentage' }).getByRole('img').waitFor();
  await look(page, 'run-system-metrics');
});

it('lists ten thousand params without drawing them all, and finds one', async () => {
  const page = await site.open(address(ids.wide));
  const params = page.getByRole('table', { name: 'Params' });
  await params.getByText('p.000.000').waitFor();
  expect(await params.getByRole('row').count()).toBeLessThan(60);
  await params.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await params.getByText('value 9999').waitFor();
  await page.getByRole('textbox', { name: 'Find params' }).fill('p.042.007');
  await params.getByText('value 4207').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await look(page, 'run-wide');
});

it('renames a run, and takes it back', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.experiment, name: 'old name' });
  const page = await site.open(address(runId));
  await page.getByRole('heading', { name: 'old name' }).waitFor();
  await page.keyboard.press('e');
  await page.getByRole('textbox', { name: 'Name of the run' }).fill('new <b>name</b>');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'new <b>name</b>' }).waitFor();
  expect((await site.client.runs.get(runId)).name).toBe('new <b>name</b>');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('heading', { name: 'old name' }).waitFor();
});

it('puts a run into the trash and back', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.experiment, name: 'to be deleted' });
  const page = await site.open(address(runId));
  await page.getByRole('button', { name: 'More to do with this run' }).click();
  await page.getByRole('menuitem', { name: 'Move to the trash' }).click();
  await page.getByText('This run is in the trash.').waitFor();
  expect((await site.client.runs.get(runId)).lifecycleStage).toBe('deleted');
  await look(page, 'run-deleted');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('This run is in the trash.').waitFor({ state: 'detached' });
  expect((await site.client.runs.get(runId)).lifecycleStage).toBe('active');
});

it('clones a run and goes to the copy', async () => {
  const page = await site.open(address(ids.run));
  await page.getByRole('button', { name: 'More to do with this run' }).click();
  await page.getByRole('menuitem', { name: 'Clone params and tags' }).click();
  await page.getByRole('heading', { level: 1, name: 'baseline (copy)' }).waitFor();
  await page.getByRole('table', { name: 'Params' }).getByText('depth').waitFor();
  await page.getByText('Cloned from').waitFor();
});

it('says within a second that an open run was deleted by somebody else', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.experiment, name: 'shared' });
  const page = await site.open(address(runId));
  await page.getByRole('heading', { level: 1, name: 'shared' }).waitFor();
  // The stream of events is there once a change shows.
  await site.client.runs.setTag(runId, 'seen', 'yes');
  await page.getByText('seen', { exact: true }).waitFor();
  await site.client.runs.delete(runId);
  await page.getByText('This run is in the trash.').waitFor();
  await page.getByRole('button', { name: 'Restore' }).click();
  await page.getByText('This run is in the trash.').waitFor({ state: 'detached' });
});

it('says what is wrong with the address of a run that is not there', async () => {
  const page = await site.open('/');
  expectProblem(page, /404/);
  await page.goto(address('0123456789abcdef0123456789abcdef'));
  await page.getByRole('heading', { name: 'There is no such run' }).waitFor();
  await look(page, 'run-missing');
});

it('adds, changes and removes tags in place, each with a way back', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.experiment, name: 'tagged' });
  const page = await site.open(address(runId));
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('textbox', { name: 'Name of the tag' }).fill('stage: a/b');
  await page.getByRole('textbox', { name: 'Value of the tag' }).fill('first');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Edit stage: a/b' }).click();
  await page.getByRole('textbox', { name: 'Value of stage: a/b' }).fill('second');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await site.client.runs.get(runId)).tags['stage: a/b']).toBe('second');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await site.client.runs.get(runId)).tags['stage: a/b']).toBe('first');
  await page.getByRole('button', { name: 'Remove stage: a/b' }).click();
  await expect.poll(async () => (await site.client.runs.get(runId)).tags['stage: a/b']).toBeUndefined();
});

it('explains it when two people edit a tag, and loses neither value', async () => {
  const { runId } = await site.client.runs.create({
    experimentId: ids.experiment,
    name: 'edited by two',
    tags: { owner: 'ada' },
  });
  const page = await site.open(address(runId));
  await page.getByRole('button', { name: 'Edit owner' }).click();
  const field = page.getByRole('textbox', { name: 'Value of owner' });
  await field.fill('edsger');
  await site.client.runs.setTag(runId, 'owner', 'grace');
  const conflict = page.getByRole('alert').filter({ hasText: 'changed by somebody else' });
  await conflict.getByText('grace').waitFor();
  expect(await field.inputValue()).toBe('edsger');
  expect((await site.client.runs.get(runId)).tags.owner).toBe('grace');
  await look(page, 'run-tag-conflict');
  await conflict.getByRole('button', { name: 'Replace theirs by mine' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect.poll(async () => (await site.client.runs.get(runId)).tags.owner).toBe('edsger');
});

it('refuses to save over a tag whose change has not reached the page', async () => {
  const { runId } = await site.client.runs.create({
    experimentId: ids.experiment,
    name: 'edited blindly',
    tags: { owner: 'ada' },
  });
  const page = await site.open(address(runId));
  expectProblem(page, /409/);
  // What others do stays unknown until the page asks.
  await page.route('**/runs/get?*', (route) => route.abort('aborted'));
  await page.getByRole('button', { name: 'Edit owner' }).click();
  await page.getByRole('textbox', { name: 'Value of owner' }).fill('edsger');
  await site.client.runs.setTag(runId, 'owner', 'grace');
  await page.unroute('**/runs/get?*');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').filter({ hasText: 'changed by somebody else' }).getByText('grace').waitFor();
  expect((await site.client.runs.get(runId)).tags.owner).toBe('grace');
});

it('writes a note in Markdown, and puts two that were written at once together', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.experiment, name: 'noted' });
  const page = await site.open(address(runId));
  await page.getByRole('button', { name: /Add a note/ }).click();
  const field = page.getByRole('textbox', { name: 'Note in Markdown' });
  await field.fill('**mine**');
  await site.client.runs.setTag(runId, 'mlflow.note.content', 'theirs');
  await page.getByRole('button', { name: 'Edit both together' }).click();
  expect(await field.inputValue()).toBe('theirs\n\n---\n\n**mine**');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('region', { name: 'Note' }).locator('strong').getByText('mine').waitFor();
});

it('grows charts while the run goes on', async () => {
  const run = await site.client.runs.create({ experimentId: ids.experiment, name: 'growing' });
  await site.client.runs.logMetric(run.runId, { key: 'loss', value: 4, step: 1 });
  const page = await site.open(address(run.runId, '/metrics'));
  const card = page.getByRole('region', { name: 'loss' });
  await card.getByText('one value, at step 1').waitFor();
  await site.client.runs.logMetric(run.runId, { key: 'loss', value: 2, step: 2 });
  await card.getByText('last').waitFor();
  await card.getByRole('img', { name: /loss/ }).waitFor();
  await page.keyboard.press('1');
  const row = page.getByRole('table', { name: 'Metrics' }).getByRole('row', { name: /^loss/ });
  await expect.poll(() => row.getByRole('cell').allTextContents()).toEqual(['loss', '2', '2', '4', '2', '2']);
});

it('keeps what it shows while the server answers 500, and says so', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.experiment, name: 'kept' });
  const page = await site.open(address(runId));
  expectProblem(page, /500/);
  await page.getByRole('heading', { level: 1, name: 'kept' }).waitFor();
  await page.route('**/runs/get?*', (route) =>
    route.fulfill({ status: 500, json: { error_code: 'INTERNAL_ERROR', message: 'the disk is full' } }),
  );
  await site.client.runs.setTag(runId, 'a', 'b');
  await page.getByRole('alert').getByText('the disk is full').waitFor();
  await page.getByRole('heading', { level: 1, name: 'kept' }).waitFor();
  await page.unroute('**/runs/get?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('alert').waitFor({ state: 'detached' });
});

it('has tables as high as their rows', async () => {
  const page = await site.open(address(ids.run));
  for (const name of ['Metrics', 'Params']) {
    const table = page.getByRole('table', { name });
    await table.waitFor();
    expect(await table.evaluate((one) => one.scrollHeight - one.clientHeight)).toBe(0);
  }
});

it('can be read on a phone', async () => {
  const page = await site.open(address(ids.run), { viewport: { width: 390, height: 844 } });
  await page.getByRole('heading', { level: 1, name: 'baseline' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await look(page, 'run-phone');
});
