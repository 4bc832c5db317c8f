import { createHash, type Hash } from 'node:crypto';
import { addPoint, type SeriesSummary } from '../tracking/metric-rules.ts';
import type { HistoryStretch } from '../tracking/transfer-entities.ts';
import { line } from './tally.ts';

export interface HistoryDigest {
  readonly key: string;
  readonly digest: string;
  readonly summary: SeriesSummary;
}

interface Open {
  readonly runId: string;
  readonly key: string;
  readonly hash: Hash;
  summary: SeriesSummary | undefined;
}

/** What the histories hold, by run; of each no more than its digest and summary stays in memory. */
export async function digestHistories(
  stretches: AsyncIterable<HistoryStretch>,
): Promise<ReadonlyMap<string, readonly HistoryDigest[]>> {
  const byRun = new Map<string, HistoryDigest[]>();
  let open: Open | undefined;

  const close = () => {
    if (open?.summary === undefined) return;
    const list = byRun.get(open.runId) ?? [];
    byRun.set(open.runId, list);
    list.push({ key: open.key, digest: open.hash.digest('hex'), summary: open.summary });
  };

  for await (const { runId, key, points } of stretches) {
    if (open === undefined || open.runId !== runId || open.key !== key) {
      close();
      open = { runId, key, hash: createHash('sha256'), summary: undefined };
    }
    let text = '';
    for (const point of points) {
      text += line(point.step, point.timestampMs, point.value);
      open.summary = addPoint(open.summary, point);
    }
    open.hash.update(text);
  }
  close();
  return byRun;
}
