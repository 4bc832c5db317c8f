import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { type LoggedRun, logRuns } from './harness/logged-runs.ts';
import { look } from './harness/looks.ts';
import { expectProblem, runningSite } from './harness/site.ts';

let experimentId = '';
const site = runningSite({
  async fill({ client }) {
    experimentId = await client.experiments.create({ name: 'sweep' });
    const now = Date.now();
    const runs = Array.from({ length: 120 }, (_, i): LoggedRun => {
      const loss = [1.5, 1 / (i + 2), 2.25, 0.5].map((value, step) => ['loss', step, value] as const);
      // 0.935 and 0.22 have fewer digits than others.
      const auc = i === 1 ? 0.935 : i === 2 ? 0.22 : 0.5 + i / 1000;
      return {
        experimentId,
        name: `run-${String(i).padStart(3, '0')}`,
        startTimeMs: now - 3_600_000 + i * 1000,
        endTimeMs: now - 3_500_000 + i * 1000,
        metrics: [...loss, ['auc', 0, auc], ['epochs', 0, 10 + i]],
        params: {
          model: ['rf', 'svm'][i % 2]!,
          lr: String((i % 5) / 100),
          seed: '42',
          ...(i < 4 && { note: 'rare' }),
        },
      };
    });
    await logRuns(client, runs);
  },
});

const open = async (search = '') => {
  const page = await site.open(`/experiments/${experimentId}${search}`);
  await page.getByRole('grid').waitFor();
  return page;
};
const grid = (page: Page) => page.getByRole('grid');
const box = (page: Page) => page.getByRole('combobox', { name: 'Filter' });
const footer = (page: Page) => page.locator('footer');
const headers = (page: Page) => page.locator('[role="columnheader"][data-column]').allTextContents();
const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const options = (page: Page) => page.getByRole('option').locator('span:first-child').allTextContents();
const firstRun = (page: Page) => grid(page).locator('[aria-rowindex="2"] a').first().textContent();
const hasGridFocus = (page: Page) => grid(page).evaluate((element) => document.activeElement === element);

async function filter(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/');
  await box(page).fill(text);
  await page.keyboard.press('Enter');
}

it('completes a function over a metric’s history by keys alone, and offers comparisons behind it', async () => {
  const page = await open();
  expect(await box(page).getAttribute('placeholder')).toContain('min(metrics.');
  await box(page).pressSequentially('mi');
  await expect.poll(() => options(page).then(([first]) => first)).toBe('min(');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await box(page).inputValue()).toBe('min(');
  // In the brackets there are metrics and nothing else.
  await expect.poll(() => options(page)).toEqual(['metrics.auc', 'metrics.epochs', 'metrics.loss']);
  await box(page).pressSequentially('lo');
  await expect.poll(() => options(page)).toEqual(['metrics.loss']);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await box(page).inputValue()).toBe('min(metrics.loss) ');
  await expect.poll(() => options(page).then((all) => all.slice(0, 3))).toEqual(['=', '!=', '>']);
  await box(page).pressSequentially('< 0.01');
  await page.keyboard.press('Enter');
  await expect.poll(() => footer(page).textContent()).toBe('21 matching, 120 runs in all');
});

it('offers the lowest and highest value of a metric whose name is typed', async () => {
  const page = await open();
  await box(page).pressSequentially('loss');
  await expect
    .poll(() => options(page).then((all) => all.slice(0, 3)))
    .toEqual(['metrics.loss', 'min(metrics.loss)', 'max(metrics.loss)']);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await box(page).inputValue()).toBe('min(metrics.loss) ');
});

