// `npm start`: from a bare clone to a running server. Arguments are the server's own.
import path from 'node:path';
import { ensureAllBuilt, SERVER_BUNDLE } from './build-stamp.mjs';
import { continueAs, ensureInstalled, pinnedNode, root, serverNodeFlags } from './setup.mjs';

ensureInstalled();
if (!ensureAllBuilt()) process.exit(1);
await continueAs(
  pinnedNode,
  [...serverNodeFlags, path.join(root, SERVER_BUNDLE), 'server', ...process.argv.slice(2)],
  {
    // Node keeps the compiled form of the bundle and its packages here, which halves the time to the first answer.
    NODE_COMPILE_CACHE: path.join(root, 'node_modules', '.cache', 'slipway-compile'),
    ...process.env,
  },
);
