// `npm test`: sets up what is missing, then runs every suite; the last line is the sum over all of them.
//   npm test -- --only unit            one suite, or all whose names begin so
//   npm test -- --list                 the names
// With CI=1 in the environment a test that was left out is a failure.
import { ensurePinnedNode } from './setup.mjs';

await ensurePinnedNode();
const { forgetEarlierRuns, SUITES } = await import('./suites.mjs');
const { renderTable, runSuites } = await import('./run-suites.mjs');
const { addCounts, renderCounts } = await import('./test-counts.mjs');

const [option, value] = process.argv.slice(2);
if (option === '--list') {
  process.stdout.write(`${SUITES.map(({ name }) => name).join('\n')}\n`);
} else if (option === undefined || (option === '--only' && value !== undefined)) {
  process.exitCode = await main(SUITES.filter(({ name }) => value === undefined || name.startsWith(value)));
} else {
  process.stderr.write('usage: npm test -- [--only SUITE | --list]\n');
  process.exitCode = 2;
}

/** @param {readonly import('./suites.mjs').Suite[]} suites @returns {Promise<number>} the exit code */
async function main(suites) {
  if (suites.length === 0) {
    process.stdout.write(`No suite is called so; there are: ${SUITES.map(({ name }) => name).join(', ')}\n`);
    process.stdout.write(`${renderCounts({ passed: 0, failed: 1, skipped: 0 })}\n`);
    return 1;
  }
  if (suites.some(({ name }) => name.startsWith('acceptance'))) forgetEarlierRuns();
  const results = await runSuites(suites, {
    nothingMayBeLeftOut: process.env.CI === '1',
    print: (line) => process.stdout.write(`${line}\n`),
  });
  const sum = addCounts(results.map(({ counts }) => counts));
  process.stdout.write(`\n${renderTable(results)}\n${renderCounts(sum)}\n`);
  return sum.failed > 0 ? 1 : 0;
}