it('shows the value that is filtered by in a column, which orders the runs', async () => {
  const page = await open();
  await filter(page, 'min(metrics.loss) < 0.02');
  await expect.poll(() => headers(page)).toContain('min(loss)');
  await expect
    .poll(() => rowOf(page, 'run-119').getByRole('gridcell').allTextContents())
    .toEqual(expect.arrayContaining(['0.5000', '0.008264']));
  await page.getByRole('columnheader', { name: 'min(loss)' }).click();
  await page.getByRole('columnheader', { name: 'min(loss)' }).click();
  await expect.poll(() => page.url()).toContain('sort=h.min.loss');
  await expect.poll(() => firstRun(page)).toBe('run-119');
  await page.getByRole('columnheader', { name: 'min(loss)' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Hide' }).click();
  await expect.poll(() => headers(page)).not.toContain('min(loss)');
  await look(page, 'runs-history-hidden');
});

it('chooses lowest, highest and first values among the columns, and says when nothing has a name', async () => {
  const page = await open();
  await page.getByRole('button', { name: 'Columns' }).click();
  const search = page.getByRole('searchbox', { name: 'Search columns' });
  await search.fill('los');
  await page.getByRole('button', { name: 'Highest value of loss' }).click();
  await page.getByRole('button', { name: 'First value of loss' }).click();
  expect(await page.getByRole('button', { name: 'First value of loss' }).getAttribute('aria-pressed')).toBe(
    'true',
  );
  await search.fill('min');
  await page.getByText('No metric, param, tag or attribute has “min” in its name.').waitFor();
  await look(page, 'runs-columns-nothing');
  await page.keyboard.press('Escape');
  await expect.poll(() => headers(page)).toEqual(expect.arrayContaining(['max(loss)', 'first(loss)']));
  await expect
    .poll(() => rowOf(page, 'run-119').getByRole('gridcell').allTextContents())
    .toEqual(expect.arrayContaining(['2.250', '1.500']));
});

it('builds a condition on a history, opens no list by itself, and goes at the first Escape', async () => {
  const page = await open();
  const opener = page.getByRole('button', { name: 'Build a condition' });
  await opener.click();
  const dialog = page.getByRole('dialog', { name: 'Add a condition' });
  const what = dialog.getByRole('combobox', { name: 'What' });
  await expect.poll(() => what.evaluate((element) => document.activeElement === element)).toBe(true);
  expect(await page.getByRole('option').filter({ visible: true }).count()).toBe(0);
  const isCut = await what.evaluate((input: HTMLInputElement) => input.scrollWidth > input.clientWidth);
  expect(isCut).toBe(false);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => opener.evaluate((element) => document.activeElement === element)).toBe(true);
  await opener.click();
  await what.fill('loss');
  await page.getByRole('option', { name: 'loss' }).click();
  await dialog.getByRole('combobox', { name: 'Which of its values' }).click();
  await page.getByRole('option', { name: 'value at step' }).click();
  await dialog.getByRole('textbox', { name: 'Step' }).fill('1');
  await dialog.getByRole('combobox', { name: 'How' }).click();
  await page.getByRole('option', { name: 'is less than' }).click();
  await dialog.getByRole('combobox', { name: 'Value', exact: true }).fill('0.01');
  await look(page, 'runs-condition-history');
  await dialog.getByRole('button', { name: 'Add to the filter' }).click();
  await expect.poll(() => box(page).inputValue()).toBe('at(metrics.loss, 1) < 0.01');
  await expect.poll(() => footer(page).textContent()).toBe('21 matching, 120 runs in all');
  await expect.poll(() => headers(page)).toContain('at(loss, 1)');
});

it('gives the keyboard back to the rows when a menu closes, and keeps what is selected', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'run-119' }).waitFor();
  await page.keyboard.press('x');
  await expect.poll(() => footer(page).textContent()).toBe('1 selected, 120 runs in all');
  await page.keyboard.press('e');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'detached' });
  await expect.poll(() => hasGridFocus(page)).toBe(true);
  // The menu of a column.
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Alt+ArrowDown');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => hasGridFocus(page)).toBe(true);
  // The menu of a cell, by the key that stands in the list of shortcuts.
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Status = FINISHED' }).waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => hasGridFocus(page)).toBe(true);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => hasGridFocus(page)).toBe(true);
  await page.keyboard.press('/');
  await page.keyboard.press('Escape');
  await expect.poll(() => hasGridFocus(page)).toBe(true);
  expect(await footer(page).textContent()).toBe('1 selected, 120 runs in all');
  await page.keyboard.press('?');
  const shortcuts = page.getByRole('dialog', { name: 'Shortcuts' });
  await shortcuts.getByText('as a right click does').waitFor();
  await page.keyboard.press('Escape');
  await shortcuts.waitFor({ state: 'detached' });
  expect(await footer(page).textContent()).toBe('1 selected, 120 runs in all');
});

