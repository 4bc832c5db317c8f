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
import { createVersions, type StageTransition } from '../versions.ts';

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
  const models = createModels({
    db,
    write: (operation) => db.write((tx) => operation(tx, () => undefined)),
    clock,
    recordEvents,
    guardDeletion,
    ownership,
    storedName,
  });
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
  const aliases = createAliases({ db, clock, recordEvents, guardPromotion });
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
      setTag: (name: string, tag: Tag) => models.setTag(name, tag, LOCAL_USER),
      deleteTag: (name: string, key: string) => models.deleteTag(name, key, LOCAL_USER),
    },
    /** The same of any name, in anybody's. */
    governedModels: models,
    pendingCreates,
    versions: {
      ...versions,
      describe: (name: string, number: number, description: string | null) =>
        versions.describe(name, number, description, LOCAL_USER),
      transition: (name: string, number: number, to: Omit<StageTransition, 'by'>) =>
        versions.transition(name, number, { ...to, by: LOCAL_USER }),
      delete: (name: string, number: number) => versions.delete(name, number, LOCAL_USER),
      setTag: (name: string, number: number, tag: Tag) => versions.setTag(name, number, tag, LOCAL_USER),
      deleteTag: (name: string, number: number, key: string) =>
        versions.deleteTag(name, number, key, LOCAL_USER),
    },
    aliases: {
      ...aliases,
      set: (name: string, alias: string, number: number) => aliases.set(name, alias, number, LOCAL_USER),
      delete: (name: string, alias: string) => aliases.delete(name, alias, LOCAL_USER),
    },
    /** The same, in anybody's name. */
    governedVersions: versions,
    governedAliases: aliases,
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
