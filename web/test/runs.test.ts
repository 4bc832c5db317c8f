import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { type LoggedRun, logRuns } from './harness/logged-runs.ts';
import { look } from './harness/looks.ts';
import { runPython } from './harness/python.ts';
import { expectProblem, runningSite, type Site } from './harness/site.ts';

const LONG = 'x'.repeat(500);
const ODD = 'odd <b>names</b> 🚢 شحن';

const ODD_NAMES = [
  '<script>alert(1)</script>',
  '🚀 emoji 👩‍👩‍👧‍👦',
  'تجربة عربية',
  LONG,
  '"quoted" & single',
];
const ODD_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-300, 12_345_678.9];

const ids = new Map<string, string>();
const site = runningSite({
  async fill({ client }) {
    const make = async (name: string, note?: string) => {
      const tags = note === undefined ? undefined : { 'mlflow.note.content': note };
      ids.set(name, await client.experiments.create({ name, tags }));
    };
    const now = Date.now();
    const run = (experiment: string, name: string, i: number) => ({
      experimentId: ids.get(experiment)!,
      name,
      startTimeMs: now - 3_600_000 + i * 1000,
      endTimeMs: now - 3_500_000 + i * 1000,
      status: i % 50 === 7 ? ('FAILED' as const) : ('FINISHED' as const),
    });
    await make('team/sweep', '# What is tried\n\nA **grid**.');
    for (const name of ['nested', ODD, 'empty', 'live', 'many']) await make(name);
    const sweep = Array.from(
      { length: 300 },
      (_, i): LoggedRun => ({
        ...run('team/sweep', `run-${String(i).padStart(3, '0')}`, i),
        metrics: [
          ['auc', 0, 0.5 + i / 1000],
          ['loss', 0, 1],
          ['loss', 1, 1 / (i + 1)],
          ['loss', 2, 0.5],
        ],
        params: {
          model: ['rf', 'svm', 'xgb'][i % 3]!,
          lr: String((i % 5) / 100),
          dataset: 'churn-v3',
          seed: '42',
        },
        tags: { team: 'growth' },
      }),
    );
    const odd = ODD_NAMES.map(
      (name, i): LoggedRun => ({
        ...run(ODD, name, i),
        metrics: [['m', 0, ODD_NUMBERS[i]!]],
        params: { text: name.slice(0, 400) },
      }),
    );
    const searches = [0, 1, 2].map(
      (p): LoggedRun => ({
        ...run('nested', `search-${p}`, p * 10),
        metrics: [['acc', 0, p]],
        params: { space: String(p) },
      }),
    );
    const [parents] = await Promise.all([logRuns(client, searches), logRuns(client, [...sweep, ...odd])]);
    const trials = parents.flatMap((parent, p) =>
      [0, 1, 2, 3].map(
        (k): LoggedRun => ({
          ...run('nested', `trial-${p}-${k}`, p * 10 + k + 1),
          metrics: [['acc', 0, k / 10]],
          params: { lr: String(k) },
          tags: { 'mlflow.parentRunId': parent },
        }),
      ),
    );
    await logRuns(client, trials);
    const start = Date.now();
    for (let from = 0; from < 1200; from += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          client.runs.create({
            experimentId: ids.get('many')!,
            name: `many-${from + i}`,
            startTimeMs: start + from + i,
          }),
        ),
      );
    }
  },
});

const open = (where: Site, name: string, search = '') => where.open(`/experiments/${ids.get(name)}${search}`);
const grid = (page: Page) => page.locator('[role="grid"], [role="treegrid"]');
const headers = (page: Page) => page.locator('[role="columnheader"][data-column]').allTextContents();
const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const footer = (page: Page) => page.locator('footer');
const names = (page: Page) =>
  grid(page)
    .getByRole('row')
    .evaluateAll((rows) =>
      rows
        .filter((row) => row.querySelector('a') !== null)
        .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
        .map((row) => row.querySelector('a')?.textContent ?? ''),
    );

