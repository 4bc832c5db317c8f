import type { Database } from '../../db/port.ts';
import type { DomainEvent } from '../../events/events.ts';
import { LOCAL_USER } from '../../governance/access.ts';
import type { Ownership } from '../../governance/ownership.ts';
import { createPendingCreates } from '../../idempotency/pending-creates.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Tag } from '../../tracking/run-rules.ts';
import { createAliases } from '../aliases.ts';
import type { DeletionGuard, PromotionGuard } from '../guards.ts';
import { type ModelName, type Namespaces, parseModelName } from '../model-names.ts';
import { createModels } from '../models.ts';
import type { SourcePolicy } from '../version-sources.ts';
import { createVersions } from '../versions.ts';

export interface RegistryOptions {
  readonly guardPromotion?: PromotionGuard;
  readonly guardDeletion?: DeletionGuard;
  readonly sourcePolicy?: SourcePolicy;
  readonly ownership?: Ownership;
}

/** A server of plain names alone. */
const plainNames: Namespaces = { hasCatalog: () => false, spelling: () => undefined };
export const plainName = (text: string): ModelName => parseModelName(text, plainNames);

const nobodyOwns: Ownership = {
  claim: async () => {},
  claimAll: async () => {},
  ownedAmong: async () => [],
  move: async () => {},
  drop: async () => {},
};

/** The registry over a database, as tests need it; `events` holds what has been recorded and committed. */
export function createRegistry(db: Database, options: RegistryOptions = {}) {
  const clock = systemClock;
  const events: DomainEvent[] = [];
  const recordEvents = async (
    tx: { afterCommit(action: () => void): void },
    recorded: readonly DomainEvent[],
  ) => {
    tx.afterCommit(() => events.push(...recorded));
  };
  const {
    guardPromotion = async () => {},
    guardDeletion = async () => {},
    sourcePolicy = { pattern: undefined, allowedSchemes: [], ownStorage: [] },
    ownership = nobodyOwns,
  } = options;
  const storedName = (text: string) => plainName(text).stored;
  const pendingCreates = createPendingCreates({ db, clock });
  const models = createModels({ db, clock, recordEvents, guardDeletion, ownership, storedName });
  const versions = createVersions({
    db,
    clock,
    recordEvents,
    pendingCreates,
    sourcePolicy,
    guardPromotion,
    guardDeletion,
    storedName,
  });
  return {
    events,
    recordEvents,
    /** By plain names, in nobody's name. */
    models: {
      ...models,
      create: (model: {
        readonly name: string;
        readonly description: string;
        readonly tags: readonly Tag[];
      }) => models.create({ ...model, name: plainName(model.name), by: LOCAL_USER }),
      describe: (name: string, description: string) => models.change(name, { description }, LOCAL_USER),
      rename: (name: string, newName: string) => models.rename(name, plainName(newName), LOCAL_USER),
    },
    /** The same of any name, in anybody's. */
    governedModels: models,
    pendingCreates,
    versions: {
      ...versions,
      describe: (name: string, number: number, description: string | null) =>
        versions.describe(name, number, description, LOCAL_USER),
    },
    aliases: createAliases({ db, recordEvents, guardPromotion }),
  };
}

export type Registry = ReturnType<typeof createRegistry>;

/** A version as most tests want one. */
export const version = (name: string, source = 's3://bucket/model') => ({
  name,
  source,
  runId: undefined,
  modelId: undefined,
  runLink: '',
  description: '',
  tags: [],
  by: LOCAL_USER,
});
