import { failureOf, renderCounts } from './test-counts.mjs';

/** @typedef {import('./test-counts.mjs').Counts} Counts */
/** @typedef {{name: string, counts: Counts, seconds: number, failure: string | undefined}} SuiteResult */

/**
 * Runs suites one after another. One that throws or has no tests counts as one failure; where nothing may be left
 * out, each test that was left out counts as a failure too.
 * @param {readonly import('./suites.mjs').Suite[]} suites
 * @param {{nothingMayBeLeftOut: boolean, print: (line: string) => void}} options
 * @returns {Promise<SuiteResult[]>}
 */
export async function runSuites(suites, { nothingMayBeLeftOut, print }) {
  /** @type {SuiteResult[]} */
  const results = [];
  for (const { name, run } of suites) {
    print(`\n══ ${name}`);
    const startedAt = performance.now();
    /** @type {Counts} */
    let counts;
    /** @type {string | undefined} */
    let failure;
    try {
      counts = await run();
      failure = failureOf(counts, { nothingMayBeLeftOut });
      // What makes a suite fail shows in the sum as well: the last line and the exit code never disagree.
      if (failure !== undefined && counts.failed === 0)
        counts = { ...counts, failed: Math.max(1, counts.skipped) };
    } catch (error) {
      counts = { passed: 0, failed: 1, skipped: 0 };
      failure = `could not run: ${error instanceof Error ? error.message : String(error)}`;
      print(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    results.push({ name, counts, seconds: (performance.now() - startedAt) / 1000, failure });
  }
  return results;
}

/**
 * One line a suite.
 * @param {readonly SuiteResult[]} results
 */
export function renderTable(results) {
  const width = Math.max(...results.map(({ name }) => name.length));
  return results
    .map(({ name, counts, seconds, failure }) => {
      const time = `${seconds.toFixed(1)} s`.padStart(9);
      const verdict = failure === undefined ? 'ok    ' : 'FAILED';
      return `${verdict} ${name.padEnd(width)} ${time}  ${renderCounts(counts)}${failure ? `  (${failure})` : ''}`;
    })
    .join('\n');
}