async function filter(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/');
  await page.getByRole('combobox', { name: 'Filter' }).fill(text);
  await page.keyboard.press('Enter');
}

it('shows metrics and what varies as columns, what is equal in one line, and how much there is', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  expect(await headers(page)).toEqual(['Run', 'Status', 'Started', 'Duration', 'auc', 'loss', 'lr', 'model']);
  const equal = page.getByText('Equal in all runs').locator('..');
  await expect.poll(() => equal.textContent()).toContain('datasetchurn-v3');
  await expect.poll(() => equal.textContent()).toContain('seed42');
  expect(await footer(page).textContent()).toBe('300 runs in all');
  expect(await rowOf(page, 'run-299').getByRole('gridcell').allTextContents()).toEqual(
    expect.arrayContaining(['0.7990', '0.5000', 'xgb']),
  );
  await look(page, 'runs');
});

it('puts params that are numbers below each other, and words as they begin', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  const alignOf = (name: string) => page.getByRole('columnheader', { name }).getAttribute('data-align');
  await expect.poll(() => alignOf('lr')).toBe('end');
  expect(await alignOf('model')).toBe('start');
});

it('scrolls to the last of all runs and back', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  await grid(page).focus();
  await page.keyboard.press('Control+End');
  await page.getByRole('link', { name: 'run-000' }).waitFor();
  await page.keyboard.press('Control+Home');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
});

it('filters by one Enter, and by clicks on values', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  await filter(page, 'metrics.auc >= 0.79');
  await expect.poll(() => footer(page).textContent()).toBe('10 matching, 300 runs in all');
  await rowOf(page, 'run-298').getByText('svm').click();
  await page.getByRole('menuitem', { name: 'model = svm' }).click();
  await expect.poll(() => footer(page).textContent()).toBe('3 matching, 300 runs in all');
  expect(await page.getByRole('combobox', { name: 'Filter' }).inputValue()).toBe(
    "metrics.auc >= 0.79 AND params.model = 'svm'",
  );
  await page.goBack();
  await expect.poll(() => footer(page).textContent()).toBe('10 matching, 300 runs in all');
});

it('underlines the place of a mistake and keeps the last good rows', async () => {
  const page = await open(site, 'team/sweep');
  expectProblem(page, /400/);
  await filter(page, "params.model = 'rf'");
  await expect.poll(() => footer(page).textContent()).toBe('100 matching, 300 runs in all');
  await filter(page, "params.model = 'rf' AN metrics.auc > 0.7");
  await page.getByRole('alert').getByText('Before “AN” there should be AND, OR or the end.').waitFor();
  await page.getByText('These are the runs of the last filter that could be used').waitFor();
  expect(await page.locator('[class*="wave"]').textContent()).toBe('AN');
  expect(await footer(page).textContent()).toBe('100 matching, 300 runs in all');
  expect(await names(page)).toContain('run-297');
  await look(page, 'runs-filter-error');
  await filter(page, "params.model = 'rf' AND metrics.auc > 0.7");
  await expect.poll(() => footer(page).textContent()).toBe('33 matching, 300 runs in all');
  expect(await page.getByRole('alert').count()).toBe(0);
});

it('completes keys, operators and values', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  const box = page.getByRole('combobox', { name: 'Filter' });
  await box.pressSequentially('mod');
  await page.getByRole('option', { name: /params\.model/ }).waitFor();
  await page.keyboard.press('Tab');
  await page.getByRole('option', { name: '= equal', exact: true }).waitFor();
  await page.keyboard.press('Tab');
  await page.getByRole('option', { name: "'svm'" }).waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  expect(await box.inputValue()).toMatch(/^params\.model = '(rf|svm|xgb)' $/);
  await page.keyboard.press('Enter');
  await expect.poll(() => footer(page).textContent()).toBe('100 matching, 300 runs in all');
});

