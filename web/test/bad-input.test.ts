import type { Page, Route } from 'playwright-core';
import { expect, it } from 'vitest';
import { look } from './harness/looks.ts';
import { runPython } from './harness/python.ts';
import { expectProblem, runningSite } from './harness/site.ts';

const LONG = `long ${'x'.repeat(495)}`;

const FILL = `
import json, math, mlflow
from mlflow.entities import Metric, Param
client = mlflow.MlflowClient()
plain = client.create_experiment("plain")
for i in range(20):
    run = client.create_run(plain, run_name=f"run {i:02d}", start_time=1700000000000 + i)
    client.log_batch(run.info.run_id, [Metric("acc", i / 20, 1700000000000, 0)], [Param("fold", str(i % 3))])
wide = client.create_experiment("wide")
runs = [client.create_run(wide, run_name=f"wide {i}").info.run_id for i in range(2)]
for i, run in enumerate(runs):
    for batch in range(100):
        client.log_batch(run, params=[Param(f"p.{batch:03d}.{k:03d}", f"value {batch * 100 + k + i * (k % 2)}") for k in range(100)])
odd = client.create_experiment("odd")
names = ["<script>alert(1)</script>", "🚀 emoji 👩‍👩‍👧‍👦", "تجربة عربية", "${LONG}"]
values = [math.nan, math.inf, -math.inf, 0.5]
for i, name in enumerate(names):
    run = client.create_run(odd, run_name=name)
    points = [Metric("curve", values[(i + s) % 4] if s % 5 == 0 else s / 10 + i, 1700000000000 + s, s) for s in range(30)]
    points += [Metric("nothing", math.nan, 1700000000000 + s, s) for s in range(3)]
    client.log_batch(run.info.run_id, points + [Metric("single", values[i], 1700000000000, 0)])
print(json.dumps({"plain": plain, "wide": wide, "odd": odd, "runs": runs}))
`;

let ids: {
  readonly plain: string;
  readonly wide: string;
  readonly odd: string;
  readonly runs: readonly string[];
};

const site = runningSite({
  async fill({ url }) {
    ids = JSON.parse((await runPython(url, FILL)).trim().split('\n').at(-1)!) as typeof ids;
  },
});

/** Everything that pages ask the server for, but the pages themselves. */
const CALLS = /\/(ajax-api|api)\/|\/health$/;
const TABLE = /\/run-table\//;
const VALUES = /\/run-table\/values/;
const footer = (page: Page) => page.locator('footer');
const filterBox = (page: Page) => page.getByRole('combobox', { name: 'Filter' });
const isDown = (route: Route) => route.abort('connectionrefused');
const fails = (route: Route) =>
  route.fulfill({ status: 500, json: { error_code: 'INTERNAL_ERROR', message: 'the disk is full' } });

async function openRuns(search = ''): Promise<Page> {
  const page = await site.open(`/experiments/${ids.plain}${search}`);
  await page.getByRole('link', { name: 'run 19' }).waitFor();
  return page;
}

it('keeps the last rows while the server is down, says so, and goes on when it is back', async () => {
  const page = await openRuns();
  expectProblem(page, /ERR_CONNECTION_REFUSED/);
  await page.route(CALLS, isDown);
  await filterBox(page).fill('metrics.acc >= 0.5');
  await page.keyboard.press('Enter');
  await page.getByText('The server does not answer. The filter is not used yet.').waitFor();
  await page.getByText('Not connected, trying again').waitFor();
  expect(await footer(page).textContent()).toBe('20 runs in all');
  await page.getByRole('link', { name: 'run 19' }).waitFor();
  await page.unroute(CALLS, isDown);
  await page.getByText('Not connected, trying again').waitFor({ state: 'detached' });
  await filterBox(page).press('Enter');
  await expect.poll(() => footer(page).textContent()).toBe('10 matching, 20 runs in all');
  expect(await page.getByRole('alert').count()).toBe(0);
});

it('opens by itself when a server that was down is back', async () => {
  const page = await site.open('/settings');
  expectProblem(page, /ERR_CONNECTION_REFUSED/);
  await page.route(CALLS, isDown);
  await page.goto(`/experiments/${ids.plain}`);
  await page.getByRole('main').getByRole('status').getByText('could not be read').waitFor();
  await look(page, 'runs-server-down');
  await page.unroute(CALLS, isDown);
  await page.getByRole('link', { name: 'run 19' }).waitFor();
  await page.getByRole('columnheader', { name: 'acc' }).waitFor();
});

