import type { TableVersion } from '../../data/models.ts';
import { deltaOf, judge, metricOf } from '../../registry/metric-deltas.ts';
import { renderNumber } from '../../ui/numbers.ts';
import { NumberText } from '../../ui/texts.tsx';
import classes from './model-page.module.css';

interface MetricCellProps {
  readonly metric: string;
  readonly version: TableVersion;
  /** What the value is held against. */
  readonly baseline: TableVersion | undefined;
}

/** A metric of a version and how it differs from the baseline's: by sign, and by colour where better is known. */
export function MetricCell({ metric, version, baseline }: MetricCellProps) {
  const value = metricOf(version, metric);
  if (value === undefined) return <td className="numeric dim">–</td>;
  const base = baseline === undefined || baseline === version ? undefined : metricOf(baseline, metric);
  const delta = base === undefined ? undefined : deltaOf(value, base);
  return (
    <td className="numeric">
      <NumberText value={value} />
      {baseline !== undefined && (
        <span className={classes.deltaSlot}>
          {delta !== undefined && delta !== 0 && (
            <span className={classes.delta} data-verdict={judge(metric, delta)}>
              {delta > 0 ? '+' : ''}
              {renderNumber(delta)}
            </span>
          )}
        </span>
      )}
    </td>
  );
}
