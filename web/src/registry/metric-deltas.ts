import type { TableVersion } from '../data/models.ts';

const LOWER: ReadonlySet<string> = new Set(
  'loss logloss error errors err mae mse rmse mape smape msle rmsle brier perplexity ppl wer cer fpr fnr fid latency duration seconds ms'.split(
    ' ',
  ),
);
const HIGHER: ReadonlySet<string> = new Set(
  'acc accuracy auc auroc auprc f1 f2 precision recall sensitivity specificity r2 score map ndcg mrr bleu rouge iou dice tpr tnr mcc'.split(
    ' ',
  ),
);

/** Whether more of a metric is better, as far as the words of its name tell. */
export function betterDirection(key: string): 'higher' | 'lower' | undefined {
  // `valLoss`, `val_loss` and `val/loss` are the same words.
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  // A Brier score and an error score get better as they fall.
  if (words.some((word) => LOWER.has(word))) return 'lower';
  return words.some((word) => HIGHER.has(word)) ? 'higher' : undefined;
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
export function metricOf(version: Pick<TableVersion, 'metrics'>, key: string): number | undefined {
  const value = version.metrics?.[key];
  return value === undefined ? undefined : Number(value);
}

/** Where a metric of a version was measured, in words; and what was logged with the model, where that was earlier. */
export function describeMeasured(version: TableVersion, key: string): string {
  const value = version.metrics?.[key];
  const step = version.metric_steps?.[key];
  const linked = version.linked_metrics?.[key];
  const words = [
    `${key} ${value}`,
    ...(step === undefined ? [] : [`step ${step}`]),
    ...(linked === undefined ? [] : [`logged with the model: ${linked.value} at step ${linked.step}`]),
  ];
  return words.join(', ');
}

/**
 * The version that others are held against: the named one, else who holds `champion`, else what is in production, else
 * the newest that holds an alias.
 */
export function baselineOf(
  versions: readonly TableVersion[],
  against: string | undefined,
): TableVersion | undefined {
  if (against === 'none') return undefined;
  const holder = (alias: string) => versions.find((version) => version.aliases?.includes(alias));
  if (against !== undefined) return holder(against) ?? versions.find(({ version }) => version === against);
  return (
    holder('champion') ??
    versions.find((version) => version.current_stage === 'Production') ??
    versions.find((version) => (version.aliases?.length ?? 0) > 0)
  );
}
