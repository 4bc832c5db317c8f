import type { Page } from 'playwright-core';

/** What a person does in an interface, and how to see that it is done; expressions are over the page. */
export interface Interface {
  readonly name: 'mlflow' | 'slipway';
  /** The runs table of an experiment. */
  runsAddress(experimentId: string): string;
  /** Rows of runs are there to be read and clicked. */
  readonly hasRows: string;
  /** Types the filter; `carryOut` presses the key that applies it. */
  typeFilter(page: Page, filter: string): Promise<void>;
  carryOut(page: Page): Promise<void>;
  /** The only run of the table has this name. */
  showsOnly(runName: string): string;
  openCharts(page: Page): Promise<void>;
  /** A chart with data is drawn. */
  readonly hasChart: string;
}

/** Links to runs, whose ids are 32 hex digits in both. */
const RUN_LINKS = `[...document.querySelectorAll('a[href*="/runs/"]')].filter((link) => /[0-9a-f]{32}/.test(link.href))`;

export const mlflow = (port: number): Interface => {
  const box = (page: Page) => page.locator('[data-testid="search-box"]');
  return {
    name: 'mlflow',
    runsAddress: (experimentId) => `http://127.0.0.1:${port}/#/experiments/${experimentId}/runs`,
    hasRows: `${RUN_LINKS}.length >= 10 && /matching run/.test(document.body.innerText)`,
    typeFilter: (page, filter) => box(page).fill(filter),
    async carryOut(page) {
      await box(page).press('Enter');
      // The first one may only have closed the list of suggestions.
      await box(page).press('Enter');
    },
    showsOnly: (name) => onlyRun(name),
    openCharts: (page) => page.locator('label:has(input[value="CHART"])').click(),
    hasChart: `document.querySelector('.js-plotly-plot .main-svg') !== null`,
  };
};

export const slipway = (port: number): Interface => ({
  name: 'slipway',
  runsAddress: (experimentId) => `http://127.0.0.1:${port}/experiments/${experimentId}`,
  hasRows: `${RUN_LINKS}.length >= 10 && document.querySelector('[role=grid] [role=row][aria-busy]') === null`,
  typeFilter: (page, filter) => page.getByRole('combobox', { name: /filter/i }).fill(filter),
  carryOut: (page) => page.getByRole('combobox', { name: /filter/i }).press('Enter'),
  showsOnly: (name) => onlyRun(name),
  openCharts: (page) => page.getByRole('radiogroup', { name: 'What is shown' }).getByText('Charts').click(),
  hasChart: `document.querySelector('main canvas') !== null`,
});

const onlyRun = (name: string): string =>
  `(() => { const links = ${RUN_LINKS}; return links.length > 0 && links.every((link) => link.textContent.trim() === ${JSON.stringify(name)}); })()`;
