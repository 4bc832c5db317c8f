import type { LoggedModelMetric } from '@slipway/client';

const names = new Intl.Collator('en', { numeric: true });

/** The latest point of every metric on every dataset, by name and dataset. */
export function latestMetrics(metrics: readonly LoggedModelMetric[]): readonly LoggedModelMetric[] {
  const latest = new Map<string, LoggedModelMetric>();
  for (const metric of metrics) {
    const place = JSON.stringify([metric.key, metric.datasetName, metric.datasetDigest]);
    const known = latest.get(place);
    if (known === undefined || isLater(metric, known)) latest.set(place, metric);
  }
  return [...latest.values()].sort(
    (a, b) => names.compare(a.key, b.key) || names.compare(a.datasetName ?? '', b.datasetName ?? ''),
  );
}

/** By step, then by time: as the server tells the latest of a run. */
function isLater(a: LoggedModelMetric, b: LoggedModelMetric): boolean {
  return a.step === b.step ? a.timestampMs >= b.timestampMs : a.step > b.step;
}
