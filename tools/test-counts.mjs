/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {readonly string[]} [failures] the tests that failed, a line each, as far as their runner names them
 */

/** @param {readonly Counts[]} all @returns {Counts} */
export function addCounts(all) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of all) {
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
  }
  return sum;
}

/** The line that ends every test command. @param {Counts} counts */
export function renderCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * What counts in the end: a suite without a test proved nothing, and where everything must run a test that was left
 * out is a failure.
 * @param {Counts} counts
 * @param {{nothingMayBeLeftOut: boolean}} rules
 * @returns {string | undefined} why the suite failed
 */
export function failureOf({ passed, failed, skipped }, { nothingMayBeLeftOut }) {
  if (failed > 0) return `${failed} failed`;
  if (nothingMayBeLeftOut && skipped > 0) return `${skipped} left out`;
  if (passed + skipped === 0) return 'no test ran';
  return undefined;
}

/**
 * Counts in the report of `vitest run --reporter=json`. A file that could not be loaded has no tests in it, so it
 * counts as one failure.
 * @param {string} text
 * @returns {Counts}
 */
export function countsFromVitest(text) {
  const report = /** @type {VitestReport} */ (JSON.parse(text));
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  // Errors outside of tests (an unhandled rejection) fail the run without failing a test.
  if (!report.success && counts.failed === 0) counts.failed = 1;
  return { ...counts, failures: report.testResults.flatMap(failuresOfFile) };
}

/** @param {VitestFile} file @returns {string[]} */
function failuresOfFile({ name, status, message, assertionResults }) {
  if (status !== 'failed') return [];
  const place = (name ?? '').split('/').slice(-2).join('/');
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return [`${place}: ${firstLine(message)}`];
  return failed.map(
    ({ fullName, failureMessages }) => `${place}: ${fullName}: ${firstLine(failureMessages?.[0])}`,
  );
}

/** @param {string | undefined} text */
const firstLine = (text) => (text ?? '').split('\n', 1)[0]?.slice(0, 300) ?? '';

/**
 * What the summary of pytest names as failed.
 * @param {string} output
 * @returns {string[]}
 */
export function failuresFromOutput(output) {
  return output
    .split('\n')
    .filter((line) => /^(FAILED|ERROR) \S+::/.test(line))
    .map((line) => line.slice(0, 400));
}

/**
 * @typedef {object} VitestReport
 * @property {boolean} success
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {VitestFile[]} testResults
 *
 * @typedef {object} VitestFile
 * @property {string} [name]
 * @property {string} status
 * @property {string} [message]
 * @property {Array<{status: string, fullName?: string, failureMessages?: string[]}>} assertionResults
 */

/**
 * Counts in the last line of a program's output that has some: our own form, or the summary of pytest. Expected
 * failures count as passed, unexpected passes and errors as failed.
 * @param {string} output
 * @returns {Counts | undefined} undefined when no line has counts
 */
export function countsFromOutput(output) {
  const lines = output.split('\n').reverse();
  const line = lines.find((text) =>
    /^[=\s]*\d+ (passed|failed|skipped|errors?|xfailed|xpassed|deselected)\b/.test(text),
  );
  if (line === undefined) return undefined;
  const count = (/** @type {string} */ word) =>
    Number(new RegExp(`\\b(\\d+) ${word}\\b`).exec(line)?.[1] ?? 0);
  return {
    passed: count('passed') + count('xfailed'),
    failed: count('failed') + count('errors?') + count('xpassed'),
    skipped: count('skipped'),
  };
}
