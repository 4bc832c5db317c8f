import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { picturesFolder } from './site.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The rules of WCAG 2.2 AA, and what axe holds to be good practice beside them. */
const RULES: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
};
/** Those of them that ask for colours: the others see the same document in any theme. */
const COLOR_RULES: RunOptions = {
  runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
  resultTypes: ['violations'],
};

/**
 * Looks at a page as it stands, in both themes: axe must find nothing, and a picture of each goes to
 * `test-results/screens/NAME-light.png` and `NAME-dark.png`. The page is left in the light theme.
 */
export async function look(page: Page, name: string): Promise<void> {
  for (const [theme, rules] of [
    ['dark', COLOR_RULES],
    ['light', RULES],
  ] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForFunction(
      (wanted) => document.documentElement.getAttribute('data-mantine-color-scheme') === wanted,
      theme,
    );
    // Two frames: one to begin what changes with the theme, one to end it.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    await page.screenshot({ path: path.join(picturesFolder, `${name}-${theme}.png`) });
    expect(await violations(page, rules), `axe on ${name} (${theme})`).toEqual([]);
  }
}

/** What axe finds on the page, a line for each element. */
async function violations(page: Page, rules: RunOptions): Promise<readonly string[]> {
  // Evaluated, not added as a script: the pages' policy allows no script of anybody else.
  if (await page.evaluate(() => !('axe' in window))) await page.evaluate(axeSource);
  const results = await page.evaluate(
    (asked) =>
      (window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(asked),
    rules,
  );
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id} (${help}): ${target.join(' ')}: ${failureSummary ?? ''}`,
    ),
  );
}
