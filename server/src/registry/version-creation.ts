import type { BatchHandler } from '../db/batcher.ts';
import type { Transaction } from '../db/port.ts';
import type { EventData } from '../events/events.ts';
import type { RecordEvents } from '../events/outbox.ts';
import type { PendingCreates, SentRequest } from '../idempotency/pending-creates.ts';
import type { Clock } from '../kernel/clock.ts';
import { type AppError, notFound } from '../kernel/errors.ts';
import { linkModelVersions } from '../tracking/logged-model-links.ts';
import { PROMPT_TEXT_TAG } from './model-rules.ts';
import { findModels, reserveVersions } from './models-repository.ts';
import { registryEvent, shownTags } from './registry-events.ts';
import { readVersion, type VersionDetails } from './version-details.ts';
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
  readonly description: string;
  readonly runLink: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly isPrompt: boolean;
  readonly source: ResolvedSource;
}

interface Numbered {
  readonly order: VersionOrder;
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
      const last = reserved.get(modelNo)!;
      ofModel.forEach((order, i) => {
        const version = last - ofModel.length + 1 + i;
        created.set(order, { order, row: newRow(order, { modelNo, version, nowMs }) });
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
    await recordEvents(tx, numbered.map(createdEvent));
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
      else results.push(notFound(`Registered Model with name=${order.name} not found`));
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
  const { source, storageLocation, runId, loggedModelId } = order.source;
  const { description, runLink, isPrompt } = order;
  return { ...given, description, source, storageLocation, runId, runLink, loggedModelId, isPrompt };
}

async function linkLoggedModels(tx: Transaction, numbered: readonly Numbered[]): Promise<void> {
  const linked = numbered.filter(({ order }) => order.source.loggedModelNo !== undefined);
  for (const [modelNo, entries] of Map.groupBy(linked, ({ order }) => order.source.loggedModelNo!)) {
    await linkModelVersions(
      tx,
      modelNo,
      entries.map(({ order, row }) => ({ name: order.name, version: row.version })),
    );
  }
}

function createdEvent({ order, row }: Numbered) {
  const { name, isPrompt } = order;
  const tags = shownTags(order.tags, isPrompt);
  const description = order.description || null;
  const version = String(row.version);
  const data: EventData = isPrompt
    ? { name, version, template: order.tags.get(PROMPT_TEXT_TAG) ?? null, tags, description }
    : { name, version, source: row.source, run_id: row.runId || null, tags, description };
  return registryEvent({ subject: 'version', action: 'created', isPrompt, data });
}

function detailsOf({ order, row }: Numbered): VersionDetails {
  return {
    row: {
      model_no: row.modelNo,
      name: order.name,
      version: row.version,
      stage: 'None',
      description: row.description,
      user_id: null,
      source: row.source,
      storage_location: row.storageLocation,
      run_id: row.runId,
      run_link: row.runLink,
      logged_model_id: row.loggedModelId,
      status: 'READY',
      status_message: null,
      creation_time: row.nowMs,
      last_update_time: row.nowMs,
      is_prompt: Number(row.isPrompt),
    },
    tags: Array.from(order.tags, ([key, value]) => ({ key, value })),
    aliases: [],
  };
}
