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
import { nearestLine } from './lines/nearest-line.ts';
import { dashesOf, paintLifted, paintLines, paintReading } from './lines/paint-lines.ts';
import { quantileBands, readBand } from './lines/quantile-bands.ts';
import { tooltipRows } from './lines/tooltip-rows.ts';
import { hoverRun, useBrushedRuns, useHoveredRun } from './linked-runs.ts';
import type { Place, Plot, PlotHandlers } from './plot/plot.ts';
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
/** In a crowd the nearest line is meant, wherever the pointer is. */
const CROWD_REACH = Number.POSITIVE_INFINITY;
/** Beside the nearest line, two to compare it with. */
const MOST_IN_CROWD = 3;

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
  const isXLog = spec.x.kind === 'log';
  const bands = useMemo(() => quantileBands(drawn, ranges.x, { isLog: isXLog }), [drawn, ranges.x, isXLog]);
  const reach = bands.length === 0 ? REACH : CROWD_REACH;
  const colorOf = useCallback(
    ({ line }: DrawnLine, { series }: ChartColors) =>
      series[colorPlaceOf?.(line) ?? runColorPlace(line.runId)]!,
    [colorPlaceOf],
  );
  const dashes = useMemo(
    () => dashesOf(drawn, ({ line }) => colorPlaceOf?.(line) ?? runColorPlace(line.runId)),
    [drawn, colorPlaceOf],
  );
  const dashOf = useCallback((line: DrawnLine) => dashes.get(line) ?? [], [dashes]);
  const foremost = brushed ?? (selectedRunIds && selectedRunIds.size > 0 ? selectedRunIds : undefined);
  const paint = useCallback<PlotHandlers['paint']>(
    (painter, area) => {
      const isForemost = foremost && (({ line }: DrawnLine) => foremost.has(line.runId));
      paintLines(painter, area, { lines: drawn, colorOf, dashOf, colors, isForemost, bands });
    },
    [drawn, colorOf, dashOf, colors, foremost, bands],
  );
  const liftedRun = pointer?.hit?.line.runId ?? hovered;
  const lifted = useMemo(
    () => (liftedRun === undefined ? [] : drawn.filter(({ line }) => line.runId === liftedRun)),
    [drawn, liftedRun],
  );
  const isPointed = pointer !== undefined;
  const paintOver = useCallback<PlotHandlers['paintOver']>(
    (painter, area) => {
      for (const line of lifted) {
        const color = colorOf(line, colors);
        paintLifted(painter, area, { line, color, dash: dashOf(line), surface: colors.surface });
        if (crosshair !== undefined) {
          paintReading(painter, area, { line, color, colors, value: crosshair, withText: !isPointed });
        }
      }
    },
    [lifted, colorOf, dashOf, colors, crosshair, isPointed],
  );

  // A band is read beside the line that is lifted.
  const isFaded = lifted.length > 0 && drawn.length > lifted.length && bands.length === 0;
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
    const hit = line ?? nearestLine(drawn, area, { at, reach })?.line;
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
      ? tooltipRows(drawn, area, {
          ...pointer,
          most: bands.length === 0 ? undefined : MOST_IN_CROWD,
          nameOf,
          colorOf: (line) => colorOf(line, colors),
        })
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
      <LineNotes lines={drawn} spec={spec} bands={bands} />
      {rows && pointer && area && root.current && (
        <LineTooltip
          at={pointer.at}
          area={{ left: root.current.clientWidth - area.width - 14, width: area.width, height: area.height }}
          title={renderX(rows.x, x)}
          rows={rows.rows}
          others={rows.others}
          crowds={bands.flatMap((band) => {
            const reading = readBand(band, pointer.value);
            return reading ? [{ key: bands.length > 1 ? band.key : undefined, ...reading }] : [];
          })}
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
