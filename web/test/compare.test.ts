import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { runPython } from './harness/python.ts';
import { expectProblem, runningSite } from './harness/site.ts';

const MODEL = 'churn, net & <b>co<b>';

const FILL = `
import mlflow, numpy as np
ids = []
for k, (name, experiment) in enumerate([("baseline", "vision-a"), ("wider", "vision-a"), ('augmented <b>&"🚀', "vision-b")]):
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=name) as run:
        ids.append(run.info.run_id)
        mlflow.log_params({"lr": 0.01 / (k + 1), "optimizer": "adam", "notes": "x" * 500 if k == 2 else "short"})
        mlflow.log_metrics({"final": 0.9 + 0.01 * k, "odd": float("nan") if k == 1 else 1.0})
        mlflow.set_tags({"mlflow.source.git.commit": str(k) * 40, "mlflow.source.git.repoURL": "https://github.com/acme/vision", "team": "vision"})
        for step in (0, 5, 20):
            if k == 2 and step == 5:
                continue
            picture = np.zeros((32, 32, 3), np.uint8)
            picture[..., k] = 40 + step * 10
            mlflow.log_image(picture, key="samples", step=step)
        mlflow.log_text(f"mlflow==3.17.2\\nnumpy==2.{k}.0\\n", "requirements.txt")
        mlflow.log_text(f"accuracy of {name}", "reports/summary.txt")
        if k == 0:
            mlflow.log_text("only here", "reports/extra.txt")
client = mlflow.MlflowClient()
client.create_registered_model("${MODEL}")
for run in (ids[0], ids[2]):
    client.create_model_version("${MODEL}", f"runs:/{run}/reports", run)
print(",".join(ids))
`;

let ids: readonly string[] = [];

const site = runningSite({
  async fill({ url }) {
    ids = (await runPython(url, FILL)).trim().split('\n').at(-1)!.split(',');
  },
});
const address = (rest = '') => `/compare?runs=${ids.join(',')}${rest}`;

it('shows what differs between runs of several experiments, measured against a baseline of choice', async () => {
  const page = await site.open(address());
  await page.getByRole('heading', { level: 1, name: 'Compare 3 runs' }).waitFor();
  const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) });
  const cells = (name: string) => row(name).getByRole('cell').allTextContents();
  await expect.poll(() => cells('final')).toEqual(['0.9000', '0.9100+0.01000', '0.9200+0.02000']);
  expect(await cells('odd')).toEqual(['1', 'NaN', '1']);
  expect(await row('optimizer').count()).toBe(0);
  await look(page, 'compare');
  await page.getByRole('button', { name: 'Baseline: wider' }).first().click();
  await expect.poll(() => cells('final')).toEqual(['0.9000−0.01000', '0.9100', '0.9200+0.01000']);
  await page.getByRole('switch', { name: 'Differences only' }).click();
  await expect.poll(() => cells('optimizer')).toEqual(['adam', 'adam', 'adam']);
  await page.reload();
  await expect.poll(() => cells('final')).toEqual(['0.9000−0.01000', '0.9100', '0.9200+0.01000']);
  expect(await row('optimizer').count()).toBe(1);
});

it('adds a run that is found by its name, by keys', async () => {
  const page = await site.open(`/compare?runs=${ids[0]}`);
  await page.getByRole('heading', { level: 1, name: 'Compare 1 run' }).waitFor();
  await page.keyboard.press('a');
  const dialog = page.getByRole('dialog', { name: 'Add a run to the comparison' });
  const field = dialog.getByRole('combobox', { name: 'Find a run' });
  await expect.poll(() => field.evaluate((one) => one === document.activeElement)).toBe(true);
  await page.keyboard.type('wider');
  await dialog.getByRole('option', { name: /wider/ }).waitFor();
  await look(page, 'run-picker');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Compare 2 runs' }).waitFor();
  expect(page.url()).toContain(ids[1]);
});

it('writes the figures of a column below one another, without room for differences that it has not', async () => {
  const page = await site.open(address());
  const base = page
    .getByRole('row', { name: /^final / })
    .getByRole('cell')
    .first();
  await base.waitFor();
  const gap = await base.evaluate((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return cell.getBoundingClientRect().right - range.getBoundingClientRect().right;
  });
  expect(gap).toBeLessThan(16);
});

