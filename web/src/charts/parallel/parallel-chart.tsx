import { Button } from '@mantine/core';
import { useCallback, useEffect, useImperativeHandle, useMemo, useState } from 'react';
import { renderBriefly } from '../../ui/numbers.ts';
import { CanvasChart, type Point } from '../canvas-chart.tsx';
import classes from '../chart.module.css';
import { type ChartColors, useChartColors } from '../chart-colors.ts';
import { brushRuns, hoverRun, useBrushedRuns, useHoveredRun } from '../linked-runs.ts';
import type { Painter } from '../painting/painter.ts';
import type { SceneSize } from '../plot/plot-scene.ts';
import { Legend } from '../values/legend.tsx';
import { walkByKey } from '../values/run-keys.ts';
import { runPaint } from '../values/run-paint.ts';
import { Spoken } from '../values/spoken.tsx';
import valueClasses from '../values/value-chart.module.css';
import type { ValueChartProps } from '../values/value-chart.ts';
import { tableOfValues, valueRows } from '../values/value-texts.ts';
import { ValueTooltip } from '../values/value-tooltip.tsx';
import { columnsOf, type ParallelConfig } from '../workbench/chart-config.ts';
import { type BrushState, brushByKey } from './brush-keys.ts';
import { paintParallelAxes, paintParallelLines } from './paint-parallel.ts';
import {
  axisNear,
  type Brush,
  type Brushes,
  crossing,
  layOutParallel,
  type ParallelAxis,
  parallelAxes,
  runNear,
  runsInBrushes,
} from './parallel-layout.ts';

/**
 * Runs as lines across their values. A drag along an axis brushes, as do keys: the runs within stay in front, here and in
 * all charts.
 */
