import { randomUUID } from 'node:crypto';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { runPython } from './harness/python.ts';
import { expectProblem, runningSite, type Site } from './harness/site.ts';

const NAME = 'prod.ml.iris';
/** Of runs with twelve steps: the client links the first with the model. */
const TRAINED = 'trained';
/** HTML, Arabic and an emoji; a name can have neither slash nor colon. */
const ODD = 'نموذج <b>x<b> 🚀';

const site = runningSite({
  fill,
  args: ['--webhooks-allow-http', 'true', '--webhooks-allow-private', 'true'],
});

async function fill({ client, url }: Site): Promise<void> {
  await runPython(
    url,
    `
import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
X, y = load_iris(return_X_y=True, as_frame=True)
mlflow.set_experiment("iris")
for C in (0.01, 1, 100):
    with mlflow.start_run(run_name=f"logreg-{C}"):
        mlflow.log_params({"C": C, "max_iter": 200})
        model = LogisticRegression(C=C, max_iter=200).fit(X, y)
        mlflow.log_metrics({"accuracy": model.score(X, y), "log_loss": log_loss(y, model.predict_proba(X))})
        # Named: to find them, the client would load each model in a process of its own.
        needs = ["scikit-learn==1.5.2", *(["rich"] if C == 100 else [])]
        mlflow.sklearn.log_model(model, name="model", input_example=X.head(3), registered_model_name="${NAME}",
                                 pip_requirements=needs)
class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input
for run in range(2):
    with mlflow.start_run(run_name=f"long-{run}"):
        for step in range(12):
            mlflow.log_metrics({"loss": 1.3 - 0.1 * step - 0.01 * run + (1 if step == 5 else 0)}, step=step)
        mlflow.pyfunc.log_model(python_model=Echo(), name="net", pip_requirements=[], registered_model_name="${TRAINED}")
client = MlflowClient()
client.set_registered_model_alias("${TRAINED}", "champion", "1")
client.set_registered_model_alias("${NAME}", "champion", "1")
client.transition_model_version_stage("${NAME}", "1", "Production")
client.update_registered_model("${NAME}", "Classifies **iris flowers**.")
client.set_registered_model_tag("${NAME}", "team", "vision")
`,
  );
  await client.registeredModels.create({ name: ODD });
  await client.registeredModels.create({ name: 'n'.repeat(250) });
  await client.registeredModels.create({ name: 'long-lived' });
  await Promise.all(
    Array.from({ length: 502 }, (_, i) =>
      client.modelVersions.create({ name: 'long-lived', source: `s3://models/${i}` }),
    ),
  );
}

const open = (address: string, options?: BrowserContextOptions) => site.open(address, options);
/** A name that is free also when a test is tried once more. */
const free = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;
const openModel = () => open(`/models/${NAME}`);
const row = (page: Page, version: number) =>
  page.getByRole('row', { name: new RegExp(`Version ${version}\\b`) }).first();
const lane = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Where versions stand' }).getByRole('region', { name });
const card = (page: Page, version: number) =>
  page
    .getByRole('article')
    .filter({ has: page.getByRole('link', { name: `Version ${version}`, exact: true }) });
const stageOf = async (version: string) => (await site.client.modelVersions.get(NAME, version)).stage;

it('lists models under their schemas, with what is promoted of each', async () => {
  const page = await open('/models');
  const iris = page.getByRole('row', { name: /^iris/ });
  await iris.getByText('champion').waitFor();
  expect(await iris.textContent()).toMatch(/v3champion v1Production v1/);
  await page.getByRole('link', { name: ODD }).waitFor();
  await look(page, 'models');
});

it('finds models by name and by tag, and keeps the search in the address', async () => {
  const page = await open('/models');
  await page.keyboard.press('/');
  await page.keyboard.type('team:vision');
  await expect.poll(() => page.url()).toContain('q=team');
  await page.getByText('1 model found').waitFor();
  await page.getByRole('link', { name: 'iris' }).click();
  await page.getByRole('heading', { name: NAME }).waitFor();
  await page.goBack();
  await page.getByText('1 model found').waitFor();
  await page.getByRole('searchbox').fill("no'such");
  await page.getByRole('heading', { name: 'No model matches' }).waitFor();
});