it('builds a condition for those who do not know the language', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('button', { name: 'Build a condition' }).click();
  await page.getByRole('combobox', { name: 'What' }).fill('auc');
  await page.getByRole('option', { name: 'auc' }).click();
  await page.getByRole('combobox', { name: 'Value', exact: true }).fill('0.7');
  await look(page, 'runs-condition');
  await page.getByRole('button', { name: 'Add to the filter' }).click();
  await expect.poll(() => footer(page).textContent()).toBe('99 matching, 300 runs in all');
});

it('orders by a click on a header, and by a second one besides', async () => {
  const page = await open(site, 'team/sweep');
  const started = page.getByRole('columnheader', { name: 'Started' });
  await expect.poll(() => started.getAttribute('aria-sort')).toBe('descending');
  await page.getByRole('columnheader', { name: 'model' }).click();
  await page.getByRole('columnheader', { name: 'auc' }).click({ modifiers: ['Shift'] });
  await expect.poll(() => started.getAttribute('aria-sort')).toBeNull();
  await expect.poll(() => names(page).then(([first]) => first)).toBe('run-297');
  expect(await page.getByRole('columnheader', { name: 'model' }).getAttribute('aria-sort')).toBe('ascending');
  await expect.poll(() => page.url()).toContain('sort=p.model');
});

it('chooses, pins and moves columns, and keeps them in the address', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('searchbox', { name: 'Search columns' }).fill('tea');
  await page.getByRole('checkbox', { name: 'team' }).check();
  await page.keyboard.press('Escape');
  await expect.poll(() => headers(page)).toContain('team');
  await page.getByRole('columnheader', { name: 'auc' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Pin at the left' }).click();
  await expect.poll(() => headers(page).then((all) => all.slice(0, 2))).toEqual(['Run', 'auc']);
  // In the header, Alt with an arrow moves a column.
  await grid(page).focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('ArrowUp');
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Alt+ArrowLeft');
  await expect
    .poll(() => headers(page).then((all) => all.slice(0, 4)))
    .toEqual(['Run', 'auc', 'Started', 'Status']);
  await page.reload();
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  expect(await headers(page)).toEqual([
    'Run',
    'auc',
    'Started',
    'Status',
    'Duration',
    'loss',
    'lr',
    'model',
    'team',
  ]);
});

it('moves a column that is carried by its header, and leaves the order of the rows', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  const header = (name: string) => page.getByRole('columnheader', { name });
  const carry = async (name: string, to: string) => {
    const [from, onto] = [(await header(name).boundingBox())!, (await header(to).boundingBox())!];
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(onto.x + 6, onto.y + onto.height / 2, { steps: 8 });
  };
  await carry('model', 'auc');
  await page.mouse.up();
  const moved = ['Run', 'Status', 'Started', 'Duration', 'model', 'auc', 'loss', 'lr'];
  await expect.poll(() => headers(page)).toEqual(moved);
  expect(await header('model').getAttribute('aria-sort')).toBeNull();
  expect((await names(page))[0]).toBe('run-299');
  await page.reload();
  await expect.poll(() => headers(page)).toEqual(moved);
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  await carry('lr', 'Status');
  await page.keyboard.press('Escape');
  await page.mouse.up();
  expect(await headers(page)).toEqual(moved);
});

it('lifts a run in the charts where its row is pointed at, and its row where the charts are', async () => {
  const page = await open(site, 'team/sweep', '?mode=both&filter=metrics.auc+%3E+0.78');
  const chart = page.getByRole('article', { name: 'loss', exact: true });
  await chart.getByRole('img').waitFor();
  const layer = chart.locator('.plot-layer').first();
  const faded = () => layer.evaluate((canvas) => (canvas as HTMLElement).style.opacity);
  await page.getByRole('link', { name: 'run-298' }).hover();
  await expect.poll(faded).toBe('0.25');
  await page.getByRole('combobox', { name: 'Filter' }).hover();
  await expect.poll(faded).toBe('');
  const bars = (await page
    .getByRole('article', { name: 'auc', exact: true })
    .getByRole('img')
    .boundingBox())!;
  await page.mouse.move(bars.x + bars.width / 2, bars.y + bars.height / 2, { steps: 3 });
  await expect.poll(() => grid(page).locator('[data-lifted]').count()).toBe(1);
});

