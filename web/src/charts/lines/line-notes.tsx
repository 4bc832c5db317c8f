import { renderBriefly } from '../../ui/numbers.ts';
import classes from '../chart.module.css';
import type { PlotSpec } from '../plot/plot-options.ts';
import { countUnshown, type DrawnLine } from './drawn-lines.ts';
import type { QuantileBand } from './quantile-bands.ts';

/** What a chart owes its reader in words: that there is nothing, and what the lines do not show. */
export function LineNotes({
  lines,
  spec,
  bands,
}: {
  readonly lines: readonly DrawnLine[];
  readonly spec: PlotSpec;
  readonly bands: readonly QuantileBand[];
}) {
  if (lines.every(({ x }) => x.length === 0)) {
    return <div className={classes.empty}>No points logged here</div>;
  }
  const { odd, notPositive, largest } = countUnshown(lines, spec);
  const banded = bands.reduce((sum, band) => sum + band.lines, 0);
  const notes = [
    banded > 0 && `Median, middle half and 5–95 % of ${banded.toLocaleString('en-US')} lines`,
    odd > 0 && `${odd.toLocaleString('en-US')} not finite: × NaN, ▲ ∞, ▼ −∞`,
    largest !== undefined && `largest finite value ${renderBriefly(largest)}`,
    notPositive > 0 && `${notPositive.toLocaleString('en-US')} not above 0, hidden by the log axis`,
  ].filter((note) => note !== false);
  return notes.length === 0 ? null : <div className={classes.notes}>{notes.join(' · ')}</div>;
}
