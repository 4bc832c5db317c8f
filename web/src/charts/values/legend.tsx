import { renderBriefly } from '../../ui/numbers.ts';
import classes from './legend.module.css';
import type { Legend as LegendOf } from './run-paint.ts';

const MOST_WORDS = 8;

/** What the colours of a chart mean, where they are not the runs' own. */
export function Legend({ legend }: { readonly legend: LegendOf }) {
  if (legend.kind === 'ramp') {
    return (
      <div className={classes.legend}>
        <span className={classes.label} dir="auto">
          {legend.label}
        </span>
        <span>{renderBriefly(legend.low)}</span>
        <span
          className={classes.ramp}
          style={{ background: `linear-gradient(to right, ${legend.colors.join(', ')})` }}
        />
        <span>{renderBriefly(legend.high)}</span>
      </div>
    );
  }
  const { words } = legend;
  return (
    <div className={classes.legend}>
      <span className={classes.label} dir="auto">
        {legend.label}
      </span>
      {words.slice(0, MOST_WORDS).map(({ word, color }) => (
        <span key={word} className={classes.word}>
          <span className={classes.swatch} style={{ background: color }} />
          <span className={classes.label} dir="auto">
            {word === '' ? '(empty)' : word}
          </span>
        </span>
      ))}
      {words.length > MOST_WORDS && <span>and {words.length - MOST_WORDS} more</span>}
    </div>
  );
}