it('shows the shape of what comes from a slow server, and takes keys meanwhile', async () => {
  const page = await site.open('/settings');
  const released = Promise.withResolvers<void>();
  const slow = async (route: Route) => {
    await released.promise;
    await route.continue();
  };
  await page.route(TABLE, slow);
  await page.goto(`/experiments/${ids.plain}`);
  await page.getByRole('status', { name: 'The runs are being read' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  released.resolve();
  await page.getByRole('link', { name: 'run 19' }).waitFor();
});

it('leaves the rows where they are while a slow server filters', async () => {
  const page = await openRuns();
  const released = Promise.withResolvers<void>();
  await page.route(/run-table\/window/, async (route) => {
    await released.promise;
    await route.continue();
  });
  await filterBox(page).fill("params.fold = '1'");
  await page.keyboard.press('Enter');
  await page.getByLabel('Filtering').waitFor();
  await page.getByRole('link', { name: 'run 19' }).waitFor();
  await page.keyboard.press('Tab');
  released.resolve();
  await expect.poll(() => footer(page).textContent()).toBe('7 matching, 20 runs in all');
});

it('says what a server that answers 500 said, and reads runs and charts when it is asked again', async () => {
  const page = await site.open('/settings');
  expectProblem(page, /500/);
  await page.route(TABLE, fails);
  await page.goto(`/experiments/${ids.plain}`);
  const alert = page.getByRole('alert').filter({ hasText: 'The runs could not be read' });
  await alert.getByText('the disk is full').waitFor();
  await page.unroute(TABLE, fails);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: 'run 19' }).waitFor();
  await page.route(VALUES, fails);
  await page.getByRole('radiogroup', { name: 'What is shown' }).getByText('Charts').click();
  const charts = page.getByRole('alert').filter({ hasText: 'The charts could not be read' });
  await charts.getByText('the disk is full').waitFor();
  await page.unroute(VALUES, fails);
  await charts.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('article', { name: 'acc', exact: true }).getByRole('img').waitFor();
});

it('takes a run that somebody else deletes out of the table, and says so beside it', async () => {
  const { runId } = await site.client.runs.create({ experimentId: ids.plain, name: 'short-lived' });
  const page = await site.open(`/experiments/${ids.plain}?run=${runId}`);
  const panel = page.getByRole('complementary', { name: 'Details of the run' });
  await panel.getByRole('heading', { name: 'short-lived' }).waitFor();
  const row = page.getByRole('gridcell').getByRole('link', { name: 'short-lived' });
  await row.waitFor();
  // The stream of events is there once a change shows.
  await site.client.runs.setTag(runId, 'seen', 'yes');
  await panel.getByText('seen', { exact: true }).waitFor();
  await site.client.runs.delete(runId);
  await panel.getByText('in the trash').waitFor();
  await row.waitFor({ state: 'detached' });
  await expect.poll(() => footer(page).textContent()).toBe('20 runs in all');
});

it('finds a column among ten thousand params', async () => {
  const page = await site.open(`/experiments/${ids.wide}?cols=p.000.001`);
  await page.getByRole('link', { name: 'wide 1' }).waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('searchbox', { name: 'Search columns' }).fill('p.042.008');
  await page.getByRole('checkbox', { name: 'p.042.008' }).check();
  await page.keyboard.press('Escape');
  await page
    .getByRole('row', { name: /wide 1/ })
    .getByText('value 4208', { exact: true })
    .waitFor();
});

it('compares runs of ten thousand params by what differs, and finds one', async () => {
  const page = await site.open(`/compare?runs=${ids.runs.join(',')}`);
  await page.getByText('5,000 of 10,000').waitFor();
  expect(await page.getByRole('row').count()).toBeLessThan(1000);
  await page.getByRole('textbox', { name: 'Search metrics, params and tags' }).fill('p.042.007');
  await expect
    .poll(() =>
      page
        .getByRole('row', { name: /^p\.042\.007/ })
        .getByRole('cell')
        .allTextContents(),
    )
    .toEqual(['value 4207', 'value 4208']);
});

it('draws histories that leave all numbers, of runs with any name', async () => {
  const page = await site.open(`/experiments/${ids.odd}?mode=charts`);
  const card = (name: string) => page.getByRole('article', { name, exact: true });
  const curve = card('curve').getByRole('img');
  await expect.poll(() => curve.getAttribute('aria-label')).toMatch(/^Line chart of curve, 4 lines, /);
  await card('curve').getByText('18 not finite: × NaN, ▲ ∞, ▼ −∞').waitFor();
  await card('nothing').getByText('12 not finite: × NaN, ▲ ∞, ▼ −∞').waitFor();
  await card('single').getByRole('img').waitFor();
  await curve.focus();
  const spoken: string[] = [];
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowDown']) {
    await page.keyboard.press(key);
    spoken.push((await card('curve').locator('[aria-live]').textContent()) ?? '');
  }
  expect(spoken.join('\n')).toMatch(/<script>alert\(1\)<\/script>|تجربة عربية|🚀/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await look(page, 'charts-odd');
  await card('curve').getByRole('button', { name: 'More for curve' }).click();
  await page.getByRole('menuitem', { name: 'Show as a table' }).click();
  const table = page.getByRole('dialog').getByRole('table');
  await table.getByText('<script>alert(1)</script>').waitFor();
  await table.getByText(LONG).waitFor();
});

it('shows names of any letters in the palette and side by side', async () => {
  const page = await site.open(`/experiments/${ids.odd}`);
  await page.getByRole('link', { name: LONG }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).fill('<script>');
  await page.getByRole('option', { name: /<script>alert\(1\)<\/script>/ }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('treegrid').or(page.getByRole('grid')).focus();
  await page.keyboard.press('Control+a');
  await page.getByRole('toolbar', { name: 'Selected runs' }).getByText('4 selected').waitFor();
  await page.keyboard.press('c');
  await page.getByRole('heading', { level: 1, name: 'Compare 4 runs' }).waitFor();
  await page.getByRole('link', { name: '<script>alert(1)</script>' }).first().waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await look(page, 'compare-odd-names');
});