it('draws the history of a metric as a small line', async () => {
  const page = await open(site, 'team/sweep', '?cols=m.auc~s.loss');
  const line = rowOf(page, 'run-299').locator('svg path[d^="M"]');
  await expect.poll(() => line.first().getAttribute('d')).toMatch(/^M[\d. ]+L[\d. ]+L[\d. ]+$/);
});

it('folds child runs under their parents and says how many they are', async () => {
  const page = await open(site, 'nested');
  await page.getByRole('link', { name: 'search-2' }).waitFor();
  expect(await names(page)).toEqual(['search-2', 'search-1', 'search-0']);
  expect(await footer(page).textContent()).toBe('15 runs in all: 3 shown, 12 inside');
  expect(await rowOf(page, 'search-1').getAttribute('aria-expanded')).toBe('false');
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowRight');
  await expect
    .poll(() => names(page))
    .toEqual(['search-2', 'search-1', 'trial-1-3', 'trial-1-2', 'trial-1-1', 'trial-1-0', 'search-0']);
  await look(page, 'runs-nested');
  await page.reload();
  await page.getByRole('link', { name: 'trial-1-3' }).waitFor();
});

it('selects with the keyboard, tags and deletes with a way back', async () => {
  const page = await open(site, 'team/sweep', '?sort=-m.auc&cols=m.auc~t.stage');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await expect.poll(() => footer(page).textContent()).toBe('3 selected, 300 runs in all');
  await page.getByRole('button', { name: 'Tag', exact: true }).click();
  await page.getByLabel('Key').fill('stage');
  await page.getByLabel('Value').fill('shortlist');
  await page.getByRole('button', { name: 'Set tag' }).click();
  await rowOf(page, 'run-297').getByText('shortlist').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await rowOf(page, 'run-297').getByText('shortlist').waitFor({ state: 'detached' });
  await look(page, 'runs-selected');
  await grid(page).focus();
  await page.keyboard.press('Backspace');
  await expect.poll(() => footer(page).textContent()).toBe('297 runs in all');
  expect((await names(page))[0]).toBe('run-296');
  await page.getByText('3 runs moved to the trash.').waitFor();
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await expect.poll(() => footer(page).textContent()).toBe('300 runs in all');
});

it('selects all that match, not what is loaded', async () => {
  const page = await open(site, 'team/sweep', '?filter=metrics.auc+%3E+0.55');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  await grid(page).focus();
  await page.keyboard.press('Control+a');
  await expect.poll(() => footer(page).textContent()).toBe('249 selected of 249 matching, 300 runs in all');
});

it('acts on all that were selected, not on what is loaded', async () => {
  const experimentId = ids.get('many')!;
  const page = await open(site, 'many', '?cols=t.batch');
  await page.getByRole('link', { name: 'many-1199' }).waitFor();
  await grid(page).focus();
  await page.keyboard.press('Control+a');
  await expect.poll(() => footer(page).textContent()).toBe('1,200 selected, 1,200 runs in all');
  await page.getByRole('button', { name: 'Tag', exact: true }).click();
  await page.getByLabel('Key').fill('batch');
  await page.getByLabel('Value').fill('seven');
  await page.getByRole('button', { name: 'Set tag' }).click();
  await page.getByText('1,200 runs tagged batch = seven.').waitFor();
  const tagged = () =>
    site.client.runs
      .search({ experimentIds: [experimentId], filter: "tags.batch = 'seven'", pageSize: 50_000 })
      .toArray()
      .then((runs) => runs.length);
  expect(await tagged()).toBe(1200);
  await grid(page).focus();
  await page.keyboard.press('Control+End');
  await rowOf(page, 'many-0').getByText('seven').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(tagged).toBe(0);
  await page
    .getByRole('toolbar', { name: 'Selected runs' })
    .getByRole('button', { name: 'Move to the trash' })
    .click();
  await expect.poll(() => footer(page).textContent()).toBe('0 runs in all');
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await expect.poll(() => footer(page).textContent()).toBe('1,200 runs in all');
});

