import { renderBriefly, renderDuration, renderTime } from '../../ui/numbers.ts';
import type { ChartTable } from '../chart-handle.ts';
import type { LineX } from '../data/line-data.ts';
import type { DrawnLine } from './drawn-lines.ts';

export function renderX(value: number, x: LineX): string {
  switch (x) {
    case 'step':
      return `Step ${Math.round(value).toLocaleString('en-US')}`;
    case 'time':
      return renderTime(value);
    case 'relative':
      return renderDuration(value);
  }
}

interface Naming {
  readonly nameOf: (line: DrawnLine) => string;
}

/** A row a line: its exact facts, whatever part of it is shown. */
export function tableOfLines(lines: readonly DrawnLine[], { nameOf }: Naming): ChartTable {
  return {
    columns: ['Run', 'Metric', 'Points', 'Last', 'Last step', 'Min', 'At step', 'Max', 'At step'],
    rows: lines.map((drawn) => {
      const { key, count, summary } = drawn.line;
      const { last, lastStep, min, minStep, max, maxStep } = summary;
      return [nameOf(drawn), key, count, last, lastStep, min, minStep, max, maxStep];
    }),
  };
}

/** A row a point that is on the screen. */
export function pointsOfLines(
  lines: readonly DrawnLine[],
  { nameOf, x }: Naming & { readonly x: LineX },
): ChartTable {
  const isSmoothed = lines.some((line) => line.band !== undefined);
  const columns = ['run_id', 'run_name', 'metric', x === 'step' ? 'step' : `${x}_ms`, 'value'];
  return {
    columns: isSmoothed ? [...columns, 'smoothed'] : columns,
    rows: lines.flatMap((drawn) =>
      Array.from(drawn.x, (place, i) => {
        const row = [drawn.line.runId, nameOf(drawn), drawn.line.key, place, drawn.line.y[i]!];
        return isSmoothed ? [...row, drawn.y[i]!] : row;
      }),
    ),
  };
}

/** One sentence for who does not see the chart. */
export function describeLines(lines: readonly DrawnLine[], label: string): string {
  if (lines.length === 0) return `Line chart of ${label}, without data`;
  const best = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
  for (const { summary } of lines.map(({ line }) => line)) {
    best.min = Math.min(best.min, summary.min ?? best.min);
    best.max = Math.max(best.max, summary.max ?? best.max);
  }
  const reach = best.min <= best.max ? `, from ${renderBriefly(best.min)} to ${renderBriefly(best.max)}` : '';
  return `Line chart of ${label}, ${lines.length === 1 ? '1 line' : `${lines.length} lines`}${reach}`;
}
