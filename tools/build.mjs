// `npm run build`: the server as one file, the web pages, the client as modules with declarations. This runs on the
// machine's own Node as well. `node tools/build.mjs server pages` builds what it names.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fingerprintOf, PRODUCTS, recordBuild, SERVER_BUNDLE } from './build-stamp.mjs';
import { ensureInstalled, root } from './setup.mjs';

async function buildServer() {
  process.stderr.write('Building the server …\n');
  const { build } = await import('esbuild');
  const digest = fingerprintOf(PRODUCTS.server);
  const { outputFiles } = await build({
    absWorkingDir: root,
    // Threads and processes are programs of their own.
    entryPoints: [
      'server/src/main.ts',
      'server/src/db/sqlite/checkpoint-worker.ts',
      'server/src/statements/query-process.ts',
      'server/src/inference-log/table-process.ts',
      'server/src/serving/onnx/onnx-thread.ts',
    ],
    entryNames: '[name]',
    outdir: path.dirname(SERVER_BUNDLE),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    packages: 'external',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    write: false,
  });
  mkdirSync(path.join(root, path.dirname(SERVER_BUNDLE)), { recursive: true });
  // Tests that run side by side may build at the same time: nobody must start from half a file.
  for (const { path: file, contents } of outputFiles) {
    writeFileSync(`${file}.${process.pid}`, contents);
    renameSync(`${file}.${process.pid}`, file);
  }
  copyPython(path.dirname(SERVER_BUNDLE));
  // npm links the command `slipway` to this file.
  chmodSync(path.join(root, SERVER_BUNDLE), 0o755);
  recordBuild(PRODUCTS.server, digest);
}

/** Programs that run in the interpreters of models lie beside the bundle. @param {string} folder */
function copyPython(folder) {
  const target = path.join(root, folder, 'python');
  const draft = `${target}.${process.pid}`;
  cpSync(path.join(root, 'python'), draft, {
    recursive: true,
    filter: (source) => !/__pycache__|\/test_[^/]*\.py$/.test(source),
  });
  rmSync(target, { recursive: true, force: true });
  renameSync(draft, target);
}

function buildClient() {
  process.stderr.write('Building the client …\n');
  rmSync(path.join(root, 'client/dist'), { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const result = spawnSync(process.execPath, [tsc, '-p', 'client/tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (result.status !== 0) throw new Error('The client does not compile; the messages stand above.');
}

async function buildWebPages() {
  const { buildPages } = await import('./build-pages.mjs');
  await buildPages();
}

/** @type {Record<string, () => void | Promise<void>>} */
const BUILDS = { server: buildServer, pages: buildWebPages, client: buildClient };

ensureInstalled();
const named = process.argv.slice(2);
for (const [name, build] of Object.entries(BUILDS)) {
  if (named.length === 0 || named.includes(name)) await build();
}
