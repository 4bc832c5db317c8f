import type { Database } from '../../db/port.ts';
import { createOutbox } from '../../events/outbox.ts';
import type { Ownership } from '../../governance/ownership.ts';
import { createPendingCreates } from '../../idempotency/pending-creates.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createCharts } from '../charts.ts';
import { createExperimentFolders } from '../experiment-folders.ts';
import { createExperiments } from '../experiments.ts';
import { createLoggedModels, modelMetrics } from '../logged-models.ts';
import { createMetrics } from '../metrics.ts';
import { createRunBulk } from '../run-bulk.ts';
import { createRunColumns } from '../run-columns.ts';
import { createRunExport } from '../run-export.ts';
import { createRunGroups } from '../run-groups.ts';
import { createRunInputs } from '../run-inputs.ts';
import { createRunKeys } from '../run-keys.ts';
import { createRunLists } from '../run-lists.ts';
import { createRunOpening } from '../run-opening.ts';
import { createRunSearches } from '../run-search.ts';
import { createRunTable } from '../run-table.ts';
import type { OnRunChange } from '../run-writes.ts';
import { createRuns } from '../runs.ts';

/** Nobody owns anything where a test has no identities. */
export const ownership: Ownership = {
  claim: async () => undefined,
  claimAll: async () => undefined,
  ownedAmong: async () => [],
  move: async () => undefined,
  drop: async () => undefined,
};

/** The tracking services over a database, as tests need them: wired like `compose.ts` does, without HTTP. */
export function createTracking(db: Database) {
  const clock = systemClock;
  /** What was reported as changed, in order. */
  const changes: Parameters<OnRunChange>[0][] = [];
  const charts = createCharts({ db });
  // Not started: what is recorded stays in its table.
  const outbox = createOutbox({
    db,
    clock,
    consumers: [],
    isAwaited: async () => true,
    onError: (error) => {
      throw error;
    },
  });
  const recordEvents = outbox.record;
  const pendingCreates = createPendingCreates({ db, clock });
  const runs = createRuns({
    db,
    clock,
    modelMetrics,
    pendingCreates,
    onGrown: charts.grown,
    onChange: (change) => void changes.push(change),
    recordEvents,
  });
  const lists = createRunLists({ db });
  const keys = createRunKeys({ db });
  const table = createRunTable({ db, lists });
  const experiments = createExperiments({
    db,
    clock,
    defaultArtifactLocation: (experimentNo) => `mlflow-artifacts:/${experimentNo}`,
    parseArtifactLocation: (text) => text,
    recordEvents,
    ownership,
  });
  return {
    pendingCreates,
    charts,
    changes,
    experiments,
    folders: createExperimentFolders({ db, clock, recordEvents }),
    runs,
    inputs: createRunInputs({ db }),
    loggedModels: createLoggedModels({ db, clock, pendingCreates }),
    searches: createRunSearches({ db }),
    table,
    keys,
    opening: createRunOpening({ experiments, keys, table }),
    columns: createRunColumns({ db, lists }),
    groups: createRunGroups({ db, lists }),
    exports: createRunExport({ db, lists, keys }),
    bulk: createRunBulk({ db, lists, runs }),
    metrics: createMetrics({ db, charts }),
  };
}

export type Tracking = ReturnType<typeof createTracking>;
