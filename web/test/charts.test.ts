import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { renderNumber } from '../src/ui/numbers.ts';
import { look } from './harness/looks.ts';
import { runPython } from './harness/python.ts';
import { runningSite } from './harness/site.ts';

const FILL = `
import math, mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
client = MlflowClient()
experiment = client.create_experiment("sweep")
ids = []
for n in range(14):
    run = client.create_run(experiment, run_name=f"run {n:02d}")
    ids.append(run.info.run_id)
    rate, model = 10 ** -(1 + n % 4), ["tree", "net"][n % 2]
    final = 0.5 + 0.03 * n + (0.1 if model == "net" else 0)
    points = [Metric("loss", math.exp(-s / 20) + n / 50, 1700000000000 + s * 1000, s) for s in range(100)]
    points += [Metric("val/loss", math.exp(-s / 20) + n / 40, 1700000000000 + s * 1000, s) for s in range(0, 100, 10)]
    points += [Metric("final", final, 1700000000000, 0), Metric("system/cpu", 50 + n, 1700000000000, 0)]
    if n == 1:
        points += [Metric("loss", float("nan"), 1700000100000, 100), Metric("loss", float("inf"), 1700000101000, 101)]
    client.log_batch(run.info.run_id, metrics=points, params=[Param("rate", str(rate)), Param("model", model)])
    if n > 0:
        client.set_terminated(run.info.run_id)
long = client.create_run(client.create_experiment("long"), run_name="long")
for start in range(0, 60000, 1000):
    client.log_batch(long.info.run_id, metrics=[Metric("loss", 99.5 if s == 43210 else -7.25 if s == 1234 else math.sin(s / 900), 1700000000000 + s, s) for s in range(start, start + 1000)])
print(",".join([*ids, long.info.run_id]))
`;

let ids: readonly string[] = [];
let long = '';

const site = runningSite({
  async fill({ url }) {
    const all = (await runPython(url, FILL)).trim().split('\n').at(-1)!.split(',');
    ids = all.slice(0, -1);
    long = all.at(-1)!;
  },
});
const address = (runIds: readonly string[] = ids) => `/compare?tab=charts&runs=${runIds.join(',')}`;
const card = (page: Page, title: string) => page.getByRole('article', { name: title, exact: true });
const drawn = (page: Page, title: string) => card(page, title).getByRole('img');

it('gives every metric a chart: lines for histories, bars for single values, the system folded away', async () => {
  const page = await site.open(address());
  await expect
    .poll(() => drawn(page, 'loss').getAttribute('aria-label'))
    .toMatch(/^Line chart of loss, 14 lines, from 0.0\d+ to /);
  await expect
    .poll(() => drawn(page, 'final').getAttribute('aria-label'))
    .toBe('Bar chart of final, 14 runs, from 0.5 to 0.99');
  expect(await page.getByRole('button', { name: /^System metrics/ }).getAttribute('aria-expanded')).toBe(
    'false',
  );
  await card(page, 'loss').getByText('2 not finite: × NaN, ▲ ∞, ▼ −∞').waitFor();
  await look(page, 'charts');
});

it('walks along lines and from line to line by the arrow keys, and says where it is', async () => {
  const page = await site.open(address(ids.slice(0, 3)));
  await drawn(page, 'loss').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.getByText('run 02, Step 1: 0.9912').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.getByText('run 01, Step 1: 0.9712').waitFor();
});

it('walks through bars and points by keys too, and lifts them everywhere', async () => {
  const charts = {
    sections: [{ id: 'own:1', title: 'Mine', charts: ['own:1'] }],
    charts: { 'own:1': { kind: 'scatter', x: 'params.rate', y: 'metrics.final' } },
  };
  const page = await site.open(`${address()}&charts=${encodeURIComponent(JSON.stringify(charts))}`);
  await drawn(page, 'final').waitFor();
  await drawn(page, 'final').focus();
  await page.keyboard.press('ArrowRight');
  await page.getByText('run 13: final 0.9900', { exact: true }).waitFor();
  await page.keyboard.press('End');
  await page.getByText('run 00: final 0.5000', { exact: true }).waitFor();
  await drawn(page, 'final by rate').focus();
  await page.keyboard.press('ArrowRight');
  await page.getByText(/^run \d\d: rate 0.0001, final 0.\d+$/).waitFor();
});

