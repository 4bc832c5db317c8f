import type { CSSProperties } from 'react';
import { renderNumber } from '../../ui/numbers.ts';
import type { Place } from '../plot/plot.ts';
import classes from '../tooltip.module.css';
import type { BandReading } from './quantile-bands.ts';

export interface TooltipRow {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly value: number;
  /** What was logged, where `value` is smoothed. */
  readonly raw: number | undefined;
  readonly isHit: boolean;
}

interface LineTooltipProps {
  readonly at: Place;
  readonly area: { readonly left: number; readonly width: number; readonly height: number };
  readonly title: string;
  readonly rows: readonly TooltipRow[];
  readonly others: number;
  /** What the bands of crowds of lines say here; the metric's key where there are several. */
  readonly crowds: readonly (BandReading & { readonly key: string | undefined })[];
}

/** What stands under the pointer: the lines nearest to it, from top to bottom. */
export function LineTooltip({ at, area, title, rows, others, crowds }: LineTooltipProps) {
  const isLeft = at.x > area.width / 2;
  return (
    <div
      className={classes.tooltip}
      data-side={isLeft ? 'left' : 'right'}
      style={{ '--at': `${area.left + at.x}px`, top: Math.min(at.y, area.height - 60) } as CSSProperties}
      aria-hidden
    >
      <div className={classes.title}>{title}</div>
      {rows.map((row) => (
        <div key={row.id} className={classes.row} data-hit={row.isHit || undefined}>
          <span className={classes.swatch} style={{ background: row.color }} />
          <span className={classes.name} dir="auto">
            {row.name}
          </span>
          <span className={classes.value}>{renderNumber(row.value)}</span>
          {row.raw !== undefined && <span className={classes.raw}>{renderNumber(row.raw)}</span>}
        </div>
      ))}
      {crowds.map(({ key, median, low, high }) => (
        <div key={key ?? ''} className={classes.row}>
          <span className={classes.name} dir="auto">
            {key === undefined ? 'Median (5–95 %)' : `${key}: median (5–95 %)`}
          </span>
          <span className={classes.value}>{renderNumber(median)}</span>
          <span className={classes.raw}>{`${renderNumber(low)} … ${renderNumber(high)}`}</span>
        </div>
      ))}
      {others > 0 && <div className={classes.others}>and {others.toLocaleString('en-US')} more</div>}
    </div>
  );
}
