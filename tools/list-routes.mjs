// Lists what the server answers, read from the program itself: method and path of every route, and what it asks of its
// caller.
//
//   node_modules/.bin/node tools/list-routes.mjs
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose } from '../server/src/compose.ts';
import { readConfig } from '../server/src/config.ts';

/** @typedef {import('../server/src/http/routes.ts').ListedRoute} ListedRoute */

/**
 * Puts the program together on empty storage, without listening, and asks it.
 * @returns {Promise<readonly ListedRoute[]>}
 */
export async function listRoutes() {
  const home = mkdtempSync(path.join(tmpdir(), 'slipway-routes-'));
  try {
    const program = await compose(readConfig(['--home', home, '--log-level', 'silent'], {}));
    const routes = program.server.routeTable;
    await program.close();
    return routes;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { method, path: route, needs } of await listRoutes())
    process.stdout.write(`${method.padEnd(6)} ${route.padEnd(70)} ${needs}\n`);
}
