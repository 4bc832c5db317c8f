import type { BatchHandler } from '../db/batcher.ts';
import type { Transaction } from '../db/port.ts';
import type { DomainEvent, EventData } from '../events/events.ts';
import type { RecordEvents } from '../events/outbox.ts';
import type { PendingCreates, SentRequest } from '../idempotency/pending-creates.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AppError } from '../kernel/errors.ts';
import { linkModelVersions } from '../tracking/logged-model-links.ts';
import { noteAll } from './changes.ts';
import { modelNotFound } from './model-places.ts';
import { PENDING, PROMPT_TEXT_TAG, READY } from './model-rules.ts';
import { findModels, type ModelRow, reserveVersions } from './models-repository.ts';
import { registryEvent, shownTags } from './registry-events.ts';
import { readVersion, type VersionDetails } from './version-details.ts';
import { versionLocation } from './version-folders.ts';
import type { ResolvedSource } from './version-sources.ts';
import {
  findVersion,
  insertVersions,
  type NewVersion,
  upsertVersionTags,
  type VersionRow,
} from './versions-repository.ts';

/** A version whose source has been found good. */
export interface VersionOrder extends SentRequest {
  readonly name: string;
  readonly description: string | null;
  readonly runLink: string | null;
  readonly tags: ReadonlyMap<string, string>;
  readonly isPrompt: boolean;
  readonly source: ResolvedSource;
  /** Who makes it; null where nobody has a name. */
  readonly userId: string | null;
  /** Where the caller sends the files to the registry; without it they are at the source. */
  readonly uploaded?: UploadedFacts | undefined;
}

export interface UploadedFacts {
  readonly runWorkspaceId: string | null;
  /** JSON */
  readonly dependencies: string | null;
}

interface Numbered {
  readonly order: VersionOrder;
  readonly model: ModelRow;
  readonly row: NewVersion;
}

/** The name under which a version is remembered until its answer has arrived. */
export const createdIdOf = (row: { readonly model_no: number; readonly version: number }): string =>
  `version ${row.version} ${row.model_no}`;

/**
 * Creates the versions of many requests together; a request for a model that is not there fails alone, one that repeats
 * a create whose answer was lost gets that one's version.
 */
export function createVersionWriter({
  clock,
  recordEvents,
  pendingCreates,
}: {
  readonly clock: Clock;
  readonly recordEvents: RecordEvents;
  readonly pendingCreates: PendingCreates;
}): BatchHandler<VersionOrder, VersionDetails> {
  return async (tx, orders) => {
    const nowMs = clock.nowMs();
    const models = await findModels(tx, [...new Set(orders.map((order) => order.name))]);
    const possible = orders.filter((order) => models.has(order.name));
    const repeated = await findRepeated(tx, possible, await pendingCreates.claimLost(tx, possible));
    const wanted = Map.groupBy(
      possible.filter((order) => !repeated.has(order)),
      (order) => models.get(order.name)!.model_no,
    );
    const created = new Map<VersionOrder, Numbered>();
    const counts = new Map([...wanted].map(([modelNo, ofModel]) => [modelNo, ofModel.length]));
    const reserved = await reserveVersions(tx, counts, nowMs);
    for (const [modelNo, ofModel] of wanted) {
      const last = reserved.get(modelNo);
      // The model has gone since it was found.
      if (last === undefined) continue;
      ofModel.forEach((order, i) => {
        const version = last - ofModel.length + 1 + i;
        const model = models.get(order.name)!;
        created.set(order, { order, model, row: newRow(order, { modelNo, version, nowMs }) });
      });
    }
    const numbered = [...created.values()];
    await insertVersions(
      tx,
      numbered.map(({ row }) => row),
    );
    await upsertVersionTags(
      tx,
      numbered.flatMap(({ order, row }) =>
        Array.from(order.tags, ([key, value]) => [row.modelNo, row.version, key, value] as const),
      ),
    );
    await linkLoggedModels(tx, numbered);
    await noteAll(
      tx,
      nowMs,
      numbered.map(({ row }) => ({
        by: row.userId ?? undefined,
        modelNo: row.modelNo,
        kind: 'registered',
        version: row.version,
      })),
    );
    // One whose files are still to come is told of when it is READY.
    const ready = numbered.filter(({ row }) => row.status === READY);
    await recordEvents(
      tx,
      ready.map(({ order, row }) => createdEvent({ ...row, name: order.name, tags: order.tags })),
    );
    await pendingCreates.remember(
      tx,
      numbered.map(({ order, row }) => ({
        fingerprint: order.fingerprint,
        requestId: order.requestId,
        createdId: createdIdOf({ model_no: row.modelNo, version: row.version }),
      })),
    );
    const results: (VersionDetails | AppError)[] = [];
    for (const order of orders) {
      const entry = created.get(order);
      const earlier = repeated.get(order);
      if (entry !== undefined) results.push(detailsOf(entry));
      else if (earlier !== undefined) results.push(await readVersion(tx, earlier));
      else results.push(modelNotFound(order.name));
    }
    return results;
  };
}

