import { useCallback, useImperativeHandle, useMemo, useState } from 'react';
import { renderBriefly, renderNumber } from '../../ui/numbers.ts';
import { extentOf } from '../axes/scale.ts';
import { CanvasChart, type Point } from '../canvas-chart.tsx';
import classes from '../chart.module.css';
import { type ChartColors, useChartColors } from '../chart-colors.ts';
import { hoverRun, useBrushedRuns, useHoveredRun } from '../linked-runs.ts';
import type { Painter } from '../painting/painter.ts';
import type { SceneSize } from '../plot/plot-scene.ts';
import { runColorPlace } from '../run-colors.ts';
import { walkByKey } from '../values/run-keys.ts';
import { Spoken } from '../values/spoken.tsx';
import type { ValueChartProps } from '../values/value-chart.ts';
import { tableOfValues } from '../values/value-texts.ts';
import { ValueTooltip } from '../values/value-tooltip.tsx';
import type { BarsConfig } from '../workbench/chart-config.ts';
import { type Bar, barAt, barsOf, layOutBars, placeOfBar } from './bar-layout.ts';
import { paintBars } from './paint-bars.ts';

/** A metric's latest value in each run. */
export function BarsChart({
  config,
  values,
  label,
  selectedRunIds,
  onPick,
  handleRef,
}: ValueChartProps<BarsConfig>) {
  const colors = useChartColors();
  const [pointed, setPointed] = useState<{ readonly bar: Bar; readonly at: Point }>();
  const hovered = useHoveredRun();
  const brushed = useBrushedRuns();
  const { metric, order = 'value' } = config;
  const column = values.columns.get(`metrics.${metric}`);
  const bars = useMemo(() => (column?.kind === 'number' ? barsOf(column, order) : []), [column, order]);
  const foremost = brushed ?? (selectedRunIds.size > 0 ? selectedRunIds : undefined);
  const colorOf = useCallback(
    ({ run }: Bar, { series }: ChartColors) => series[runColorPlace(values.runIds[run]!)]!,
    [values],
  );
  const nameOf = useCallback(({ run }: Bar) => values.runNames[run]!, [values]);
  const paintWith = useCallback(
    (painter: Painter, size: SceneSize, theme: ChartColors) => {
      paintBars(painter, layOutBars(bars, size), {
        colors: theme,
        colorOf: (bar) => colorOf(bar, theme),
        nameOf,
        isForemost: foremost && ((bar) => foremost.has(values.runIds[bar.run]!)),
      });
    },
    [bars, colorOf, nameOf, foremost, values],
  );
  const paint = useCallback(
    (painter: Painter, size: SceneSize) => paintWith(painter, size, colors),
    [paintWith, colors],
  );
  const lifted = pointed?.bar ?? bars.find(({ run }) => values.runIds[run] === hovered);
  const paintOver = useCallback(
    (painter: Painter, size: SceneSize) => {
      if (lifted === undefined) return;
      paintBars(painter, layOutBars(bars, size), {
        colors,
        colorOf: (bar) => colorOf(bar, colors),
        nameOf,
        only: lifted,
      });
    },
    [lifted, bars, colors, colorOf, nameOf],
  );
  useImperativeHandle(handleRef, () => {
    const table = () => tableOfValues(values, [`metrics.${metric}`]);
    return { scene: () => ({ paint: paintWith }), table, file: table };
  }, [paintWith, values, metric]);
  const ends = extentOf([bars.map(({ value }) => value)]);
  const reach = ends ? `, from ${renderBriefly(ends[0])} to ${renderBriefly(ends[1])}` : '';
  return (
    <div className={classes.chart}>
      <CanvasChart
        label={`Bar chart of ${label}, ${bars.length} runs${reach}`}
        paint={paint}
        paintOver={paintOver}
        isFaded={lifted !== undefined}
        onPoint={(at, size) => {
          const bar = at && barAt(layOutBars(bars, size), at);
          setPointed(bar && at && { bar, at });
          hoverRun(bar && values.runIds[bar.run]);
        }}
        onKey={(event, size) =>
          walkByKey(event, {
            count: bars.length,
            current: pointed && bars.indexOf(pointed.bar),
            go: (place) => {
              const bar = place === undefined ? undefined : bars[place];
              setPointed(bar && { bar, at: placeOfBar(layOutBars(bars, size), place!) });
              hoverRun(bar && values.runIds[bar.run]);
            },
            pick: (place) => onPick(values.runIds[bars[place]!.run]!),
          })
        }
        onClick={(at, size) => {
          const bar = barAt(layOutBars(bars, size), at);
          if (bar) onPick(values.runIds[bar.run]!);
        }}
      >
        {({ width }) =>
          pointed && (
            <ValueTooltip
              at={pointed.at}
              width={width}
              title={nameOf(pointed.bar)}
              color={colorOf(pointed.bar, colors)}
              rows={[[metric, renderNumber(pointed.bar.value)]]}
            />
          )
        }
      </CanvasChart>
      <Spoken
        title={pointed && nameOf(pointed.bar)}
        rows={pointed && [[metric, renderNumber(pointed.bar.value)]]}
      />
      {bars.length === 0 && <div className={classes.empty}>No run has this metric</div>}
    </div>
  );
}
