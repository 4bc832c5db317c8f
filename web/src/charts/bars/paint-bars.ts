import { renderNumber } from '../../ui/numbers.ts';
import type { ChartColors } from '../chart-colors.ts';
import type { Painter } from '../painting/painter.ts';
import type { Bar, BarLayout } from './bar-layout.ts';

interface BarPaint {
  readonly colors: ChartColors;
  readonly colorOf: (bar: Bar) => string;
  readonly nameOf: (bar: Bar) => string;
  readonly isForemost?: ((bar: Bar) => boolean) | undefined;
  /** This bar alone, without the axis. */
  readonly only?: Bar | undefined;
}

const TEXT = 11;

export function paintBars(painter: Painter, layout: BarLayout, paint: BarPaint): void {
  if (layout.form === 'rows') paintRows(painter, layout, paint);
  else paintProfile(painter, layout, paint);
}

function paintRows(painter: Painter, { bars, scale, ticks, box, each }: BarLayout, paint: BarPaint): void {
  const { colors, only } = paint;
  painter.moved(box.left, box.top, () => {
    const foot = Math.min(box.height, each * bars.length);
    if (only === undefined) {
      for (const { value, label } of ticks) {
        const x = scale.toPixel(value);
        painter.line([x, x], [0, foot], { color: colors.grid, width: 1 });
        painter.text(x, foot + 5, label, { color: colors.dim, size: TEXT, align: 'middle', baseline: 'top' });
      }
    }
    const zero = scale.toPixel(0);
    for (const [i, bar] of bars.entries()) {
      if (only !== undefined && bar !== only) continue;
      const y = i * each;
      const alpha = paint.isForemost && !paint.isForemost(bar) ? 0.2 : 1;
      const x = scale.toPixel(bar.value);
      if (!Number.isNaN(x)) {
        const [left, right] = [Math.min(zero, x), Math.max(zero, x)];
        painter.rect(
          { x: left, y: y + 3, width: Math.max(1, right - left), height: Math.max(1, each - 6) },
          { color: paint.colorOf(bar), alpha },
        );
      }
      const text = { color: only ? colors.text : colors.dim, size: TEXT, isBold: only !== undefined };
      painter.text(-8, y + each / 2, cut(paint.nameOf(bar), box.left - 12), { ...text, align: 'end' });
      const end = Number.isNaN(x) ? zero : Math.max(zero, x);
      painter.text(end + 6, y + each / 2, renderNumber(bar.value), { ...text, color: colors.text });
    }
  });
}

function paintProfile(painter: Painter, { bars, scale, ticks, box, each }: BarLayout, paint: BarPaint): void {
  const { colors, only } = paint;
  painter.moved(box.left, box.top, () => {
    if (only === undefined) {
      for (const { value, label } of ticks) {
        const y = scale.toPixel(value);
        painter.line([0, box.width], [y, y], { color: colors.grid, width: 1 });
        painter.text(-8, y, label, { color: colors.dim, size: TEXT, align: 'end' });
      }
      painter.text(box.width / 2, box.height + 6, `${bars.length.toLocaleString('en-US')} runs`, {
        color: colors.dim,
        size: TEXT,
        align: 'middle',
        baseline: 'top',
      });
    }
    const zero = scale.toPixel(0);
    const gap = each > 4 ? 1 : 0;
    for (const [i, bar] of bars.entries()) {
      if (only !== undefined && bar !== only) continue;
      const y = scale.toPixel(bar.value);
      if (Number.isNaN(y)) continue;
      const alpha = paint.isForemost && !paint.isForemost(bar) ? 0.2 : 1;
      // Narrower than a pixel, bars cover each other: the lifted one is widened to be seen.
      const width = Math.max(only ? 3 : 0.75, each - gap);
      painter.rect(
        { x: i * each, y: Math.min(y, zero), width, height: Math.max(1, Math.abs(zero - y)) },
        { color: paint.colorOf(bar), alpha },
      );
    }
  });
}

const LETTER = 6.6;
function cut(text: string, width: number): string {
  const most = Math.max(4, Math.floor(width / LETTER));
  const letters = [...text.slice(0, 4 * most)];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}
