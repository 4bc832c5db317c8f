import type { Database } from '../../db/port.ts';
import type { DomainEvent } from '../../events/events.ts';
import { createPendingCreates } from '../../idempotency/pending-creates.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createAliases } from '../aliases.ts';
import type { DeletionGuard, PromotionGuard } from '../guards.ts';
import { createModels } from '../models.ts';
import type { SourcePolicy } from '../version-sources.ts';
import { createVersions } from '../versions.ts';

export interface RegistryOptions {
  readonly guardPromotion?: PromotionGuard;
  readonly guardDeletion?: DeletionGuard;
  readonly sourcePolicy?: SourcePolicy;
}

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
  } = options;
  const pendingCreates = createPendingCreates({ db, clock });
  return {
    events,
    models: createModels({ db, clock, recordEvents, guardDeletion }),
    pendingCreates,
    versions: createVersions({
      db,
      clock,
      recordEvents,
      pendingCreates,
      sourcePolicy,
      guardPromotion,
      guardDeletion,
    }),
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
});