it('tells in the charts which colour is which run, gives none twice, and hides a run by a click', async () => {
  const page = await site.open(address('&tab=charts'));
  const legend = page.getByRole('list', { name: 'Runs in the charts' });
  await legend.getByRole('button', { name: 'baseline' }).waitFor();
  const colors = await legend
    .locator('line')
    .evaluateAll((lines) => lines.map((line) => line.getAttribute('stroke')));
  expect(new Set(colors).size).toBe(3);
  await page.getByRole('article', { name: 'final', exact: true }).getByRole('img').waitFor();
  await look(page, 'compare-charts-legend');
  await legend.getByRole('button', { name: 'wider' }).click();
  await expect.poll(() => page.url()).toContain(`hide=${ids[1]}`);
  await page.reload();
  expect(await legend.getByRole('button', { name: 'wider' }).getAttribute('aria-pressed')).toBe('false');
});

it('takes a run out, and back again by going back', async () => {
  const page = await site.open(address());
  await page.getByRole('button', { name: 'Take wider out' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Compare 2 runs' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Compare 3 runs' }).waitFor();
});

it('holds files of the same path and pictures of the same step next to each other', async () => {
  const page = await site.open(address('&tab=artifacts'));
  const files = page.getByRole('navigation', { name: 'Artifacts of the runs' });
  await files.getByRole('button', { name: /reports/ }).click();
  await files.getByText('1/3').waitFor();
  await files.getByRole('button', { name: /summary.txt/ }).click();
  await page.getByText('accuracy of baseline').waitFor();
  await page.getByText('accuracy of wider').waitFor();
  await files.getByRole('button', { name: 'All artifacts' }).click();
  await files.getByRole('button', { name: /images/ }).click();
  await files.getByRole('button', { name: 'samples (by step)' }).click();
  const pictures = page.getByRole('img', { name: /^samples of/ });
  const steps = () =>
    pictures.evaluateAll((all) => all.map((one) => one.getAttribute('alt')?.match(/\d+$/)?.[0]));
  await expect.poll(steps).toEqual(['20', '20', '20']);
  await page.getByRole('slider', { name: 'Step' }).focus();
  await page.keyboard.press('ArrowLeft');
  // The third run has no picture at step 5: its last one before stands there, and says so.
  await expect.poll(steps).toEqual(['5', '5', '0']);
  await page.getByText('Step 0', { exact: true }).waitFor();
  expect(await page.getByRole('slider', { name: 'Step' }).getAttribute('aria-valuetext')).toBe('Step 5');
  await expect.poll(() => new URL(page.url()).searchParams.get('step')).toBe('5');
  await look(page, 'compare-pictures');
});

it('tells where the code and the packages of runs differ, and in which lines', async () => {
  const page = await site.open(address('&tab=code'));
  const packages = page.getByRole('region', { name: 'Packages that differ' });
  await expect
    .poll(() =>
      packages
        .getByRole('row', { name: /^numpy/ })
        .getByRole('cell')
        .allTextContents(),
    )
    .toEqual(['2.0.0', '2.1.0', '2.2.0']);
  expect(await packages.getByRole('row', { name: /^mlflow/ }).count()).toBe(0);
  await page.getByText('+ numpy==2.1.0').waitFor();
  await page.getByText('− numpy==2.0.0').waitFor();
  await look(page, 'compare-code');
});

it('lays versions of models side by side, by the runs that they came from', async () => {
  const versions = ['1', '2'].map((version) => `${encodeURIComponent(MODEL)}/${version}`).join(',');
  const page = await site.open(`/compare?versions=${encodeURIComponent(versions)}`);
  await page.getByRole('heading', { level: 1, name: `Compare ${MODEL} 1, ${MODEL} 2` }).waitFor();
  const cells = () =>
    page
      .getByRole('row', { name: /^final / })
      .getByRole('cell')
      .allTextContents();
  await expect.poll(cells).toEqual(['0.9000', '0.9200+0.02000']);
  await page.getByRole('tab', { name: 'Charts' }).click();
  await expect.poll(() => page.url()).toContain('versions=');
  await page.reload();
  await page.getByRole('article', { name: 'final', exact: true }).getByRole('img').waitFor();
});

it('says which version could not be read', async () => {
  const page = await site.open('/');
  expectProblem(page, /404/);
  await page.goto(`/compare?versions=${encodeURIComponent('nobody/7')}`);
  await page.getByRole('alert').getByText('The versions could not be read').waitFor();
});

it('says which run could not be read and shows the others', async () => {
  const page = await site.open(`/compare?runs=${ids[0]},${ids[1]},${'0'.repeat(32)}`);
  expectProblem(page, /404/);
  await page.getByText(`Run ${'0'.repeat(32)} could not be read`).waitFor();
  await page.getByRole('link', { name: 'baseline' }).first().waitFor();
});

it('invites to choose runs where the address names none', async () => {
  const page = await site.open('/compare');
  await page.getByRole('heading', { level: 1, name: 'Nothing to compare yet' }).waitFor();
});