it('finds what was selected, and the keyboard where it was, when one comes back from a comparison', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'run-119' }).waitFor();
  for (const key of ['x', 'j', 'x', 'j', 'c']) await page.keyboard.press(key);
  await page.waitForURL(/\/compare\?runs=/);
  await page.getByRole('heading', { level: 1, name: 'Compare 2 runs' }).waitFor();
  await page.goBack();
  await expect.poll(() => footer(page).textContent()).toBe('2 selected, 120 runs in all');
  await expect.poll(() => hasGridFocus(page)).toBe(true);
  await page.keyboard.press('x');
  await expect.poll(() => rowOf(page, 'run-117').getAttribute('aria-selected')).toBe('true');
});

it('says of a key that few runs have how many they are, and calls equal only what all have', async () => {
  const page = await open();
  const equal = page.getByText('Equal in all runs').locator('..');
  await expect.poll(() => equal.textContent()).toContain('seed42');
  expect(await equal.textContent()).not.toContain('rare');
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('searchbox', { name: 'Search columns' }).fill('note');
  await page.getByText('in 4 runs').waitFor();
});

it('says in plain words what is wrong with a filter, after one that nothing matched too', async () => {
  const page = await open();
  expectProblem(page, /400/);
  await filter(page, 'metrics.auc > 5');
  await page.getByRole('heading', { name: 'No run matches the filter' }).waitFor();
  await filter(page, 'loss > 5');
  const alert = page.getByRole('alert');
  await alert.getByText('There is no attribute “loss”.').waitFor();
  await page.getByRole('heading', { name: 'The filter above was not used' }).waitFor();
  expect(await page.getByRole('heading', { name: 'No run matches the filter' }).count()).toBe(0);
  await look(page, 'runs-filter-astray');
  await alert.getByRole('button', { name: 'metrics.loss' }).click();
  expect(await box(page).inputValue()).toBe('metrics.loss > 5');
  await page.getByRole('heading', { name: 'No run matches the filter' }).waitFor();
});

it('marks the rows of the last good filter while the one above them is wrong', async () => {
  const page = await open();
  expectProblem(page, /400/);
  await filter(page, "params.model = 'rf'");
  await expect.poll(() => footer(page).textContent()).toBe('60 matching, 120 runs in all');
  await filter(page, 'modl = 3');
  const note = page.getByText('These are the runs of the last filter that could be used');
  await note.waitFor();
  expect(await note.textContent()).toContain("params.model = 'rf'");
  await page.getByRole('link', { name: 'run-118' }).waitFor();
  await page.keyboard.press('Escape');
  await note.waitFor({ state: 'detached' });
});

it('tells of a metric that no run has, and what was meant', async () => {
  const page = await open();
  await filter(page, 'metrics.los < 5');
  const doubt = page.getByRole('status').filter({ hasText: 'No run here has a metric “los”.' });
  await doubt.getByRole('button', { name: 'metrics.loss' }).click();
  await expect.poll(() => footer(page).textContent()).toBe('120 matching, 120 runs in all');
  await doubt.waitFor({ state: 'detached' });
});

