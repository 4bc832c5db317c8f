import type { TableVersion } from '../../data/models.ts';
import { deltaOf, describeMeasured, judge, metricOf } from '../../registry/metric-deltas.ts';
import { renderNumber } from '../../ui/numbers.ts';
import classes from './model-page.module.css';

/** How a metric of a version differs from the baseline's; undefined where there is nothing to tell. */
function deltaFrom(
  baseline: TableVersion | undefined,
  version: TableVersion,
  metric: string,
): number | undefined {
  if (baseline === undefined || baseline === version) return undefined;
  const [value, base] = [metricOf(version, metric), metricOf(baseline, metric)];
  if (value === undefined || base === undefined) return undefined;
  return deltaOf(value, base) || undefined;
}

/** The metrics of which any version differs from the baseline: only these have a column of differences. */
export const metricsWithDeltas = (
  metrics: readonly string[],
  versions: readonly TableVersion[],
  baseline: TableVersion | undefined,
): ReadonlySet<string> =>
  new Set(
    metrics.filter((metric) =>
      versions.some((version) => deltaFrom(baseline, version, metric) !== undefined),
    ),
  );

interface MetricCellsProps {
  readonly metric: string;
  readonly version: TableVersion;
  /** What the value is held against. */
  readonly baseline: TableVersion | undefined;
  readonly withDelta: boolean;
}

/** A metric of a version and, in a cell of its own, how it differs from the baseline's: by sign, and by colour where better is known. */
export function MetricCells({ metric, version, baseline, withDelta }: MetricCellsProps) {
  const value = metricOf(version, metric);
  const delta = deltaFrom(baseline, version, metric);
  return (
    <>
      <td className="numeric">
        {value === undefined ? (
          <span className="dim">–</span>
        ) : (
          <span title={describeMeasured(version, metric)}>{renderNumber(value)}</span>
        )}
      </td>
      {withDelta && (
        <td className={classes.deltaCell} data-verdict={delta && judge(metric, delta)}>
          {delta !== undefined && (
            <>
              {delta > 0 ? '+' : ''}
              {renderNumber(delta)}
            </>
          )}
        </td>
      )}
    </>
  );
}