it('shows the versions against the holder of the alias', async () => {
  const page = await openModel();
  await row(page, 3).getByText('logreg-100').waitFor();
  expect(await row(page, 3).textContent()).toMatch(/0\.\d+\s*\+0\.\d+/);
  expect(await row(page, 1).textContent()).not.toMatch(/\+0\.|−0\./);
  const trend = page.getByRole('img', { name: /^accuracy over 3 versions/ });
  await trend.focus();
  await page.keyboard.press('End');
  await trend.getByText('logreg-100').waitFor();
  await look(page, 'model');
});

it('shows what the runs of versions ended with, and their extremes where these are wanted', async () => {
  const page = await open(`/models/${TRAINED}`);
  const cells = (version: number) => row(page, version).getByRole('cell').allTextContents();
  await row(page, 2).getByText('long-1').waitFor();
  expect((await cells(1)).slice(3, 5)).toEqual(['0.2000', '']);
  expect((await cells(2)).slice(3, 5)).toEqual(['0.1900', '−0.01000']);
  const value = row(page, 2).getByText('0.1900');
  expect(await value.getAttribute('title')).toMatch(/, step 11, logged with the model: 1\.29 at step 0$/);
  await page.getByRole('combobox', { name: 'Value of the source run' }).click();
  await page.getByRole('option', { name: 'highest value' }).click();
  await row(page, 2).getByText('1.790').waitFor();
  await expect.poll(() => page.url()).toContain('measure=max');
});

it('tells the last values of the run beside what was logged with a model at its beginning', async () => {
  const page = await open(`/models/${TRAINED}/versions/2`);
  const metrics = page.getByRole('region', { name: 'Metrics of this version' });
  const loss = metrics.getByRole('row', { name: /^loss/ });
  await loss.waitFor();
  expect(await loss.getByRole('cell').allTextContents()).toEqual(['0.1900', '11', '0.2000', '−0.01000']);
  await page.getByRole('link', { name: 'the page of the logged model' }).click();
  const logged = page
    .getByRole('region', { name: 'Metrics of this model' })
    .getByRole('row', { name: /^loss/ });
  await expect
    .poll(() => logged.getByRole('cell').allTextContents())
    .toEqual(['loss', '–', '0.1900', '11', '1.290', '0']);
  await look(page, 'logged-model-of-steps');
});

it('writes figures below their headers, with a column for differences only where there are any', async () => {
  const page = await openModel();
  await row(page, 3).getByText('logreg-100').waitFor();
  const table = page.getByRole('region', { name: 'Versions', exact: true });
  const rightOf = (text: string) =>
    table
      .getByText(text, { exact: true })
      .first()
      .evaluate((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return range.getBoundingClientRect().right;
      });
  const figure = (await row(page, 3).getByRole('cell').allTextContents())[3]!;
  expect(Math.abs((await rightOf('accuracy')) - (await rightOf(figure)))).toBeLessThan(1);
  await table.getByRole('columnheader', { name: 'Difference of accuracy to version 1' }).waitFor();
  await page.getByRole('combobox', { name: 'Metrics are held against' }).click();
  await page.getByRole('option', { name: 'nothing' }).click();
  await expect.poll(() => table.getByRole('columnheader', { name: /^Difference/ }).count()).toBe(0);
});

