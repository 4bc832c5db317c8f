import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import classes from '../chart.module.css';
import { useChartColors } from '../chart-colors.ts';
import type { RunValues } from '../data/run-values.ts';
import { hoverRun, useHoveredRun } from '../linked-runs.ts';
import type { Place, Plot, PlotHandlers } from '../plot/plot.ts';
import type { PlotRanges } from '../plot/plot-options.ts';
import { PlotView } from '../plot/plot-view.tsx';
import { Legend } from '../values/legend.tsx';
import { walkByKey } from '../values/run-keys.ts';
import type { RunPaint } from '../values/run-paint.ts';
import { Spoken } from '../values/spoken.tsx';
import valueClasses from '../values/value-chart.module.css';
import { valueRows } from '../values/value-texts.ts';
import { ValueTooltip } from '../values/value-tooltip.tsx';
import { nearestRun, pixelsOfRuns, runsAlongX, type ScatterModel } from './scatter-points.ts';

const REACH = 14;

export interface RunPlotProps {
  readonly label: string;
  readonly values: RunValues;
  /** Columns that are told of a run under the pointer. */
  readonly columns: readonly string[];
  readonly model: ScatterModel;
  readonly ranges: PlotRanges;
  /** Draws all runs; keeps its identity while they are the same. */
  readonly paint: PlotHandlers['paint'];
  /** Of the run under the pointer; the accent without it. */
  readonly colorOf?: ((run: number) => string) | undefined;
  /** Whether the others step back behind it. */
  readonly fades?: boolean;
  readonly legend: RunPaint['legend'];
  /** Stands in the place of data that there are none of. */
  readonly empty: string | undefined;
  readonly foot: ReactNode;
  readonly onPick: (runId: string) => void;
  readonly onZoom?: PlotHandlers['onZoom'];
  readonly onReset?: PlotHandlers['onReset'];
}

/** Runs as places between two axes: pointed at, walked through by keys, lifted here and in all charts. */
export function RunPlot(props: RunPlotProps) {
  const { label, values, columns, model, ranges, paint, colorOf, fades = false, onPick } = props;
  const colors = useChartColors();
  const plot = useRef<Plot>(undefined);
  const root = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<{ readonly run: number; readonly at: Place }>();
  const hovered = useHoveredRun();
  const lifted = pointed?.run ?? (hovered === undefined ? -1 : values.runIds.indexOf(hovered));
  const color = lifted < 0 ? colors.accent : (colorOf?.(lifted) ?? colors.accent);
  const paintOver = useCallback<PlotHandlers['paintOver']>(
    (painter, area) => {
      if (lifted < 0) return;
      const { xs, ys } = pixelsOfRuns(model, area);
      painter.dots([xs[lifted]!], [ys[lifted]!], { color, radius: 6, ring: colors.text });
    },
    [lifted, model, color, colors],
  );
  const isFaded = fades && lifted >= 0 && values.runIds.length > 1;
  useEffect(() => plot.current?.fade(isFaded), [isFaded]);

  const order = useMemo(() => runsAlongX(model), [model]);
  const point = (run: number | undefined, at: Place | undefined) => {
    setPointed(run === undefined || at === undefined ? undefined : { run, at });
    hoverRun(run === undefined ? undefined : values.runIds[run]);
  };
  const find = (at: Place): number | undefined => {
    const area = plot.current?.area;
    const run = area ? nearestRun(pixelsOfRuns(model, area), at, REACH) : -1;
    return run < 0 ? undefined : run;
  };
  const go = (place: number | undefined) => {
    const run = place === undefined ? undefined : order[place];
    const area = plot.current?.area;
    if (run === undefined || area === undefined) point(run, undefined);
    else {
      const { xs, ys } = pixelsOfRuns(model, area);
      point(run, { x: xs[run]!, y: ys[run]! });
    }
  };
  const area = pointed && plot.current?.area;
  const rows = pointed && valueRows(values, pointed.run, columns);
  return (
    <div className={valueClasses.frame}>
      {props.legend && <Legend legend={props.legend} />}
      <div ref={root} className={valueClasses.plot}>
        <div
          className={classes.focus}
          role="img"
          aria-label={label}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk through the runs
          tabIndex={0}
          onBlur={() => point(undefined, undefined)}
          onKeyDown={(event) =>
            walkByKey(event, {
              count: order.length,
              current: pointed && order.indexOf(pointed.run),
              go,
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
            onPoint={(at) => point(at && find(at), at)}
            onClick={(at) => {
              const run = find(at);
              if (run !== undefined) onPick(values.runIds[run]!);
            }}
            onZoom={(part) => props.onZoom?.(part)}
            onReset={() => props.onReset?.()}
          />
        </div>
        {props.empty !== undefined && <div className={classes.empty}>{props.empty}</div>}
        <Spoken title={pointed && values.runNames[pointed.run]} rows={rows ?? []} />
        {pointed && rows && area && root.current && (
          <ValueTooltip
            at={{ x: root.current.clientWidth - area.width - 14 + pointed.at.x, y: pointed.at.y }}
            width={root.current.clientWidth}
            title={values.runNames[pointed.run]!}
            color={colorOf?.(pointed.run)}
            rows={rows}
          />
        )}
      </div>
      {props.foot && <div className={valueClasses.foot}>{props.foot}</div>}
    </div>
  );
}
