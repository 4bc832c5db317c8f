import type { CSSProperties } from 'react';
import classes from '../tooltip.module.css';

interface ValueTooltipProps {
  readonly at: { readonly x: number; readonly y: number };
  readonly width: number;
  readonly title: string;
  readonly color?: string | undefined;
  readonly rows: readonly (readonly [name: string, value: string])[];
}

/** One run (or box) and its values, beside the pointer. */
export function ValueTooltip({ at, width, title, color, rows }: ValueTooltipProps) {
  return (
    <div
      className={classes.tooltip}
      data-side={at.x > width / 2 ? 'left' : 'right'}
      style={{ '--at': `${at.x}px`, top: at.y } as CSSProperties}
      aria-hidden
    >
      <div className={classes.row} data-hit>
        {color !== undefined && <span className={classes.swatch} style={{ background: color }} />}
        <span className={classes.name} dir="auto">
          {title}
        </span>
      </div>
      {rows.map(([name, value]) => (
        <div key={name} className={classes.row}>
          <span className={classes.name} dir="auto">
            {name}
          </span>
          <span className={classes.value} dir="auto">
            {value}
          </span>
        </div>
      ))}
    </div>
  );
}