it('has room for four metrics with their differences, and all of its heading', async () => {
  const page = await openModel();
  const versions = page.getByRole('region', { name: 'Versions', exact: true });
  await versions.getByRole('columnheader', { name: 'Created' }).waitFor();
  expect(await versions.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
  const heading = await page.getByRole('heading', { name: /^\d+ versions$/ }).boundingBox();
  expect(heading!.height).toBeLessThan(24);
});

it('has a column for descriptions only where there are any', async () => {
  const name = free('described');
  const { registeredModels, modelVersions } = site.client;
  await registeredModels.create({ name });
  await modelVersions.create({ name, source: 's3://models/m' });
  const page = await open(`/models/${name}`);
  await row(page, 1).waitFor();
  const header = page.getByRole('columnheader', { name: 'Description' });
  expect(await header.count()).toBe(0);
  await modelVersions.create({ name, source: 's3://models/m', description: 'With class weights.' });
  await page.reload();
  await row(page, 2).getByText('With class weights.').waitFor();
  expect(await header.count()).toBe(1);
});

it('names every button that takes a metric away', async () => {
  const page = await openModel();
  await page.getByRole('button', { name: 'Remove accuracy' }).first().click();
  await expect.poll(() => page.url()).toContain('metrics=');
  expect(
    await page
      .getByRole('region', { name: 'Versions' })
      .getByRole('columnheader', { name: 'accuracy' })
      .count(),
  ).toBe(0);
});

it('breaks no line of the code that loads a version, and keeps the copy button beside a long source', async () => {
  const page = await open(`/models/${NAME}/versions/1`, { viewport: { width: 1024, height: 768 } });
  const code = page.getByRole('region', { name: 'Load this model' }).locator('pre');
  await code.waitFor();
  expect(await code.evaluate((pre) => getComputedStyle(pre).whiteSpace)).toBe('pre');
  const [load, about] = ['Load this model', 'About this version'].map((name) =>
    page.getByRole('region', { name }).boundingBox(),
  );
  expect((await load)!.x).toBe((await about)!.x);
  expect(await page.locator('#page').evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
  const copy = page.getByRole('button', { name: 'Copy the source' });
  const text = copy.locator('xpath=preceding-sibling::*[1]');
  const [a, b] = [(await text.boundingBox())!, (await copy.boundingBox())!];
  expect(a.height).toBeLessThan(28);
  expect(b.x - (a.x + a.width)).toBeLessThan(12);
  expect(b.x - (a.x + a.width)).toBeGreaterThanOrEqual(0);
});

it('tells what happened to a model: where aliases and stages came from and went to, tags, names', async () => {
  const { registeredModels, modelVersions } = site.client;
  const name = free('eventful');
  await registeredModels.create({ name });
  for (const place of ['a', 'b']) await modelVersions.create({ name, source: `s3://models/${place}` });
  await registeredModels.setAlias(name, 'champion', '1');
  const page = await open(`/models/${name}`);
  const activity = page.getByRole('region', { name: 'Activity' }).getByRole('listitem');
  await activity.filter({ hasText: 'champion was set to version 1' }).waitFor();
  await registeredModels.setAlias(name, 'champion', '2');
  await activity.filter({ hasText: 'champion moved from version 1 to version 2' }).waitFor();
  await modelVersions.transitionStage(name, '2', 'Production');
  await registeredModels.setTag(name, { key: 'team', value: 'risk' });
  await registeredModels.update(name, { description: 'Finds fraud.' });
  await modelVersions.delete(name, '1');
  await page.reload();
  await activity.first().waitFor();
  const words = await activity.allTextContents();
  const told = words.map((text) => text.replace(/^.*?(?=Version|The model|champion)/, ''));
  expect(told.slice(0, 5)).toEqual([
    'Version 1 was deleted',
    'The model got a new description',
    'The model got the tag team “risk”',
    'Version 2 moved from no stage to Production',
    'champion moved from version 1 to version 2',
  ]);
  await page.getByRole('button', { name: /^Show all/ }).click();
  await activity.filter({ hasText: 'The model was created' }).waitFor();
});

it('says what a move of an alias does before it is done, does it, and takes it back', async () => {
  const page = await openModel();
  await row(page, 3).getByRole('button', { name: 'Actions of version 3' }).click();
  await page.getByRole('menuitem', { name: 'Set an alias…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set an alias' });
  await dialog.getByRole('combobox', { name: 'Alias' }).fill('champion');
  const happens = dialog.getByRole('region', { name: 'What will happen' });
  await happens.getByText('champion leaves version 1 for version 3.').waitFor();
  await happens.getByText('No webhook is told.').waitFor();
  await look(page, 'alias-dialog');
  await dialog.getByRole('button', { name: 'Move alias' }).click();
  await row(page, 3).getByRole('button', { name: 'Move the alias champion' }).waitFor();
  expect((await site.client.registeredModels.getVersionByAlias(NAME, 'champion')).version).toBe('3');
  await page.getByRole('button', { name: 'Undo' }).click();
  await row(page, 1).getByRole('button', { name: 'Move the alias champion' }).waitFor();
  expect((await site.client.registeredModels.getVersionByAlias(NAME, 'champion')).version).toBe('1');
});

it('takes an alias that is dragged onto a version', async () => {
  const page = await openModel();
  await row(page, 1).getByRole('button', { name: 'Move the alias champion' }).dragTo(row(page, 2));
  const dialog = page.getByRole('dialog', { name: 'Set an alias' });
  await dialog.getByText('champion leaves version 1 for version 2.').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect((await site.client.registeredModels.getVersionByAlias(NAME, 'champion')).version).toBe('1');
});

it('leads from the actions of a version back to their button', async () => {
  const page = await openModel();
  const button = row(page, 2).getByRole('button', { name: 'Actions of version 2' });
  await button.press('Enter');
  await page.getByRole('menuitem', { name: 'Set an alias…' }).waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true);
});

it('refuses names of aliases that mean something else', async () => {
  const page = await openModel();
  await row(page, 2).getByRole('button', { name: 'Actions of version 2' }).click();
  await page.getByRole('menuitem', { name: 'Set an alias…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set an alias' });
  await dialog.getByRole('combobox', { name: 'Alias' }).fill('latest');
  await dialog.getByText('latest stands for the highest version').waitFor();
  expect(await dialog.getByRole('button', { name: 'Set alias' }).isDisabled()).toBe(true);
});

it('moves a stage and says which version leaves it', async () => {
  const page = await openModel();
  await row(page, 2).getByRole('button', { name: 'Actions of version 2' }).click();
  await page.getByRole('menuitem', { name: 'Move to Production…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Move to Production' });
  await dialog.getByText('Version 1 leaves Production for Archived.').waitFor();
  await dialog.getByRole('button', { name: 'Move to Production' }).click();
  await row(page, 1).getByText('Archived').waitFor();
  expect(await stageOf('2')).toBe('Production');
  await page.getByRole('button', { name: 'Undo' }).click();
  await row(page, 1).getByText('Production').waitFor();
  expect(await stageOf('2')).toBe('None');
});

it('takes a version that is dragged to a stage, and names the webhooks that are told', async () => {
  await site.client.webhooks.create({
    name: 'deploy',
    url: 'http://127.0.0.1:9/hook',
    events: [{ entity: 'MODEL_VERSION', action: 'STAGE_TRANSITIONED' }],
  });
  const page = await openModel();
  await card(page, 3).dragTo(lane(page, 'Staging'));
  const dialog = page.getByRole('dialog', { name: 'Move to Staging' });
  await dialog.getByText('Version 3 leaves None for Staging.').waitFor();
  await dialog.getByText(`Whoever loads models:/${NAME}/Staging gets version 3`).waitFor();
  await dialog.getByText('The webhook deploy is told').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await stageOf('3')).toBe('None');
});

