// `npm run acceptance:heavy`: what `npm test` does not hold because of the size of what it installs. A Ray cluster of
// one node is started from acceptance/requirements/ray.txt (400 MB, 2 GB of memory); models run in it.
//   npm run acceptance:heavy -- --only "engine ray"       one suite, or all whose names begin so
import { ensurePinnedNode } from './setup.mjs';

await ensurePinnedNode();
const { newestClient } = await import('./acceptance.mjs');
const { startRayHead } = await import('./ray-head.mjs');
const { renderTable, runSuites } = await import('./run-suites.mjs');
const { runAcceptanceOn, runVitest } = await import('./suites.mjs');
const { addCounts, renderCounts } = await import('./test-counts.mjs');

/** @type {readonly import('./suites.mjs').Suite[]} */
const HEAVY_SUITES = [
  // What every engine does, and what only a cluster can suffer.
  { name: 'engine ray', run: runEngine },
  { name: 'serving ray', run: runServing },
];

function runEngine() {
  return runVitest({}, { name: 'heavy', args: ['--config', 'acceptance/heavy.vitest.config.ts'] });
}

/** The suite of serving against a server whose models run in a cluster. */
async function runServing() {
  const head = await startRayHead();
  try {
    const resources = JSON.stringify({ cpu: { num_cpus: 0.25 } });
    const where = ['--ray-address', head.address, '--ray-serve-address', head.serveAddress];
    return await runAcceptanceOn(
      'serving ray',
      newestClient,
      {
        database: 'sqlite',
        artifacts: 'folder',
        auth: true,
        flags: ['--engine', 'ray', ...where, '--ray-resources', resources],
        env: { SLIPWAY_RAY_TOKEN: head.token },
      },
      { suite: 'serving' },
    );
  } finally {
    await head.stop();
  }
}

const [option, value] = process.argv.slice(2);
const suites = HEAVY_SUITES.filter(({ name }) => value === undefined || name.startsWith(value));
if ((option !== undefined && (option !== '--only' || value === undefined)) || suites.length === 0) {
  process.stderr.write(
    `usage: npm run acceptance:heavy -- [--only SUITE]; suites: ${HEAVY_SUITES.map(({ name }) => name).join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  const results = await runSuites(suites, {
    nothingMayBeLeftOut: true,
    print: (line) => process.stdout.write(`${line}\n`),
    runApart: () => {
      throw new Error('heavy suites run one after the other');
    },
  });
  const sum = addCounts(results.map(({ counts }) => counts));
  process.stdout.write(`\n${renderTable(results)}\n${renderCounts(sum)}\n`);
  process.exitCode = sum.failed > 0 ? 1 : 0;
}
