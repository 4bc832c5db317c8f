import { failureOf, failuresFromOutput, renderCounts } from './test-counts.mjs';

/** @typedef {import('./test-counts.mjs').Counts} Counts */
/** @typedef {import('./suites.mjs').Suite} Suite */
/** @typedef {{name: string, counts: Counts, seconds: number, failure: string | undefined}} SuiteResult */
/** @typedef {{counts: Counts, output: string}} ApartResult */
/**
 * @typedef {object} RunOptions
 * @property {boolean} nothingMayBeLeftOut
 * @property {(line: string) => void} print
 * @property {(suite: Suite) => Promise<ApartResult>} runApart in a process of its own, with what it printed
 */

/** A client and the server that it calls in turn keep one processor busy; small machines have two. */
const AT_ONCE = 2;

/**
 * Runs suites one after another, and neighbours that get along beside each other. One that throws or has no tests
 * counts as one failure; where nothing may be left out, each test that was left out counts as a failure too.
 * @param {readonly Suite[]} suites
 * @param {RunOptions} options
 * @returns {Promise<SuiteResult[]>} in the order of the suites
 */
export async function runSuites(suites, options) {
  /** @type {SuiteResult[]} */
  const results = [];
  for (const group of groupsOf(suites)) results.push(...(await runGroup(group, options)));
  return results;
}

/** @param {readonly Suite[]} suites @returns {Suite[][]} neighbours that get along together, all others alone */
function groupsOf(suites) {
  /** @type {Suite[][]} */
  const groups = [];
  for (const suite of suites) {
    const last = groups.at(-1);
    if (suite.getsAlong && last?.[0]?.getsAlong) last.push(suite);
    else groups.push([suite]);
  }
  return groups;
}

/** @param {readonly Suite[]} group @param {RunOptions} options @returns {Promise<SuiteResult[]>} */
async function runGroup(group, options) {
  const { print, runApart } = options;
  if (group.length === 1) {
    const [suite] = /** @type {[Suite]} */ (group);
    print(`\n══ ${suite.name}`);
    return [await runOne(suite.name, suite.run, options)];
  }
  /** @type {SuiteResult[]} */
  const results = [];
  let next = 0;
  const lane = async () => {
    while (next < group.length) {
      const place = next++;
      const suite = /** @type {Suite} */ (group[place]);
      results[place] = await runOne(
        suite.name,
        async () => {
          const { counts, output } = await runApart(suite);
          // At its end and whole: lines of two suites in turn would be nobody's.
          print(`\n══ ${suite.name}\n${output}`);
          return { ...counts, failures: failuresFromOutput(output) };
        },
        options,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}

/**
 * @param {string} name
 * @param {() => Promise<Counts>} run
 * @param {RunOptions} options
 * @returns {Promise<SuiteResult>}
 */
async function runOne(name, run, { nothingMayBeLeftOut, print }) {
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
  return { name, counts, seconds: (performance.now() - startedAt) / 1000, failure };
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

/**
 * The tests that failed, a line each under the name of their suite; empty where none did.
 * @param {readonly SuiteResult[]} results
 */
export function renderFailures(results) {
  const lines = results.flatMap(({ name, counts }) =>
    (counts.failures ?? []).map((line) => `  ${name}: ${line}`),
  );
  return lines.length === 0 ? '' : `Failed:\n${lines.join('\n')}\n\n`;
}
