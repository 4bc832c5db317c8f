import {
  type KeyboardEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from 'react';
import { renderNumber } from '../ui/numbers.ts';
import classes from './chart.module.css';
import { type ChartColors, useChartColors } from './chart-colors.ts';
import type { ChartHandle } from './chart-handle.ts';
import { followCrosshair, pointAt } from './crosshair.ts';
import type { Line } from './data/line-data.ts';
import {
  type DrawnLine,
  drawLines,
  type LineLook,
  lineRanges,
  lineSpec,
  type Zoom,
} from './lines/drawn-lines.ts';
import { moveByKey } from './lines/line-keys.ts';
import { LineNotes } from './lines/line-notes.tsx';
import { describeLines, pointsOfLines, renderX, tableOfLines } from './lines/line-texts.ts';
import { LineTooltip } from './lines/line-tooltip.tsx';
import { nearestLine, nearestPlace } from './lines/nearest-line.ts';
import { paintLifted, paintLines } from './lines/paint-lines.ts';
import { tooltipRows } from './lines/tooltip-rows.ts';
import { hoverRun, useBrushedRuns, useHoveredRun } from './linked-runs.ts';
import type { Place, Plot } from './plot/plot.ts';
import { AXIS_FONT_SIZE } from './plot/plot-options.ts';
import { plotScene } from './plot/plot-scene.ts';
import { PlotView } from './plot/plot-view.tsx';
import { runColorPlace } from './run-colors.ts';

export interface LineChartProps {
  readonly lines: readonly Line[];
  /** What the chart is of, for readers and as a file's name. */
  readonly label: string;
  readonly look: LineLook;
  /** A line's name: its run's without it being given. */
  readonly nameOf: (line: Line) => string;
  /** A place in the palette; the run's own without it. */
  readonly colorPlaceOf?: ((line: Line) => number) | undefined;
  readonly zoom?: Zoom | undefined;
  /** The part that was chosen, to be asked for and given back as `zoom`; undefined for all. */
  readonly onZoom: (zoom: Zoom | undefined) => void;
  readonly selectedRunIds?: ReadonlySet<string> | undefined;
  readonly onPick?: ((runId: string) => void) | undefined;
  readonly handleRef?: Ref<ChartHandle> | undefined;
}

interface Pointer {
  readonly at: Place;
  readonly value: number;
  readonly hit: DrawnLine | undefined;
}

const REACH = 28;

/** Histories as lines: up to a thousand of them, with a crosshair that all charts of the page share. */
export function LineChart(props: LineChartProps) {
  const { lines, label, look, nameOf, colorPlaceOf, zoom, onZoom, selectedRunIds, onPick, handleRef } = props;
  const { x, xLog, yLog, smoothing } = look;
  const colors = useChartColors();
  const plot = useRef<Plot>(undefined);
  const root = useRef<HTMLDivElement>(null);
  const [pointer, setPointer] = useState<Pointer>();
  const [crosshair, setCrosshair] = useState<number>();
  const hovered = useHoveredRun();
  const brushed = useBrushedRuns();

  const drawn = useMemo(
    () => drawLines(lines, { x, xLog, yLog, smoothing }),
    [lines, x, xLog, yLog, smoothing],
  );
  const spec = useMemo(
    () => lineSpec(drawn, { x, xLog, yLog, smoothing }),
    [drawn, x, xLog, yLog, smoothing],
  );
  const ranges = useMemo(() => lineRanges(drawn, spec, zoom), [drawn, spec, zoom]);
  const colorOf = useCallback(
    ({ line }: DrawnLine, { series }: ChartColors) =>
      series[colorPlaceOf?.(line) ?? runColorPlace(line.runId)]!,
    [colorPlaceOf],
  );
  const foremost = brushed ?? (selectedRunIds && selectedRunIds.size > 0 ? selectedRunIds : undefined);
  const paint = useCallback<Parameters<typeof PlotView>[0]['paint']>(
    (painter, area) => {
      const isForemost = foremost && (({ line }: DrawnLine) => foremost.has(line.runId));
      paintLines(painter, area, { lines: drawn, colorOf, colors, isForemost });
    },
    [drawn, colorOf, colors, foremost],
  );
  const lifted =
    pointer?.hit ?? (hovered === undefined ? undefined : drawn.find(({ line }) => line.runId === hovered));
  const paintOver = useCallback<Parameters<typeof PlotView>[0]['paintOver']>(
    (painter, area) => {
      if (lifted === undefined) return;
      const color = colorOf(lifted, colors);
      paintLifted(painter, area, { line: lifted, color, surface: colors.surface });
      const place = crosshair === undefined ? undefined : nearestPlace(lifted, crosshair);
      if (place === undefined) return;
      const [px, py] = [area.x.toPixel(lifted.x[place]!), area.y.toPixel(lifted.y[place]!)];
      painter.dots([px], [py], { color, radius: 3.5, ring: colors.surface });
      if (pointer !== undefined) return;
      const isLeft = px > area.width / 2;
      painter.text(px + (isLeft ? -8 : 8), Math.max(10, py - 10), renderNumber(lifted.y[place]!), {
        color: colors.text,
        size: AXIS_FONT_SIZE,
        isBold: true,
        align: isLeft ? 'end' : 'start',
      });
    },
    [lifted, colorOf, colors, crosshair, pointer],
  );

  const isFaded = lifted !== undefined && drawn.length > 1;
  useEffect(() => plot.current?.fade(isFaded), [isFaded, spec]);
  useEffect(
    () =>
      followCrosshair((place) => {
        const value = place?.axis === x ? place.value : undefined;
        setCrosshair(value);
        if (root.current?.matches(':hover') !== true) plot.current?.showCrosshair(value);
      }),
    [x],
  );

  const point = (at: Place | undefined, line?: DrawnLine) => {
    const area = plot.current?.area;
    if (at === undefined || area === undefined) {
      if (pointer === undefined) return;
      setPointer(undefined);
      hoverRun(undefined);
      pointAt(undefined);
      return;
    }
    const hit = line ?? nearestLine(drawn, area, { at, reach: REACH })?.line;
    const value = area.x.toValue(at.x);
    setPointer({ at, value, hit });
    hoverRun(hit?.line.runId);
    pointAt({ axis: x, value });
  };

  useImperativeHandle(handleRef, () => {
    const naming = { nameOf: ({ line }: DrawnLine) => nameOf(line) };
    return {
      scene: () => plotScene({ ...spec, y: { ...spec.y, label } }, ranges, paint),
      table: () => tableOfLines(drawn, naming),
      file: () => pointsOfLines(drawn, { ...naming, x }),
    };
  }, [spec, ranges, paint, drawn, nameOf, x, label]);

  const area = pointer && plot.current?.area;
  const rows =
    pointer && area
      ? tooltipRows(drawn, area, { ...pointer, nameOf, colorOf: (line) => colorOf(line, colors) })
      : undefined;

  const onKeyDown = (event: KeyboardEvent) => {
    const current = plot.current?.area;
    if (current === undefined) return;
    const move = moveByKey(event.key, { lines: drawn, area: current, pointer, zoom, ranges });
    if (move === undefined) return;
    event.preventDefault();
    if ('zoom' in move) onZoom(move.zoom);
    else if ('pick' in move) onPick?.(move.pick);
    else {
      plot.current?.showCrosshair(move.to && current.x.toValue(move.to.x));
      point(move.to, move.line);
    }
  };

  return (
    <div ref={root} className={classes.chart}>
      <div
        className={classes.focus}
        role="img"
        aria-label={describeLines(drawn, label)}
        aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown + - Enter Escape"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk along the lines
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => point(undefined)}
      >
        <PlotView
          spec={spec}
          ranges={ranges}
          plotRef={plot}
          paint={paint}
          paintOver={paintOver}
          onPoint={(at) => point(at)}
          onClick={(at) => {
            const current = plot.current?.area;
            const hit = current && nearestLine(drawn, current, { at, reach: REACH });
            if (hit) onPick?.(hit.line.line.runId);
          }}
          onZoom={(part) => onZoom({ x: part.x ?? zoom?.x, y: part.y ?? (part.x ? undefined : zoom?.y) })}
          onReset={() => onZoom(undefined)}
        />
      </div>
      <LineNotes lines={drawn} spec={spec} />
      {rows && pointer && area && root.current && (
        <LineTooltip
          at={pointer.at}
          area={{ left: root.current.clientWidth - area.width - 14, width: area.width, height: area.height }}
          title={renderX(rows.x, x)}
          rows={rows.rows}
          others={rows.others}
        />
      )}
      <span className="visually-hidden" aria-live="polite">
        {pointer?.hit && rows
          ? `${nameOf(pointer.hit.line)}, ${renderX(rows.x, x)}: ${renderNumber(rows.rows.find(({ isHit }) => isHit)?.value ?? Number.NaN)}`
          : ''}
      </span>
    </div>
  );
}
