import type { ChartColors } from '../chart-colors.ts';
import type { Painter } from '../painting/painter.ts';
import {
  AXIS_FONT_SIZE,
  areaOf,
  type PlotArea,
  type PlotRanges,
  type PlotSpec,
  shortLabel,
  ticksOfX,
  ticksOfY,
} from './plot-options.ts';

/** A whole chart as a picture: at any size, on canvas or in SVG. */
export interface Scene {
  readonly paint: (painter: Painter, size: SceneSize, colors: ChartColors) => void;
}

export interface SceneSize {
  readonly width: number;
  readonly height: number;
}

const LETTER = 6.3;

/** A plot's axes with the data that `paint` draws inside. */
export function plotScene(
  spec: PlotSpec,
  ranges: PlotRanges,
  paint: (painter: Painter, area: PlotArea) => void,
): Scene {
  return {
    paint(painter, { width, height }, colors) {
      const bottom = spec.x.label === undefined ? 26 : 44;
      const innerHeight = height - bottom - 8;
      const yTicks = ticksOfY(spec, ranges.y, innerHeight);
      const widest = Math.max(...yTicks.map(({ label }) => shortLabel(label).length), 2);
      const left = widest * LETTER + (spec.y.label === undefined ? 14 : 32);
      const area = areaOf(spec, ranges, { width: width - left - 14, height: innerHeight });
      painter.moved(left, 8, () => {
        const text = { color: colors.dim, size: AXIS_FONT_SIZE };
        for (const { value, label } of yTicks) {
          const y = area.y.toPixel(value);
          painter.line([0, area.width], [y, y], { color: colors.grid, width: 1 });
          painter.text(-8, y, shortLabel(label), { ...text, align: 'end' });
        }
        for (const { value, label } of ticksOfX(spec, ranges.x, area.width)) {
          const x = area.x.toPixel(value);
          painter.line([x, x], [0, area.height], { color: colors.grid, width: 1 });
          painter.text(x, area.height + 8, shortLabel(label), { ...text, align: 'middle', baseline: 'top' });
        }
        painter.line([0, area.width], [area.height, area.height], { color: colors.border, width: 1 });
        painter.clipped({ x: 0, y: 0, width: area.width, height: area.height }, () => paint(painter, area));
        if (spec.x.label !== undefined)
          painter.text(area.width / 2, area.height + 26, spec.x.label, {
            ...text,
            align: 'middle',
            baseline: 'top',
          });
        if (spec.y.label !== undefined)
          painter.text(12 - left, area.height / 2, spec.y.label, {
            ...text,
            align: 'middle',
            isUpright: true,
          });
      });
    },
  };
}
