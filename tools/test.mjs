// `npm test`: sets up what is missing, then runs every suite; the last line is the sum over all of them.
//   npm test -- --only unit            one suite, or all whose names begin so
//   npm test -- --list                 the names
//   npm test -- --apart NAME           one suite as a part of such a run, which is how some run beside each other
// With CI=1 in the environment a test that was left out is a failure.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensurePinnedNode, pinnedNode } from './setup.mjs';

await ensurePinnedNode();
const { forgetEarlierRuns, SUITES } = await import('./suites.mjs');
const { ensurePostgres } = await import('./postgres.mjs');
const { renderFailures, renderTable, runSuites } = await import('./run-suites.mjs');
const { addCounts, countsFromOutput, renderCounts } = await import('./test-counts.mjs');

const [option, value] = process.argv.slice(2);
if (option === '--list') {
  process.stdout.write(`${SUITES.map(({ name }) => name).join('\n')}\n`);
} else if (option === '--apart' && value !== undefined) {
  process.exitCode = await runHere(value);
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
  // Once, before suites that run beside each other would install it both.
  if (suites.some(({ getsAlong }) => getsAlong)) ensurePostgres();
  const results = await runSuites(suites, {
    nothingMayBeLeftOut: process.env.CI === '1',
    print: (line) => process.stdout.write(`${line}\n`),
    runApart,
  });
  const sum = addCounts(results.map(({ counts }) => counts));
  process.stdout.write(`\n${renderFailures(results)}${renderTable(results)}\n${renderCounts(sum)}\n`);
  return sum.failed > 0 ? 1 : 0;
}

/** One suite in the process that `runApart` starts for it. @param {string} name @returns {Promise<number>} the exit code */
async function runHere(name) {
  const suite = SUITES.find((one) => one.name === name);
  if (suite === undefined) throw new Error(`No suite is called ${name}.`);
  const counts = await suite.run();
  process.stdout.write(`${renderCounts(counts)}\n`);
  return counts.failed > 0 ? 1 : 0;
}

/**
 * @param {import('./suites.mjs').Suite} suite
 * @returns {Promise<import('./run-suites.mjs').ApartResult>}
 */
async function runApart({ name }) {
  const child = spawn(pinnedNode, [fileURLToPath(import.meta.url), '--apart', name], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      output += text;
    });
  }
  /** @type {number | string} */
  const ended = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code ?? 'nothing'));
  });
  const counts = countsFromOutput(output.trimEnd().split('\n').at(-1) ?? '');
  if (counts === undefined || (ended !== 0 && counts.failed === 0)) {
    throw new Error(`it ended with ${ended} and without its counts\n${output}`);
  }
  return { counts, output };
}
