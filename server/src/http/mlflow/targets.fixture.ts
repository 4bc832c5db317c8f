import type { Database } from '../../db/port.ts';
import { parseModelName } from '../../registry/model-names.ts';
import { createOwners } from '../../tracking/owners.ts';
import { createTargets, type Targets } from './targets.ts';

/** What calls are about on a server that has no catalogs, traces and versions. */
export const plainTargets = (db: Database): Targets =>
  createTargets({
    owners: createOwners({ db }),
    experimentsOfTraces: async () => new Map(),
    readModelName: (text) => parseModelName(text, { hasCatalog: () => false, spelling: () => undefined }),
    modelsAt: async () => [],
  });
