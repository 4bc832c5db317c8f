import { useCallback, useImperativeHandle, useMemo } from 'react';
import { extentOf } from '../axes/scale.ts';
import { useChartColors } from '../chart-colors.ts';
import { colorRamp, rampStep } from '../painting/color-ramp.ts';
import type { Painter } from '../painting/painter.ts';
import type { PlotHandlers } from '../plot/plot.ts';
import { areaOf, type PlotArea } from '../plot/plot-options.ts';
import { plotScene } from '../plot/plot-scene.ts';
import { RunPlot } from '../scatter/run-plot.tsx';
import { pixelsOfRuns, scatterModel } from '../scatter/scatter-points.ts';
import { axisValues, keyOf } from '../values/axis-values.ts';
import type { ValueChartProps } from '../values/value-chart.ts';
import { tableOfValues } from '../values/value-texts.ts';
import { type ContourConfig, columnsOf } from '../workbench/chart-config.ts';
import { contourAt, type Field, interpolate } from './contour-field.ts';

const COLUMNS = 64;
const ROWS = 40;
const LEVELS = 7;
const MOST_SAMPLES = 2000;

/** A value over two others: colour and level lines between the runs, which stand as dots. */
export function ContourChart({ config, values, label, onPick, handleRef }: ValueChartProps<ContourConfig>) {
  const colors = useChartColors();
  const { x, y, z, xLog, yLog } = config;
  const model = useMemo(() => scatterModel(values, { x, y, xLog, yLog }), [values, x, y, xLog, yLog]);
  const heights = useMemo(
    () => axisValues(values.columns.get(z), z, values.runIds.length).values,
    [values, z],
  );
  const surface = useMemo(() => surfaceOf(model, heights), [model, heights]);
  const ramp = useMemo(() => colorRamp(colors.scheme), [colors]);
  const paint = useCallback<PlotHandlers['paint']>(
    (painter, area) => {
      if (surface === undefined) return;
      paintSurface(painter, area, { ...surface, ramp, line: colors.surface });
      const { xs, ys } = pixelsOfRuns(model, area);
      painter.dots(xs, ys, { color: colors.text, radius: 2.25, alpha: 0.85, ring: colors.surface });
    },
    [surface, ramp, colors, model],
  );
  const columns = useMemo(() => columnsOf(config, []), [config]);
  useImperativeHandle(handleRef, () => {
    const table = () => tableOfValues(values, columns);
    return { scene: () => plotScene(model.spec, model.ranges, paint), table, file: table };
  }, [model, paint, values, columns]);
  const [low, high] = surface?.reach ?? [0, 1];
  return (
    <RunPlot
      label={`Contour chart of ${label}, ${surface?.count ?? 0} runs`}
      values={values}
      columns={columns}
      model={model}
      ranges={model.ranges}
      paint={paint}
      legend={surface && { kind: 'ramp', label: keyOf(z), low, high, colors: ramp }}
      empty={surface === undefined ? 'Fewer than three runs have all three values' : undefined}
      foot={surface && describeSurface(surface)}
      onPick={onPick}
    />
  );
}

const describeSurface = ({ count }: Surface): string => {
  const how = 'Between runs: the 12 nearest, by inverse squared distance';
  if (count <= MOST_SAMPLES) return how;
  return `${how}, from ${MOST_SAMPLES.toLocaleString('en-US')} of ${count.toLocaleString('en-US')} runs`;
};

interface Surface {
  readonly field: Field;
  readonly reach: readonly [number, number];
  readonly count: number;
}

/** The field between the runs that have all three values; undefined for fewer than three. */
function surfaceOf(model: ReturnType<typeof scatterModel>, heights: Float64Array): Surface | undefined {
  const unit = areaOf(model.spec, model.ranges, { width: 1, height: 1 });
  const all = Array.from(heights, (value, run) => ({
    x: unit.x.toPixel(model.x.values[run]!),
    y: 1 - unit.y.toPixel(model.y.values[run]!),
    value,
  })).filter(
    (sample) => Number.isFinite(sample.x) && Number.isFinite(sample.y) && Number.isFinite(sample.value),
  );
  if (all.length < 3) return undefined;
  const every = Math.max(1, Math.ceil(all.length / MOST_SAMPLES));
  const samples = all.filter((_, i) => i % every === 0);
  const reach = extentOf([samples.map(({ value }) => value)])!;
  return { field: interpolate(samples, COLUMNS, ROWS), reach, count: all.length };
}

interface SurfacePaint extends Surface {
  readonly ramp: readonly string[];
  readonly line: string;
}

function paintSurface(
  painter: Painter,
  { width, height }: PlotArea,
  { field, reach, ramp, line }: SurfacePaint,
): void {
  const [cellWidth, cellHeight] = [width / field.columns, height / field.rows];
  for (const [i, value] of field.values.entries()) {
    const [column, row] = [i % field.columns, Math.floor(i / field.columns)];
    const box = {
      x: column * cellWidth,
      y: height - (row + 1) * cellHeight,
      width: cellWidth + 0.6,
      height: cellHeight + 0.6,
    };
    painter.rect(box, { color: ramp[rampStep(value, reach)] ?? 'transparent' });
  }
  for (let level = 1; level <= LEVELS; level += 1) {
    const { xs, ys } = contourAt(field, reach[0] + ((reach[1] - reach[0]) * level) / (LEVELS + 1));
    painter.line(
      xs.map((x) => x * width),
      ys.map((y) => height - y * height),
      { color: line, width: 1, alpha: 0.7 },
    );
  }
}
