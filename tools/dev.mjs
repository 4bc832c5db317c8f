// `npm run dev`: the server straight from its sources, started anew at every change, and the web pages by Vite, which
// puts every change into the open page. Arguments are the server's own.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensurePinnedNode, pinnedNode, root } from './setup.mjs';

await ensurePinnedNode();
const args = process.argv.slice(2);
const { readConfig } = await import('../server/src/config.ts');
const { host, port } = readConfig(args, process.env);
const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;

/** @param {string[]} command @param {NodeJS.ProcessEnv} [env] */
const start = (command, env = {}) =>
  spawn(pinnedNode, command, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });

const server = path.join(root, 'server/src/main.ts');
const vite = path.join(root, 'node_modules/vite/bin/vite.js');
const children = [
  start(['--watch', '--watch-preserve-output', server, 'server', ...args]),
  start([vite, 'web', '--clearScreen', 'false'], { SLIPWAY_URL: `http://${address}:${port}` }),
];
const endAll = () => {
  for (const child of children) child.kill('SIGTERM');
};
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, endAll);
for (const child of children) {
  child.on('exit', (code) => {
    process.exitCode ||= code ?? 0;
    endAll();
  });
}
