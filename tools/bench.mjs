// `npm run bench`: the benchmark of bench/, on the pinned Node and the server as it is built. Arguments: see --help.
// `npm run bench -- ui` measures the web pages instead, `npm run bench -- serving` what serves models.
import path from 'node:path';
import { continueAs, ensurePinnedNode, pinnedNode, root } from './setup.mjs';

await ensurePinnedNode();
const { ensureAllBuilt, ensureServerBuilt } = await import('./build-stamp.mjs');
const part = process.argv[2];
const measuresPages = part === 'ui';
if (!(measuresPages ? ensureAllBuilt() : ensureServerBuilt())) process.exit(1);
const program = part === 'ui' || part === 'serving' ? `bench/${part}/main.ts` : 'bench/main.ts';
await continueAs(pinnedNode, [path.join(root, program), ...process.argv.slice(2)]);