it('sets an alias by keys alone', async () => {
  const page = await openModel();
  await card(page, 1).getByText('champion').waitFor();
  await page.keyboard.press('a');
  await page.getByRole('dialog', { name: 'Set an alias' }).waitFor();
  await page.keyboard.type('challenger');
  await page.getByText('challenger is a new alias of this model.').waitFor();
  await page.keyboard.press('Enter');
  await card(page, 3).getByText('challenger').waitFor();
  await site.client.registeredModels.deleteAlias(NAME, 'challenger');
  await card(page, 3).getByText('challenger').waitFor({ state: 'detached' });
});

it('puts versions side by side, differences only', async () => {
  const page = await openModel();
  await page.getByRole('checkbox', { name: 'Compare version 1' }).click();
  await page.getByRole('checkbox', { name: 'Compare version 3' }).click();
  const comparison = page.getByRole('region', { name: /Comparison of versions/ });
  await comparison.getByRole('row', { name: /^C 0\.01 100/ }).waitFor();
  await comparison.getByRole('row', { name: /^rich – any/ }).waitFor();
  expect(await comparison.getByRole('row', { name: /max_iter/ }).count()).toBe(0);
  await page.getByRole('switch', { name: 'Differences only' }).click();
  await comparison.getByRole('row', { name: /max_iter/ }).waitFor();
  await expect.poll(() => page.url()).toContain('compare');
  await look(page, 'model-comparison');
});

it('shows a version with its signature, its source and the code that loads it', async () => {
  const page = await open(`/models/${NAME}/versions/1`);
  await page.getByText('sepal length (cm)').first().waitFor();
  await page.getByText('models:/prod.ml.iris@champion').first().waitFor();
  await page.getByRole('region', { name: 'Requirements' }).getByText('scikit-learn').waitFor();
  await look(page, 'model-version');
  await page.getByRole('tab', { name: 'Files' }).click();
  await page.getByText('MLmodel').first().waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'logreg-0.01' }).click();
  await page.getByRole('heading', { name: 'logreg-0.01' }).waitFor();
});

