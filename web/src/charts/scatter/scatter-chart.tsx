import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import classes from '../chart.module.css';
import { useChartColors } from '../chart-colors.ts';
import type { Zoom } from '../lines/drawn-lines.ts';
import { hoverRun, useBrushedRuns, useHoveredRun } from '../linked-runs.ts';
import type { Place, Plot, PlotHandlers } from '../plot/plot.ts';
import { plotScene } from '../plot/plot-scene.ts';
import { PlotView } from '../plot/plot-view.tsx';
import { Legend } from '../values/legend.tsx';
import { walkByKey } from '../values/run-keys.ts';
import { runPaint } from '../values/run-paint.ts';
import { Spoken } from '../values/spoken.tsx';
import valueClasses from '../values/value-chart.module.css';
import type { ValueChartProps } from '../values/value-chart.ts';
import { tableOfValues, valueRows } from '../values/value-texts.ts';
import { ValueTooltip } from '../values/value-tooltip.tsx';
import { columnsOf, type ScatterConfig } from '../workbench/chart-config.ts';
import { nearestRun, paintScatter, pixelsOfRuns, runsAlongX, scatterModel } from './scatter-points.ts';

const REACH = 14;

/** Runs as points between two of their values. */
export function ScatterChart({
  config,
  values,
  label,
  selectedRunIds,
  onPick,
  handleRef,
}: ValueChartProps<ScatterConfig>) {
  const colors = useChartColors();
  const plot = useRef<Plot>(undefined);
  const root = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState<Zoom>();
  const [pointed, setPointed] = useState<{ readonly run: number; readonly at: Place }>();
  const hovered = useHoveredRun();
  const brushed = useBrushedRuns();
  const { x, y, xLog, yLog, color } = config;
  const model = useMemo(() => scatterModel(values, { x, y, xLog, yLog }), [values, x, y, xLog, yLog]);
  const ranges = useMemo(
    () => ({ x: zoom?.x ?? model.ranges.x, y: zoom?.y ?? model.ranges.y }),
    [model, zoom],
  );
  const paintOf = useMemo(() => runPaint(values, color, colors), [values, color, colors]);
  const foremost = brushed ?? (selectedRunIds.size > 0 ? selectedRunIds : undefined);
  const paint = useCallback<PlotHandlers['paint']>(
    (painter, area) => {
      const isForemost = foremost && ((run: number) => foremost.has(values.runIds[run]!));
      paintScatter(painter, area, model, { paint: paintOf, colors, isForemost });
    },
    [model, paintOf, colors, foremost, values],
  );
  const lifted = pointed?.run ?? (hovered === undefined ? -1 : values.runIds.indexOf(hovered));
  const colorOf = (run: number) => {
    const place = paintOf.places[run] ?? -1;
    return place < 0 ? colors.dim : paintOf.colors[place]!;
  };
  const paintOver = useCallback<PlotHandlers['paintOver']>(
    (painter, area) => {
      if (lifted < 0) return;
      const { xs, ys } = pixelsOfRuns(model, area);
      painter.dots([xs[lifted]!], [ys[lifted]!], { color: colorOf(lifted), radius: 6, ring: colors.text });
    },
    [lifted, model, paintOf, colors],
  );
  const isFaded = lifted >= 0 && values.runIds.length > 1;
  useEffect(() => plot.current?.fade(isFaded), [isFaded]);
  useImperativeHandle(handleRef, () => {
    const table = () => tableOfValues(values, columnsOf(config, []));
    return { scene: () => plotScene(model.spec, ranges, paint), table, file: table };
  }, [model, ranges, paint, values, config]);
  const order = useMemo(() => runsAlongX(model), [model]);
  const find = (at: Place) => {
    const area = plot.current?.area;
    return area ? nearestRun(pixelsOfRuns(model, area), at, REACH) : -1;
  };
  const area = pointed && plot.current?.area;
  return (
    <div className={valueClasses.frame}>
      {paintOf.legend && <Legend legend={paintOf.legend} />}
      <div ref={root} className={valueClasses.plot}>
        <div
          className={classes.focus}
          role="img"
          aria-label={`Scatter chart of ${label}, ${values.runIds.length} runs`}
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
            ranges={ranges}
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
            onZoom={(part) => setZoom({ x: part.x ?? zoom?.x, y: part.y ?? zoom?.y })}
            onReset={() => setZoom(undefined)}
          />
        </div>
        {values.runIds.length === model.without && (
          <div className={classes.empty}>No run has both values</div>
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
            color={colorOf(pointed.run)}
            rows={valueRows(values, pointed.run, columnsOf(config, []))}
          />
        )}
      </div>
      {model.without > 0 && model.without < values.runIds.length && (
        <div className={valueClasses.foot}>
          {model.without.toLocaleString('en-US')} runs have no place here
        </div>
      )}
    </div>
  );
}