/** The versions that requests repeat; one that has been deleted since is made anew. */
async function findRepeated(
  tx: Transaction,
  orders: readonly VersionOrder[],
  claimed: readonly (string | undefined)[],
): Promise<Map<VersionOrder, VersionRow>> {
  const repeated = new Map<VersionOrder, VersionRow>();
  for (const [i, order] of orders.entries()) {
    const version = claimed[i]?.split(' ', 2)[1];
    const row = version && (await findVersion(tx, order.name, Number(version)));
    if (row && createdIdOf(row) === claimed[i]) repeated.set(order, row);
  }
  return repeated;
}

function newRow(
  order: VersionOrder,
  given: { readonly modelNo: number; readonly version: number; readonly nowMs: number },
): NewVersion {
  const { source, runId, loggedModelId } = order.source;
  const { description, runLink, isPrompt, userId, uploaded } = order;
  return {
    ...given,
    description,
    source,
    storageLocation: uploaded === undefined ? order.source.storageLocation : versionLocation(given),
    runId,
    runLink,
    loggedModelId,
    isPrompt,
    userId,
    status: uploaded === undefined ? READY : PENDING,
    runWorkspaceId: uploaded?.runWorkspaceId ?? null,
    dependencies: uploaded?.dependencies ?? null,
  };
}

async function linkLoggedModels(tx: Transaction, numbered: readonly Numbered[]): Promise<void> {
  const linked = numbered.filter(({ order }) => order.source.loggedModelNo !== undefined);
  const byModel = Map.groupBy(linked, ({ order }) => order.source.loggedModelNo!);
  // Held in one order by all, so that two servers never wait for each other.
  for (const [modelNo, entries] of [...byModel].sort(([a], [b]) => a - b)) {
    await linkModelVersions(
      tx,
      modelNo,
      entries.map(({ order, row }) => ({ name: order.name, version: row.version })),
    );
  }
}

export interface CreatedVersion {
  readonly name: string;
  readonly version: number;
  readonly description: string | null;
  readonly source: string | null;
  readonly runId: string | null;
  readonly isPrompt: boolean;
  readonly tags: ReadonlyMap<string, string>;
}

export function createdEvent(created: CreatedVersion): DomainEvent {
  const { name, isPrompt, source } = created;
  const tags = shownTags(created.tags, isPrompt);
  const description = created.description || null;
  const version = String(created.version);
  const data: EventData = isPrompt
    ? { name, version, template: created.tags.get(PROMPT_TEXT_TAG) ?? null, tags, description }
    : { name, version, source, run_id: created.runId || null, tags, description };
  return registryEvent({ subject: 'version', action: 'created', isPrompt, data });
}

function detailsOf({ order, row, model }: Numbered): VersionDetails {
  return {
    row: {
      model_no: row.modelNo,
      name: order.name,
      schema_name: model.schema_name,
      version: row.version,
      stage: 'None',
      description: row.description,
      user_id: row.userId,
      source: row.source,
      storage_location: row.storageLocation,
      run_id: row.runId,
      run_link: row.runLink,
      logged_model_id: row.loggedModelId,
      status: row.status,
      status_message: null,
      creation_time: row.nowMs,
      last_update_time: row.nowMs,
      is_prompt: Number(row.isPrompt),
      updated_by: null,
      run_workspace_id: row.runWorkspaceId,
      dependencies: row.dependencies,
    },
    tags: Array.from(order.tags, ([key, value]) => ({ key, value })),
    aliases: [],
  };
}
