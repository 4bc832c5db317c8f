// `npm run bench`: the benchmark of bench/, on the pinned Node and the server as it is built. Arguments: see --help.
import path from 'node:path';
import { continueAs, ensurePinnedNode, pinnedNode, root } from './setup.mjs';

await ensurePinnedNode();
const { ensureServerBuilt } = await import('./build-stamp.mjs');
if (!ensureServerBuilt()) process.exit(1);
await continueAs(pinnedNode, [path.join(root, 'bench/main.ts'), ...process.argv.slice(2)]);
