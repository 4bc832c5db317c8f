// `npm run check`: everything that can be said about the sources without running them.
// `npm run check -- --only imports` runs one of the checks.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkAddresses } from './check-addresses.mjs';
import { checkImports } from './check-imports.mjs';
import { checkSizes } from './check-sizes.mjs';
import { checkGenerated } from './generate.mjs';
import { ensurePinnedNode, pinnedNode, root } from './setup.mjs';

/**
 * @typedef {object} CheckResult
 * @property {boolean} ok
 * @property {string} output what a person needs to know; may be there although all is well
 */

/** @type {ReadonlyArray<readonly [name: string, run: () => CheckResult | Promise<CheckResult>]>} */
const CHECKS = [
  ['types', () => packageTool('typescript/bin/tsc', '-p', 'tsconfig.json')],
  ['types of tools', () => packageTool('typescript/bin/tsc', '-p', 'tools/tsconfig.json')],
  // Nothing of Node's is in sight of the client, so it needs settings of its own.
  ['types of client', () => packageTool('typescript/bin/tsc', '-p', 'client/tsconfig.json')],
  ['types of web', () => packageTool('typescript/bin/tsc', '-p', 'web/tsconfig.json')],
  ['types of tests of web', () => packageTool('typescript/bin/tsc', '-p', 'web/test/tsconfig.json')],
  ['imports', checkImports],
  [
    'lint and format',
    () => packageTool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--colors=off'),
  ],
  ['file size', checkSizes],
  ['dead code', () => packageTool('knip/bin/knip.js', '--no-progress')],
  ['registry addresses', checkAddresses],
  ['generated files', checkGenerated],
];

/**
 * @param {string} script inside node_modules
 * @param {string[]} args
 * @returns {CheckResult}
 */
function packageTool(script, ...args) {
  const result = spawnSync(pinnedNode, [path.join(root, 'node_modules', script), ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { ok: result.status === 0, output: result.status === 0 ? '' : `${result.stdout}${result.stderr}` };
}

/**
 * Runs the checks one after another and prints what they found.
 * @param {string} [only] the name of a single one
 * @returns {Promise<import('./test-counts.mjs').Counts>} a check counts as a test
 */
export async function runChecks(only) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, run] of CHECKS) {
    if (only !== undefined && name !== only) continue;
    const startedAt = performance.now();
    const { ok, output } = await run();
    counts[ok ? 'passed' : 'failed']++;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
    if (output.trim()) process.stdout.write(`${output.trim().replaceAll(/^/gm, '         ')}\n`);
  }
  return counts;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await ensurePinnedNode();
  const only = process.argv[2] === '--only' ? process.argv[3] : undefined;
  const { passed, failed } = await runChecks(only);
  if (passed + failed === 0)
    process.stdout.write(`No such check; there are: ${CHECKS.map(([name]) => name).join(', ')}\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
