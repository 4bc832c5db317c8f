import { useCallback, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { extentOf } from '../axes/scale.ts';
import classes from '../chart.module.css';
import { useChartColors } from '../chart-colors.ts';
import { hoverRun, useHoveredRun } from '../linked-runs.ts';
import { colorRamp, rampStep } from '../painting/color-ramp.ts';
import type { Painter } from '../painting/painter.ts';
import type { Place, Plot, PlotHandlers } from '../plot/plot.ts';
import { areaOf, type PlotArea } from '../plot/plot-options.ts';
import { plotScene } from '../plot/plot-scene.ts';
import { PlotView } from '../plot/plot-view.tsx';
import { nearestRun, pixelsOfRuns, runsAlongX, scatterModel } from '../scatter/scatter-points.ts';
import { axisValues, keyOf } from '../values/axis-values.ts';
import { Legend } from '../values/legend.tsx';
import { walkByKey } from '../values/run-keys.ts';
import { Spoken } from '../values/spoken.tsx';
import valueClasses from '../values/value-chart.module.css';
import type { ValueChartProps } from '../values/value-chart.ts';
import { tableOfValues, valueRows } from '../values/value-texts.ts';
import { ValueTooltip } from '../values/value-tooltip.tsx';
import { type ContourConfig, columnsOf } from '../workbench/chart-config.ts';
import { contourAt, type Field, interpolate } from './contour-field.ts';

const COLUMNS = 64;
const ROWS = 40;
const LEVELS = 7;
const MOST_SAMPLES = 2000;

/** A value over two others: colour and level lines between the runs, which stand as dots. */
export function ContourChart({ config, values, label, onPick, handleRef }: ValueChartProps<ContourConfig>) {
  const colors = useChartColors();
  const plot = useRef<Plot>(undefined);
  const root = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<{ readonly run: number; readonly at: Place }>();
  const hovered = useHoveredRun();
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
  const lifted = pointed?.run ?? (hovered === undefined ? -1 : values.runIds.indexOf(hovered));
  const paintOver = useCallback<PlotHandlers['paintOver']>(
    (painter, area) => {
      if (lifted < 0) return;
      const { xs, ys } = pixelsOfRuns(model, area);
      painter.dots([xs[lifted]!], [ys[lifted]!], { color: colors.accent, radius: 6, ring: colors.text });
    },
    [lifted, model, colors],
  );
  useImperativeHandle(handleRef, () => {
    const table = () => tableOfValues(values, columnsOf(config, []));
    return { scene: () => plotScene(model.spec, model.ranges, paint), table, file: table };
  }, [model, paint, values, config]);
  const order = useMemo(() => runsAlongX(model), [model]);
  const find = (at: Place) => {
    const area = plot.current?.area;
    return area ? nearestRun(pixelsOfRuns(model, area), at, 14) : -1;
  };
  const area = pointed && plot.current?.area;
  const [low, high] = surface?.reach ?? [0, 1];
  return (
    <div className={valueClasses.frame}>
      {surface && <Legend legend={{ kind: 'ramp', label: keyOf(z), low, high, colors: ramp }} />}
      <div ref={root} className={valueClasses.plot}>
        <div
          className={classes.focus}
          role="img"
          aria-label={`Contour chart of ${label}, ${surface?.count ?? 0} runs`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk through the runs
          tabIndex={0}
          onBlur={() => {
            setPointed(undefined);
            hoverRun(undefined);
          }}
          onKeyDown={(event) =>
            walkByKey(event, {
              count: order.length,
              current: pointed && order.indexOf(pointed.run),
              go: (place) => {
                const run = place === undefined ? undefined : order[place];
                const current = plot.current?.area;
                if (run === undefined || current === undefined) setPointed(undefined);
                else {
                  const { xs, ys } = pixelsOfRuns(model, current);
                  setPointed({ run, at: { x: xs[run]!, y: ys[run]! } });
                }
                hoverRun(run === undefined ? undefined : values.runIds[run]);
              },
              pick: (place) => onPick(values.runIds[order[place]!]!),
            })
          }
        >
          <PlotView
            spec={model.spec}
            ranges={model.ranges}
            plotRef={plot}
            paint={paint}
            paintOver={paintOver}
            onPoint={(at) => {
              const run = at === undefined ? -1 : find(at);
              setPointed(run < 0 || at === undefined ? undefined : { run, at });
              hoverRun(values.runIds[run]);
            }}
            onClick={(at) => {
              const run = find(at);
              if (run >= 0) onPick(values.runIds[run]!);
            }}
            onZoom={() => undefined}
            onReset={() => undefined}
          />
        </div>
        {surface === undefined && (
          <div className={classes.empty}>Fewer than three runs have all three values</div>
        )}
        <Spoken
          title={pointed && values.runNames[pointed.run]}
          rows={pointed && valueRows(values, pointed.run, columnsOf(config, []))}
        />
        {pointed && area && root.current && (
          <ValueTooltip
            at={{ x: root.current.clientWidth - area.width - 14 + pointed.at.x, y: pointed.at.y }}
            width={root.current.clientWidth}
            title={values.runNames[pointed.run]!}
            rows={valueRows(values, pointed.run, columnsOf(config, []))}
          />
        )}
      </div>
      {surface && (
        <div className={valueClasses.foot}>
          Between runs: the 12 nearest, by inverse squared distance
          {surface.count > MOST_SAMPLES &&
            `, from ${MOST_SAMPLES.toLocaleString('en-US')} of ${surface.count.toLocaleString('en-US')} runs`}
        </div>
      )}
    </div>
  );
}

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
