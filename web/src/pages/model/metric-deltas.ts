import type { TableVersion } from '../../data/models.ts';

/** Whether more of a metric is better, as far as its name tells. */
export function betterDirection(key: string): 'higher' | 'lower' | undefined {
  const name = key.toLowerCase();
  if (
    /(^|[^a-z])(loss|error|err|mae|mse|rmse|mape|logloss|log_loss|perplexity|wer|cer|latency|duration)([^a-z]|$)/.test(
      name,
    )
  )
    return 'lower';
  if (
    /(^|[^a-z])(acc|accuracy|auc|roc_auc|f1|f1_score|precision|recall|r2|r2_score|score|map|ndcg|bleu|rouge)([^a-z]|$)/.test(
      name,
    )
  )
    return 'higher';
  return undefined;
}

/** How a value stands to another one; undefined where either is no finite number. */
export function deltaOf(value: number, base: number): number | undefined {
  const delta = value - base;
  return Number.isFinite(delta) ? delta : undefined;
}

/** Better, worse or neither, for the colour of a difference. */
export function judge(key: string, delta: number): 'better' | 'worse' | undefined {
  const direction = betterDirection(key);
  if (direction === undefined || delta === 0) return undefined;
  return delta > 0 === (direction === 'higher') ? 'better' : 'worse';
}

/** A metric of a version as a number; undefined where its run has not measured it. */
export function metricOf(version: TableVersion, key: string): number | undefined {
  const value = version.metrics?.[key];
  return value === undefined ? undefined : Number(value);
}

/** The version that others are held against: the named one, else who holds `champion`, else the first alias. */
export function baselineOf(
  versions: readonly TableVersion[],
  against: string | undefined,
): TableVersion | undefined {
  if (against === 'none') return undefined;
  const holder = (alias: string) => versions.find((version) => version.aliases?.includes(alias));
  if (against !== undefined) return holder(against) ?? versions.find(({ version }) => version === against);
  return holder('champion') ?? versions.find((version) => (version.aliases?.length ?? 0) > 0);
}