it('registers a logged model, as a new model and with an alias', async () => {
  const [experiment] = await site.client.experiments.search({ filter: "name = 'iris'" }).toArray();
  const models = await site.client.loggedModels
    .search({ experimentIds: [experiment!.experimentId], filter: "name = 'model'" })
    .toArray();
  // The first that was logged; the next test looks at what the last one is registered as.
  const logged = models.at(-1);
  const name = free('iris-of-mine');
  const page = await open(`/#/experiments/${experiment!.experimentId}/models/${logged!.modelId}`);
  await page.getByText('sepal length (cm)').first().waitFor();
  await look(page, 'logged-model');
  await page.getByRole('button', { name: 'Register version' }).click();
  const dialog = page.getByRole('dialog', { name: /Register/ });
  await dialog.getByRole('combobox', { name: 'Model' }).fill(name);
  await dialog.getByRole('combobox', { name: 'Alias' }).fill('first');
  await dialog.getByText(`The model ${name} is made, with this as version 1.`).waitFor();
  await dialog.getByRole('button', { name: 'Register version' }).click();
  await page.getByRole('heading', { name: `${name} version 1` }).waitFor();
  const version = await site.client.registeredModels.getVersionByAlias(name, 'first');
  expect(version.source).toContain(logged!.modelId);
});

it('registers from the details beside the runs table', async () => {
  const [experiment] = await site.client.experiments.search({ filter: "name = 'iris'" }).toArray();
  const name = free('iris-from-the-table');
  const page = await open(`/experiments/${experiment!.experimentId}`);
  await page.getByRole('link', { name: 'logreg-0.01', exact: true }).click();
  const panel = page.getByRole('complementary', { name: 'Details of the run' });
  await panel.getByRole('button', { name: 'Register version' }).click();
  const dialog = page.getByRole('dialog', { name: 'Register version: model' });
  await dialog.getByRole('combobox', { name: 'Model' }).fill(name);
  await dialog.getByText(`The model ${name} is made, with this as version 1.`).waitFor();
  await dialog.getByRole('button', { name: 'Register version' }).click();
  await page.getByRole('heading', { name: `${name} version 1` }).waitFor();
  const [version] = await site.client.modelVersions.search({ filter: `name = '${name}'` }).toArray();
  const run = await site.client.runs.get(version!.runId ?? '');
  expect(run.name).toBe('logreg-0.01');
});

it('registers from the head of a run by keys, without sending what is still being chosen', async () => {
  const [experiment] = await site.client.experiments.search({ filter: "name = 'iris'" }).toArray();
  const [run] = await site.client.runs
    .search({ experimentIds: [experiment!.experimentId], filter: "attributes.run_name = 'logreg-100'" })
    .toArray();
  const page = await open(`/experiments/${experiment!.experimentId}/runs/${run!.runId}`);
  await page.getByRole('button', { name: 'Register version', exact: true }).waitFor();
  await page.keyboard.press('r');
  const dialog = page.getByRole('dialog', { name: 'Register version: model' });
  await dialog.getByText(`This logged model is already version 3 of ${NAME}.`).waitFor();
  const before = await site.client.modelVersions.search({ filter: `name = '${NAME}'` }).toArray();
  await page.keyboard.type(NAME.slice(0, -1));
  await dialog.getByRole('option', { name: NAME, exact: true }).waitFor();
  await look(page, 'register-dialog');
  await page.setViewportSize({ width: 560, height: 800 });
  const boxes = ['Model', 'Alias'].map((name) => dialog.getByRole('combobox', { name }).boundingBox());
  expect((await boxes[0])!.y).toBe((await boxes[1])!.y);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('Enter');
  await dialog.getByRole('option', { name: NAME, exact: true }).waitFor({ state: 'hidden' });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => dialog.getByRole('combobox', { name: 'Model' }).inputValue()).toBe(NAME);
  await page.keyboard.press('Tab');
  await page.keyboard.type('ch');
  await dialog.getByRole('option', { name: 'champion' }).waitFor();
  expect(await site.client.modelVersions.search({ filter: `name = '${NAME}'` }).toArray()).toHaveLength(
    before.length,
  );
});