export function ParallelChart(props: ValueChartProps<ParallelConfig>) {
  const { config, values, label, selectedRunIds, onPick, onSelect, handleRef } = props;
  const colors = useChartColors();
  const [{ brushes, axis: chosen }, setBrushing] = useState<BrushState>(NOT_BRUSHED);
  const setBrushes = (next: Brushes) => setBrushing({ brushes: next, axis: undefined });
  const [pointed, setPointed] = useState<{ readonly run: number; readonly at: Point }>();
  const hovered = useHoveredRun();
  const brushed = useBrushedRuns();
  const axes = useMemo(() => parallelAxes(values, config.axes), [values, config.axes]);
  const color = config.color ?? config.axes.at(-1);
  const paintOf = useMemo(() => runPaint(values, color, colors), [values, color, colors]);
  const count = values.runIds.length;
  const kept = useMemo(() => runsInBrushes(axes, brushes), [axes, brushes]);

  useEffect(() => {
    brushRuns(kept && new Set(kept.map((run) => values.runIds[run]!)));
    return () => brushRuns(undefined);
  }, [kept, values]);

  const foremost = brushed ?? (selectedRunIds.size > 0 ? selectedRunIds : undefined);
  const paintWith = useCallback(
    (painter: Painter, size: SceneSize, theme: ChartColors) => {
      const layout = layOutParallel(axes, size);
      const isForemost = foremost && ((run: number) => foremost.has(values.runIds[run]!));
      paintParallelLines(painter, { layout, count, paint: paintOf, colors: theme, isForemost });
      paintParallelAxes(painter, { layout, brushes, chosen, colors: theme });
    },
    [axes, foremost, values, count, paintOf, brushes, chosen],
  );
  const paint = useCallback(
    (painter: Painter, size: SceneSize) => paintWith(painter, size, colors),
    [paintWith, colors],
  );
  const colorOf = (run: number) =>
    paintOf.places[run]! < 0 ? colors.dim : paintOf.colors[paintOf.places[run]!]!;
  const lifted = pointed?.run ?? (hovered === undefined ? -1 : values.runIds.indexOf(hovered));
  const paintOver = useCallback(
    (painter: Painter, size: SceneSize) => {
      if (lifted < 0 || lifted >= count) return;
      const layout = layOutParallel(axes, size);
      paintParallelAxes(painter, { layout, brushes, chosen, colors });
      const xs = layout.places.map(({ x }) => x);
      const ys = layout.places.map((place) => crossing(place, layout, lifted));
      painter.line(xs, ys, { color: colors.surface, width: 5, alpha: 0.8 });
      painter.line(xs, ys, { color: colorOf(lifted), width: 2.5 });
      painter.dots(xs, ys, { color: colorOf(lifted), radius: 3.5, ring: colors.surface });
    },
    [lifted, count, axes, colors, paintOf, brushes, chosen],
  );
  useImperativeHandle(handleRef, () => {
    const table = () => tableOfValues(values, columnsOf(config, []));
    return { scene: () => ({ paint: paintWith }), table, file: table };
  }, [paintWith, values, config]);

  const onDrag = (from: Point, to: Point, isDone: boolean, size: SceneSize) => {
    const layout = layOutParallel(axes, size);
    const place = axisNear(layout, from.x);
    if (place === undefined || Math.abs(place.x - from.x) > 30) return;
    const ends = [from.y, to.y].map((y) =>
      place.scale.toValue(Math.max(0, Math.min(place.scale.size, y - layout.top))),
    );
    const [low, high] = ends.sort((a, b) => a - b);
    setBrushes({ ...brushes, [place.axis.column]: [low!, high!] });
    if (isDone) setPointed(undefined);
  };
  const onClick = (at: Point, size: SceneSize) => {
    const layout = layOutParallel(axes, size);
    const place = axisNear(layout, at.x);
    if (place && Math.abs(place.x - at.x) < 10 && brushes[place.axis.column]) {
      const { [place.axis.column]: _, ...rest } = brushes;
      setBrushes(rest);
      return;
    }
    const run = runNear(layout, at, { count, reach: 8 });
    if (run !== undefined) onPick(values.runIds[run]!);
  };
  const without = axes.length < 2;
  const chosenAxis = chosen === undefined ? undefined : axes[chosen];
  return (
    <div className={valueClasses.frame}>
      {paintOf.legend && <Legend legend={paintOf.legend} />}
      <div className={valueClasses.plot}>
        <CanvasChart
          label={`Parallel coordinates of ${label}: ${count} runs over ${axes.map((axis) => axis.label).join(', ')}`}
          paint={paint}
          paintOver={paintOver}
          isFaded={lifted >= 0}
          onPoint={(at, size) => {
            const run = at && runNear(layOutParallel(axes, size), at, { count, reach: 8 });
            setPointed(run === undefined || at === undefined ? undefined : { run, at });
            hoverRun(run === undefined ? undefined : values.runIds[run]);
          }}
          keys="Shift+ArrowLeft Shift+ArrowRight Shift+ArrowUp Shift+ArrowDown Alt+ArrowUp Alt+ArrowDown Delete"
          onKey={(event, size) => {
            const next = brushByKey(event, axes, { axis: chosen, brushes });
            if (next !== undefined) {
              event.preventDefault();
              setBrushing(next);
              return;
            }
            walkByKey(event, {
              count,
              current: pointed?.run,
              go: (run) => {
                const layout = layOutParallel(axes, size);
                const last = layout.places.at(-1);
                setPointed(
                  run === undefined || last === undefined
                    ? undefined
                    : { run, at: { x: last.x, y: crossing(last, layout, run) } },
                );
                hoverRun(run === undefined ? undefined : values.runIds[run]);
              },
              pick: (run) => onPick(values.runIds[run]!),
            });
          }}
          onDrag={onDrag}
          onClick={onClick}
        >
          {({ width }) =>
            pointed && (
              <ValueTooltip
                at={pointed.at}
                width={width}
                title={values.runNames[pointed.run]!}
                color={colorOf(pointed.run)}
                rows={valueRows(values, pointed.run, columnsOf(config, []))}
              />
            )
          }
        </CanvasChart>
        <Spoken
          title={pointed && values.runNames[pointed.run]}
          rows={pointed && valueRows(values, pointed.run, columnsOf(config, []))}
        />
        {without && <div className={classes.empty}>Choose two or more columns</div>}
      </div>
      {chosenAxis && (
        <div className={valueClasses.foot}>
          <span role="status">
            Axis {chosenAxis.label}
            {describeBrush(chosenAxis, brushes[chosenAxis.column])}
          </span>
          <span className="dim">
            Shift ← → changes the axis, Shift ↑ ↓ brushes, Alt ↑ ↓ widens, Delete clears
          </span>
        </div>
      )}
      {kept && (
        <div className={valueClasses.foot}>
          <span>
            {kept.length.toLocaleString('en-US')} of {count.toLocaleString('en-US')} runs within the brushes
          </span>
          <span>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => onSelect(kept.map((run) => values.runIds[run]!))}
            >
              Select them
            </Button>{' '}
            <Button size="compact-xs" variant="subtle" onClick={() => setBrushes({})}>
              Clear
            </Button>
          </span>
        </div>
      )}
    </div>
  );
}

const NOT_BRUSHED: BrushState = { axis: undefined, brushes: {} };

/** The words or the numbers between the ends of a brush. */
function describeBrush({ shown }: ParallelAxis, brush: Brush | undefined): string {
  if (brush === undefined) return '';
  const [low, high] = brush;
  if (shown.kind !== 'category') return ` from ${renderBriefly(low)} to ${renderBriefly(high)}`;
  const words = shown.categories.filter((_, place) => place >= low && place <= high);
  return `: ${words.join(', ') || 'none'}`;
}