it('has exact extremes of a long history, and every point where it is zoomed into', async () => {
  const page = await site.open(address([long, ids[0]!]));
  const open = async () => {
    await card(page, 'loss').getByRole('button', { name: 'More for loss' }).click();
    await page.getByRole('menuitem', { name: 'Show as a table' }).click();
    const row = page.getByRole('dialog').getByRole('row', { name: /^long/ });
    await row.waitFor();
    const cells = await row.getByRole('cell').allTextContents();
    await page.keyboard.press('Escape');
    return cells;
  };
  await drawn(page, 'loss').waitFor();
  expect(await open()).toEqual([
    'long',
    'loss',
    '60,000',
    renderNumber(Math.sin(59_999 / 900)),
    '59,999',
    '−7.250',
    '1,234',
    '99.50',
    '43,210',
  ]);
  const box = (await card(page, 'loss').locator('.u-over').boundingBox())!;
  const finer = page.waitForRequest(
    (request) => request.url().includes('charts/lines') && (request.postData() ?? '').includes('"from"'),
  );
  await page.mouse.move(box.x + box.width * 0.7, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.74, box.y + 44, { steps: 4 });
  await page.mouse.up();
  const { from, to } = JSON.parse((await finer).postData()!) as { from: number; to: number };
  expect(from).toBeGreaterThan(41_000);
  expect(to).toBeLessThan(45_500);
  await card(page, 'loss').getByRole('button', { name: 'Show all again' }).click();
  await card(page, 'loss').getByRole('button', { name: 'Show all again' }).waitFor({ state: 'detached' });
});

it('lifts the run under the pointer in all charts', async () => {
  const page = await site.open(address());
  await drawn(page, 'final').waitFor();
  const box = (await drawn(page, 'final').boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 14, { steps: 3 });
  const faded = () =>
    card(page, 'loss')
      .locator('.plot-layer')
      .first()
      .evaluate((canvas) => (canvas as HTMLElement).style.opacity);
  await expect.poll(faded).toBe('0.25');
  await page.mouse.move(2, 2);
  await expect.poll(faded).toBe('');
});

it('adds a chart, keeps it in the address, removes it and takes that back', async () => {
  const page = await site.open(address());
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Chart…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a chart' });
  await dialog.getByRole('combobox', { name: 'Kind' }).click();
  await page.getByRole('option', { name: 'Importance of params' }).click();
  await dialog.getByRole('combobox', { name: 'Metric' }).click();
  await page.getByRole('option', { name: 'final', exact: true }).click();
  await dialog.getByRole('button', { name: 'Add chart' }).click();
  const title = 'Importance of params for final';
  await expect.poll(() => drawn(page, title).getAttribute('aria-label')).toMatch(/model \d+ %/);
  await page.getByText(/Permutation importance in a random forest \(Breiman 2001\), 14 runs/).waitFor();
  await page.reload();
  await drawn(page, title).waitFor();
  await card(page, title)
    .getByRole('button', { name: `More for ${title}` })
    .click();
  await page.getByRole('menuitem', { name: 'Remove the chart' }).click();
  await card(page, title).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await card(page, title).waitFor();
});

const KINDS = {
  'own:1': { kind: 'parallel', axes: ['params.rate', 'params.model', 'metrics.final'], width: 2 },
  'own:2': { kind: 'scatter', x: 'params.rate', y: 'metrics.final', color: 'params.model', xLog: true },
  'own:3': { kind: 'box', y: 'metrics.final', by: 'params.model' },
  'own:4': { kind: 'contour', x: 'params.rate', y: 'attributes.start_time', z: 'metrics.final', xLog: true },
  'own:5': { kind: 'lines', metrics: ['loss', 'val/loss'], smoothing: 0.8, yLog: true },
};

