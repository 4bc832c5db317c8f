import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Database } from '../db/port.ts';
import type { Principal } from '../governance/access.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import * as repository from './feedback-repository.ts';
import type { FeedbackRow } from './feedback-schema.ts';
import { type KeptTables, schemaOf } from './inference-tables.ts';
import type { Pipeline } from './pipeline.ts';

export interface FeedbackDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly tables: Pick<KeptTables, 'ofEndpoint' | 'ensureFeedback'>;
  readonly pipeline: Pick<Pipeline, 'openTable' | 'writer' | 'work'>;
  /** A million unless given. */
  readonly maxWaiting?: number;
}

/** What is told of a request later: its label, or a measure of what came of it. */
export interface FeedbackItem {
  readonly requestId: string;
  /** Which of its rows, from 0; undefined for all of it. */
  readonly row: number | undefined;
  readonly name: string;
  readonly value: string | number | boolean;
  /** When it was so; now, where nothing is said. */
  readonly atMs: number | undefined;
}

const BATCH_ROWS = 10_000;
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
const ENDPOINTS_AT_ONCE = 100;
const MAX_OF_REQUEST = 1_000;
/** Of one endpoint, before it is in a table: whoever tells more has to wait for the table. */
const MAX_WAITING = 1_000_000;

/**
 * Feedback on requests by their ids. It is kept here at once, and comes into the table `<prefix>_feedback` beside the
 * endpoint's inference table, each row once, for joins by `databricks_request_id`.
 */
export function createFeedback(dependencies: FeedbackDependencies) {
  const { db, clock, tables, pipeline, maxWaiting = MAX_WAITING } = dependencies;

  async function flushEndpoint(endpointNo: number): Promise<void> {
    const [beside] = (await tables.ofEndpoint(endpointNo)).filter(({ status }) => status === 'READY');
    // Without a table of requests there is no place for it; it waits.
    if (beside === undefined) return;
    const { tableId, status } = await tables.ensureFeedback(endpointNo, beside);
    if (status !== 'READY') return;
    for (;;) {
      // The first that is not in the table, whoever numbered it: batches come into it in their order.
      const batch =
        (await db.read((sql) => repository.firstBatch(sql, endpointNo))) ??
        (await db.write((tx) => repository.makeBatch(tx, { endpointNo, tableId, limit: BATCH_ROWS })));
      if (batch === undefined) return;
      await writeBatch(endpointNo, tableId, batch);
    }
  }

  async function writeBatch(endpointNo: number, tableId: string, batch: number): Promise<void> {
    const rows = await db.read((sql) => repository.rowsOfBatch(sql, endpointNo, batch));
    // Another has written it since.
    if (rows.length === 0) return;
    await pipeline.work.use(async (folder) => {
      const file = path.join(folder, 'feedback.json');
      await writeFile(file, JSON.stringify(rows), { mode: 0o600 });
      await pipeline.writer.write(pipeline.openTable(tableId), {
        appId: `slipway-feedback/${tableId}`,
        number: batch,
        format: 'feedback',
        file,
        label: String(batch).padStart(20, '0'),
        schema: schemaOf('feedback'),
      });
    });
    await db.write((tx) => repository.endBatch(tx, endpointNo, batch));
  }

  return {
    /** Keeps all of it or nothing. @throws AppError LimitExceeded while too much of it has not come into its table. */
    async record(
      endpointNo: number,
      items: readonly FeedbackItem[],
      by: Pick<Principal, 'name'>,
    ): Promise<void> {
      if (await db.read((sql) => repository.isMoreWaiting(sql, endpointNo, maxWaiting)))
        throw new AppError(
          'LimitExceeded',
          `More than ${maxWaiting} rows of feedback wait for a table: switch the endpoint's inference table on, or try again later.`,
        );
      const nowMs = clock.nowMs();
      const rows = items.map(({ requestId, row, name, value, atMs = nowMs }): FeedbackRow => {
        const number = typeof value === 'string' ? undefined : Number(value);
        return { requestId, row, name, text: String(value), number, atMs, madeBy: by.name };
      });
      await db.write((tx) => repository.insertFeedback(tx, rows, { endpointNo, nowMs }));
    },

    /** What was told of a request within three months, oldest first; the first thousand. */
    ofRequest: (endpointNo: number, requestId: string): Promise<readonly FeedbackRow[]> =>
      db.read((sql) => repository.feedbackOf(sql, { endpointNo, requestId, limit: MAX_OF_REQUEST })),

    /** Forgets what is old: what is in its table is read there, and the rest never had one. */
    async forgetOld(): Promise<void> {
      const old = { beforeMs: clock.nowMs() - KEPT_MS, limit: BATCH_ROWS };
      if (await db.read((sql) => repository.hasOld(sql, old)))
        await db.write((tx) => repository.deleteOld(tx, old));
    },

    /** Brings what waits into the tables. Broken off anywhere, or done by two, it can be done again. */
    async flush(): Promise<void> {
      for (let after = 0; ; ) {
        const waiting = await db.read((sql) => repository.waitingEndpoints(sql, after, ENDPOINTS_AT_ONCE));
        for (const endpointNo of waiting) await flushEndpoint(endpointNo);
        if (waiting.length < ENDPOINTS_AT_ONCE) return;
        after = waiting.at(-1)!;
      }
    },
  };
}

export type Feedback = ReturnType<typeof createFeedback>;