it('opens the details of a run beside the table, by an address of its own', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-298' }).click();
  const panel = page.getByRole('complementary', { name: 'Details of the run' });
  await panel.getByRole('heading', { name: 'run-298' }).waitFor();
  await panel.getByText('0.7980').waitFor();
  await look(page, 'runs-details');
  await page.keyboard.press('j');
  await panel.getByRole('heading', { name: 'run-297' }).waitFor();
  await page.reload();
  await panel.getByRole('heading', { name: 'run-297' }).waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
});

it('lays the selected runs side by side by c', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await expect.poll(() => footer(page).textContent()).toContain('2 selected');
  await page.keyboard.press('c');
  await page.waitForURL(/\/compare\?runs=/);
});

it('groups runs by a param and goes on to the runs of a group', async () => {
  const page = await open(site, 'team/sweep', '?group=params.model');
  await page.getByText('3 groups').waitFor();
  await look(page, 'runs-groups');
  const group = page.getByRole('row').filter({ hasText: 'svm' });
  await group.getByRole('button', { name: 'Show its 100 runs' }).click();
  await expect.poll(() => footer(page).textContent()).toBe('100 matching, 300 runs in all');
});

it('saves a view that others can choose', async () => {
  const page = await open(site, 'team/sweep', '?sort=-m.auc&cols=m.auc');
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save as a new view' }).click();
  await page.getByLabel('Name').fill('Best by AUC');
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByRole('button', { name: 'Best by AUC' }).waitFor();
  const other = await open(site, 'team/sweep');
  await other.getByRole('button', { name: 'Views' }).click();
  await other.getByRole('menuitem', { name: 'Best by AUC' }).click();
  await expect.poll(() => headers(other)).toEqual(['Run', 'auc']);
});

it('explains it when two people change one view, and loses neither state', async () => {
  const page = await open(site, 'team/sweep', '?sort=-m.auc&cols=m.auc');
  expectProblem(page, /409/);
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save as a new view' }).click();
  await page.getByLabel('Name').fill('Shared');
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByRole('button', { name: 'Shared' }).waitFor();
  const saveChanges = async (where: Page) => {
    await where.getByRole('button', { name: 'Shared *' }).click();
    await where.getByRole('menuitem', { name: 'Save the changes' }).click();
  };
  const other = await open(site, 'team/sweep');
  await other.getByRole('button', { name: 'Views' }).click();
  await other.getByRole('menuitem', { name: 'Shared' }).click();
  await other.getByRole('columnheader', { name: 'Run' }).click();
  await saveChanges(other);
  await other.getByText('The view “Shared” was changed.').waitFor();
  await page.getByRole('columnheader', { name: 'auc' }).click();
  await saveChanges(page);
  await page.getByText('Somebody else has changed the view “Shared” meanwhile.').waitFor();
  // What this one has on the screen is still there, and may be saved over it now.
  expect(await page.getByRole('columnheader', { name: 'auc' }).getAttribute('aria-sort')).not.toBe(
    'descending',
  );
  await saveChanges(page);
  await page.getByText('The view “Shared” was changed.').waitFor();
});

it('shows names of any letters as they are', async () => {
  const page = await open(site, ODD);
  await page.getByRole('link', { name: '<script>alert(1)</script>' }).waitFor();
  await page.getByRole('link', { name: LONG }).waitFor();
  const texts = (await grid(page).textContent()) ?? '';
  for (const text of ['NaN', '∞', '−∞', '1.000e−300']) expect(texts).toContain(text);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  await look(page, 'runs-odd-names');
});

it('says how the first run comes into an empty experiment, and shows it when it is there', async () => {
  const page = await open(site, 'empty');
  await page.getByRole('heading', { name: 'No run is here yet' }).waitFor();
  await page.getByText(`mlflow.set_tracking_uri("${site.url}")`).waitFor();
  await look(page, 'runs-empty');
  await runPython(
    site.url,
    "import mlflow\nmlflow.set_experiment('empty')\nmlflow.start_run(run_name='first')",
  );
  await page.getByRole('link', { name: 'first' }).waitFor();
});