it('draws every kind of chart, brushes runs and selects them', async () => {
  const charts = { sections: [{ id: 'own:1', title: 'Search', charts: Object.keys(KINDS) }], charts: KINDS };
  const page = await site.open(`${address()}&charts=${encodeURIComponent(JSON.stringify(charts))}`);
  const labels = [
    'Parallel coordinates',
    'final by rate',
    'final by model',
    'final over rate and start_time',
    'loss, val/loss',
  ];
  for (const title of labels) await drawn(page, title).waitFor();
  await look(page, 'chart-kinds');
  const box = (await drawn(page, 'Parallel coordinates').boundingBox())!;
  const x = box.x + box.width - 46;
  await page.mouse.move(x, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(x, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await page.getByText(/^\d of 14 runs within the brushes$/).waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByText(/within the brushes/).waitFor({ state: 'detached' });
});

it('brushes by keys alone, and selects what is within', async () => {
  const charts = {
    sections: [{ id: 'own:1', title: 'Search', charts: ['own:1'] }],
    charts: {
      'own:1': { kind: 'parallel', axes: ['params.rate', 'params.model', 'metrics.final'], width: 2 },
    },
  };
  const page = await site.open(`${address()}&charts=${encodeURIComponent(JSON.stringify(charts))}`);
  await drawn(page, 'Parallel coordinates').focus();
  for (const key of ['Shift+ArrowRight', 'Shift+ArrowRight']) await page.keyboard.press(key);
  const status = card(page, 'Parallel coordinates').getByRole('status');
  await expect.poll(() => status.textContent()).toBe('Axis model');
  await page.keyboard.press('Shift+ArrowUp');
  await expect.poll(() => status.textContent()).toBe('Axis model: tree');
  await page.getByText('7 of 14 runs within the brushes').waitFor();
  await look(page, 'charts-brushed');
  await page.keyboard.press('Alt+ArrowDown');
  await page.getByText(/within the brushes/).waitFor({ state: 'detached' });
  for (const key of ['Shift+ArrowRight', 'Shift+ArrowDown', 'Shift+ArrowDown'])
    await page.keyboard.press(key);
  await page.getByText(/^1[0-3] of 14 runs within the brushes$/).waitFor();
  await page.keyboard.press('Delete');
  await page.getByText(/within the brushes/).waitFor({ state: 'detached' });
});

it('shows a crowd of lines as a band with its median, and names the line nearest to the pointer', async () => {
  const experimentId = await site.client.experiments.create({ name: 'crowd' });
  await Promise.all(
    Array.from({ length: 61 }, async (_, n) => {
      const run = await site.client.runs.create({ experimentId, name: `one-${n}` });
      const metrics = [0, 1, 2].map((step) => ({ key: 'loss', value: n + step, step, timestampMs: step }));
      await site.client.runs.logBatch(run.runId, { metrics });
    }),
  );
  const page = await site.open(`/experiments/${experimentId}?mode=charts`);
  await card(page, 'loss').getByText('Median, middle half and 5–95 % of 61 lines').waitFor();
  const canvas = card(page, 'loss').locator('.plot-layer').first();
  const box = (await canvas.boundingBox())!;
  const said = card(page, 'loss').locator('[aria-live]');
  // From 0 to 62, with air of a twentieth at both ends: the lowest line at the first step, and the highest one.
  await page.mouse.move(box.x + 2, box.y + box.height - 8, { steps: 3 });
  await expect.poll(() => said.textContent()).toBe('one-0, Step 0: 0');
  await card(page, 'loss').getByText('Median (5–95 %)').waitFor();
  await look(page, 'charts-crowd');
  await page.mouse.move(box.x + 2, box.y + 4, { steps: 3 });
  await expect.poll(() => said.textContent()).toBe('one-60, Step 0: 60');
  // The band stays to be read beside the line.
  expect(await canvas.evaluate((layer) => (layer as HTMLElement).style.opacity)).toBe('');
});

it('says what its controls do', async () => {
  const page = await site.open(address());
  await drawn(page, 'loss').waitFor();
  await card(page, 'loss').getByRole('button', { name: 'More for loss' }).click();
  await page.getByRole('menuitem', { name: 'Move after' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Axes' }).click();
  await page.getByRole('switch', { name: 'Log scale on y' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Charts per row' }).click();
  await page.getByRole('menuitem', { name: '2', exact: true }).click();
  await page.getByRole('button', { name: 'Charts per row: 2' }).waitFor();
});

it('opens no list as focus arrives, so that one Escape closes the dialog', async () => {
  const page = await site.open(address());
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Chart…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a chart' });
  const metrics = dialog.getByRole('combobox', { name: 'Metrics' });
  await metrics.focus();
  expect(await page.getByRole('listbox').count()).toBe(0);
  await page.keyboard.press('ArrowDown');
  await page.getByRole('listbox').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('listbox').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

it('saves a chart as drawing, picture and data', async () => {
  const page = await site.open(address());
  await drawn(page, 'loss').waitFor();
  const save = async (item: string) => {
    await card(page, 'loss').getByRole('button', { name: 'More for loss' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: item }).click(),
    ]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };
  const svg = await save('Drawing (SVG)');
  expect(svg.name).toBe('loss.svg');
  expect(svg.bytes.toString().match(/<path /g)!.length).toBeGreaterThan(14);
  const png = await save('Picture (PNG)');
  expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
  const csv = (await save('Data (CSV)')).bytes.toString().split('\r\n');
  expect(csv[0]).toBe('run_id,run_name,metric,step,value');
  expect(csv).toContain(`${ids[1]},run 01,loss,100,NaN`);
  expect(csv).toContain(`${ids[1]},run 01,loss,101,Infinity`);
});

it('shows points within a second of their being logged, and builds no chart anew for them', async () => {
  const page = await site.open('/');
  const stream = page.waitForResponse(
    (response) => response.url().includes(`experiment_ids=`) && response.url().includes('/events'),
  );
  await page.goto(address([ids[0]!, ids[2]!]));
  await drawn(page, 'loss').waitFor();
  await card(page, 'loss')
    .locator('.uplot')
    .evaluate((plot) => plot.setAttribute('data-first', 'yes'));
  const label = () => drawn(page, 'loss').getAttribute('aria-label');
  await expect.poll(label).toMatch(/to 1.04$/);
  // Before the stream of events stands, news is read, not told.
  await stream;
  const run = await site.client.runs.resume(ids[0]!);
  const times: number[] = [];
  for (const [i, value] of [7.5, 8.5, 9.5].entries()) {
    await run.logMetric('loss', value, { step: 100 + i });
    const began = performance.now();
    await expect.poll(label, { interval: 20, timeout: 5000 }).toMatch(new RegExp(`to ${value}$`));
    times.push(performance.now() - began);
  }
  // The quickest of three: others may be at work on the machine.
  expect(Math.min(...times)).toBeLessThan(1000);
  expect(await card(page, 'loss').locator('.uplot[data-first]').count()).toBe(1);
});

it('searches charts and says where there is none', async () => {
  const page = await site.open(address());
  await drawn(page, 'loss').waitFor();
  await page.getByRole('textbox', { name: 'Search charts' }).fill('val');
  await card(page, 'loss').waitFor({ state: 'detached' });
  await drawn(page, 'val/loss').waitFor();
  await page.getByRole('textbox', { name: 'Search charts' }).fill('nothing of this name');
  await page.getByRole('heading', { name: /No chart with/ }).waitFor();
});