it('shows the figures of a column with the same digits, and whole numbers whole', async () => {
  const page = await open('?sort=m.epochs');
  const cells = (name: string) => rowOf(page, name).getByRole('gridcell').allTextContents();
  await expect.poll(() => cells('run-001')).toEqual(expect.arrayContaining(['0.9350', '0.5000', '11']));
  expect(await cells('run-002')).toEqual(expect.arrayContaining(['0.2200', '12']));
  const right = (name: string, text: string) =>
    rowOf(page, name)
      .getByText(text, { exact: true })
      .evaluate((element) => Math.round(element.getBoundingClientRect().right));
  expect(await right('run-001', '0.9350')).toBe(await right('run-002', '0.2200'));
});

it('covers no value with what can be done with a row', async () => {
  const page = await open('?sort=-m.auc');
  const row = rowOf(page, 'run-119');
  await row.hover();
  const actions = (await row.getByRole('button', { name: 'Actions of run-119' }).boundingBox())!;
  const run = (await page.getByRole('columnheader', { name: 'Run', exact: true }).boundingBox())!;
  expect(actions.x).toBeGreaterThan(run.x);
  expect(actions.x + actions.width).toBeLessThanOrEqual(run.x + run.width);
  await look(page, 'runs-row-actions');
});

it('leaves in view what the runs are ordered by when the details open beside them', async () => {
  const page = await open(
    '?sort=m.loss&cols=a.status~a.start_time~a.end_time~a.duration~p.lr~p.model~m.auc~m.loss',
  );
  await page.getByRole('link', { name: 'run-119' }).waitFor();
  await page.getByRole('link', { name: 'run-119' }).click();
  const panel = page.getByRole('complementary', { name: 'Details of the run' });
  await panel.getByRole('button', { name: 'Move to the trash' }).waitFor();
  const edge = (await panel.boundingBox())!.x;
  await expect
    .poll(async () => {
      const header = (await page.getByRole('columnheader', { name: 'loss' }).boundingBox())!;
      return header.x + header.width <= edge;
    })
    .toBe(true);
});

it('has the metrics in view beside charts, and gives the table as much room as one drags', async () => {
  const page = await open('?mode=both');
  await page.getByRole('link', { name: 'run-119' }).waitFor();
  expect((await headers(page)).slice(0, 4)).toEqual(['Run', 'auc', 'epochs', 'loss']);
  const divider = page.getByRole('separator', { name: 'Width of the table' });
  const start = (await divider.boundingBox())!;
  for (const name of ['auc', 'epochs', 'loss']) {
    const header = (await page.getByRole('columnheader', { name, exact: true }).boundingBox())!;
    expect(header.x + header.width).toBeLessThanOrEqual(start.x + start.width);
  }
  await look(page, 'runs-both');
  await page.mouse.move(start.x + start.width / 2, start.y + 100);
  await page.mouse.down();
  await page.mouse.move(start.x - 120, start.y + 100, { steps: 6 });
  await page.mouse.up();
  await expect.poll(() => page.url()).toMatch(/split=40/);
  const moved = (await divider.boundingBox())!;
  expect(Math.abs(moved.x - (start.x - 120))).toBeLessThan(10);
  await divider.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => divider.getAttribute('aria-valuenow')).toBe('45');
  await page.reload();
  await expect.poll(() => divider.getAttribute('aria-valuenow')).toBe('45');
});

it('says why so many runs, or one, cannot be compared', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'run-119' }).waitFor();
  await page.keyboard.press('c');
  await page.getByText('Select from 2 to 100 runs to compare them').waitFor();
  await grid(page).focus();
  await page.keyboard.press('Control+a');
  const toolbar = page.getByRole('toolbar', { name: 'Selected runs' });
  await toolbar.getByText('120 selected').waitFor();
  await toolbar.getByText('at most 100').waitFor();
  await page.keyboard.press('c');
  await page.getByText('120 runs are selected, and at most 100 can be compared.').waitFor();
  expect(page.url()).not.toContain('/compare');
});