it('takes new runs in by itself at the top, and offers them where they would move what is read', async () => {
  const experimentId = ids.get('live')!;
  const start = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      await site.client.runs.create({ experimentId, name: `live-${i}` });
    }
  };
  await start(0, 60);
  const page = await open(site, 'live');
  await page.getByRole('link', { name: 'live-59' }).waitFor();
  await start(60, 61);
  await page.getByRole('link', { name: 'live-60' }).waitFor();
  await grid(page).evaluate((element) => element.scrollTo({ top: 480 }));
  await page.getByRole('link', { name: 'live-40' }).waitFor();
  const before = await page.getByRole('link', { name: 'live-40' }).boundingBox();
  await start(61, 63);
  await page.getByRole('button', { name: '2 new runs' }).waitFor();
  expect(await page.getByRole('link', { name: 'live-40' }).boundingBox()).toEqual(before);
  await page.getByRole('button', { name: '2 new runs' }).click();
  await page.getByRole('link', { name: 'live-62' }).waitFor();
});

it('shows and changes the description of the experiment', async () => {
  const page = await open(site, 'team/sweep');
  await page.getByRole('button', { name: 'Description' }).click();
  await page.getByRole('heading', { name: 'What is tried' }).waitFor();
  await page.mouse.move(0, 0);
  await look(page, 'runs-description');
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Description in Markdown' }).fill('Only **this**.');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('strong', { hasText: 'this' }).waitFor();
});

it('says that an experiment is not there, with a way on', async () => {
  const page = await site.open('/experiments/99999');
  expectProblem(page, /404/);
  await page.getByRole('heading', { level: 1, name: 'There is no such experiment' }).waitFor();
  await page.getByText('or you have no right to see it').waitFor();
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await look(page, 'runs-no-experiment');
  await page.getByRole('link', { name: 'all experiments' }).click();
  await expect.poll(() => new URL(page.url()).pathname).toBe('/experiments');
});

it('unfolds the one parent that holds all runs, and tells how many are inside once it is folded', async () => {
  const { client } = site;
  const log = async (name: string, trials: readonly string[]) => {
    const experimentId = await client.experiments.create({ name });
    const { runId } = await client.runs.create({ experimentId, name: 'search' });
    for (const trial of trials)
      await client.runs.create({ experimentId, name: trial, tags: { 'mlflow.parentRunId': runId } });
    return experimentId;
  };
  const next = `next-parent-${Date.now()}`;
  await log(next, ['trial 3']);
  const experimentId = await log(`one-parent-${Date.now()}`, ['trial 1', 'trial 2']);
  const page = await site.open(`/experiments/${experimentId}`);
  await page.getByRole('link', { name: 'trial 2' }).waitFor();
  expect(await footer(page).textContent()).toBe('3 runs in all');
  await page.getByRole('button', { name: 'Fold search' }).click();
  await expect.poll(() => footer(page).textContent()).toBe('3 runs in all: 1 shown, 2 inside');
  expect(await page.getByRole('link', { name: 'trial 2' }).count()).toBe(0);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).fill(next);
  await page.getByRole('option', { name: next }).first().click();
  await page.getByRole('link', { name: 'trial 3' }).waitFor();
});

it('opens a link whose filter cannot be understood, and says where it is wrong', async () => {
  const page = await open(site, 'team/sweep', '?filter=params.model+%3D%3D');
  expectProblem(page, /400/);
  await page.getByRole('heading', { name: 'The filter of this link cannot be understood' }).waitFor();
  await look(page, 'runs-bad-link');
  await page.getByRole('button', { name: 'Clear the filter' }).last().click();
  await page.getByRole('link', { name: 'run-299' }).waitFor();
});

it('can be read on a phone', async () => {
  const page = await site.open(`/experiments/${ids.get('team/sweep')}`, {
    viewport: { width: 390, height: 800 },
  });
  await page.getByRole('link', { name: 'run-299' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await look(page, 'runs-phone');
});
