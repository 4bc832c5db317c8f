// `npm start`: from a bare clone to a running server. Arguments are the server's own.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { isServerBuilt, SERVER_BUNDLE } from './build-stamp.mjs';
import { continueAs, ensureInstalled, pinnedNode, root } from './setup.mjs';

ensureInstalled();
if (!isServerBuilt()) {
  // A process of its own: esbuild keeps a service running that the server must not inherit.
  const result = spawnSync(process.execPath, [path.join(root, 'tools/build.mjs'), 'server'], {
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
await continueAs(pinnedNode, [path.join(root, SERVER_BUNDLE), 'server', ...process.argv.slice(2)], {
  // Node keeps the compiled form of the bundle and its packages here, which halves the time to the first answer.
  NODE_COMPILE_CACHE: path.join(root, 'node_modules', '.cache', 'slipway-compile'),
  ...process.env,
});