it('asks for the name before a model goes for good', async () => {
  const name = free('doomed');
  await site.client.registeredModels.create({ name });
  const page = await open(`/models/${name}`);
  await page.getByRole('heading', { name: 'This model has no version yet' }).waitFor();
  await page.getByRole('button', { name: 'Actions of this model' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this model' });
  expect(await dialog.getByRole('button', { name: 'Delete for good' }).isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill(name);
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByRole('heading', { name: 'Models', exact: true }).waitFor();
  await expect(site.client.registeredModels.get(name)).rejects.toThrow(/not found/i);
});

it('says which model or version is not there', async () => {
  const page = await open('/settings');
  expectProblem(page, /404/);
  await page.goto(`${site.url}/models/nobody`);
  await page.getByRole('heading', { name: 'There is no such model' }).waitFor();
  await page.getByText('nobody').first().waitFor();
  await look(page, 'model-missing');
  await page.goto(`${site.url}/models/${NAME}/versions/77`);
  await page.getByRole('heading', { name: 'There is no such version' }).waitFor();
});

it('keeps both descriptions where two people write one at once', async () => {
  const name = free('described');
  await site.client.registeredModels.create({ name, description: 'As it was.' });
  const page = await open(`/models/${name}`);
  await page.getByText('As it was.').waitFor();
  await page.getByRole('button', { name: 'Edit the description' }).click();
  await page.getByRole('textbox', { name: 'Description' }).fill('Mine.');
  await site.client.registeredModels.update(name, { description: 'Theirs.' });
  const alert = page.getByRole('alert');
  await alert.getByText('Theirs.').waitFor();
  expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  await look(page, 'model-description-overtaken');
  await alert.getByRole('button', { name: 'Replace theirs by mine' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('textbox', { name: 'Description' }).waitFor({ state: 'detached' });
  await page.getByText('Mine.').waitFor();
  expect((await site.client.registeredModels.get(name)).description).toBe('Mine.');
});

it('loads a version in the language of the reader, and steps to the ones beside it', async () => {
  const page = await open(`/models/${NAME}/versions/1`);
  const load = page.getByRole('region', { name: 'Load this model' });
  await load.getByText('mlflow.pyfunc.load_model("models:/prod.ml.iris@champion")').waitFor();
  await load.getByText('TypeScript').click();
  await load.getByText(`getVersionByAlias("${NAME}", "champion")`).waitFor();
  await page
    .getByRole('region', { name: 'Metrics', exact: true })
    .getByRole('row', { name: /^accuracy/ })
    .waitFor();
  await page.keyboard.press('k');
  await page.getByRole('heading', { name: `${NAME} version 2` }).waitFor();
  await page.getByRole('region', { name: 'Metrics', exact: true }).getByText('Version 1').waitFor();
});

it('says who is left without a model before a version goes for good', async () => {
  const name = free('short-lived');
  await site.client.registeredModels.create({ name });
  await site.client.modelVersions.create({ name, source: 's3://models/short-lived' });
  await site.client.registeredModels.setAlias(name, 'champion', '1');
  const page = await open(`/models/${name}`);
  await row(page, 1).getByRole('button', { name: 'Actions of version 1' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete version 1' });
  await dialog.getByText(`models:/${name}@champion`).waitFor();
  await dialog.getByRole('textbox').fill('1');
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByRole('heading', { name: 'This model has no version yet' }).waitFor();
});

it('shows a change that somebody else makes', async () => {
  const page = await openModel();
  await row(page, 2).getByText('logreg-1').waitFor();
  await site.client.registeredModels.setAlias(NAME, 'shadow', '2');
  await row(page, 2).getByText('shadow').waitFor();
  await card(page, 2).getByText('shadow').waitFor();
});

it('reaches versions beyond those of one table', async () => {
  const page = await open('/models/long-lived');
  await page.getByRole('heading', { name: 'The newest 500 of 502 versions' }).waitFor();
  await page.getByRole('button', { name: 'Older' }).click();
  await page.getByRole('heading', { name: '2 of 502 versions' }).waitFor();
  await page.getByRole('link', { name: 'Version 1', exact: true }).first().waitFor();
  await expect.poll(() => page.url()).toContain('offset=500');
  await page.getByRole('button', { name: 'Newer' }).click();
  await page.getByRole('link', { name: 'Version 502', exact: true }).first().waitFor();
});

it('lists thousands of models and draws those in sight', async () => {
  await Promise.all(
    Array.from({ length: 1500 }, (_, i) =>
      site.client.registeredModels.create({ name: `many.of.model-${String(i).padStart(4, '0')}` }),
    ),
  );
  const page = await open('/models');
  await page.getByText(/1,5\d\d models/).waitFor();
  await page.getByRole('table', { name: 'Models' }).focus();
  await page.keyboard.press('End');
  await page.getByRole('link', { name: 'model-1499' }).waitFor();
  expect(await page.getByRole('row').count()).toBeLessThan(80);
});
