import type { Database } from '../../db/port.ts';
import { listModelNames, readModels } from '../../registry/transfer.ts';
import {
  listModelIds,
  listRunIds,
  readExperiments,
  readHistories,
  readLoggedModels,
  readRuns,
} from '../../tracking/transfer.ts';
import type { TrackerSource } from '../source.ts';

/** Our own database, read like any other tracker. */
export function openOwnSource(db: Database): TrackerSource {
  return {
    identity: 'slipway',
    experiments: () => readExperiments(db),
    async *runs() {
      for await (const runIds of listRunIds(db)) {
        yield {
          runIds,
          load: (wanted) => db.read((sql) => readRuns(sql, wanted)),
          histories: (wanted) => readHistories(db, wanted),
        };
      }
    },
    async *loggedModels() {
      for await (const ids of listModelIds(db)) yield await db.read((sql) => readLoggedModels(sql, ids));
    },
    async *registeredModels() {
      for await (const names of listModelNames(db)) yield await db.read((sql) => readModels(sql, names));
    },
    close: async () => {},
  };
}
