// `npm run dev`: the server straight from its sources, started anew at every change. Arguments are the server's own.
import path from 'node:path';
import { continueAs, ensureInstalled, pinnedNode, root } from './setup.mjs';

ensureInstalled();
await continueAs(pinnedNode, [
  '--watch',
  '--watch-preserve-output',
  path.join(root, 'server/src/main.ts'),
  'server',
  ...process.argv.slice(2),
]);
