import { useCallback, useImperativeHandle, useMemo, useState } from 'react';
import { renderBriefly } from '../../ui/numbers.ts';
import { createScale, extentOf, padRange, type Range } from '../axes/scale.ts';
import { ticksThatFit } from '../axes/ticks.ts';
import { CanvasChart, type Point } from '../canvas-chart.tsx';
import classes from '../chart.module.css';
import { type ChartColors, useChartColors } from '../chart-colors.ts';
import { hoverRun, useHoveredRun } from '../linked-runs.ts';
import type { Painter } from '../painting/painter.ts';
import type { SceneSize } from '../plot/plot-scene.ts';
import { runColorPlace } from '../run-colors.ts';
import { nearestRun } from '../scatter/scatter-points.ts';
import { axisValues, keyOf } from '../values/axis-values.ts';
import { walkByKey } from '../values/run-keys.ts';
import { Spoken } from '../values/spoken.tsx';
import type { ValueChartProps } from '../values/value-chart.ts';
import { valueRows } from '../values/value-texts.ts';
import { ValueTooltip } from '../values/value-tooltip.tsx';
import type { BoxConfig } from '../workbench/chart-config.ts';
import { type BoxSummary, summariseBoxes } from './box-summary.ts';

const FOOT = 40;
const TOP = 8;
const LEFT = 52;
const MOST_DOTS = 2000;

interface Layout {
  readonly range: Range;
  readonly isLog: boolean;
}

/** The spread of a value within each value of another column: a box, and its runs as dots beside it. */
export function BoxChart({ config, values, label, onPick, handleRef }: ValueChartProps<BoxConfig>) {
  const colors = useChartColors();
  const hovered = useHoveredRun();
  const [pointed, setPointed] = useState<{ readonly run: number; readonly at: Point }>();
  const size = values.runIds.length;
  const y = useMemo(() => axisValues(values.columns.get(config.y), config.y, size), [values, config.y, size]);
  const by = useMemo(
    () => axisValues(values.columns.get(config.by), config.by, size),
    [values, config.by, size],
  );
  const boxes = useMemo(() => (y.kind === 'category' ? [] : summariseBoxes(y.values, by)), [y, by]);
  const layout = useMemo<Layout>(() => {
    const seen = boxes.map(({ runs }) => runs.map((run) => y.values[run]!));
    const log = config.yLog ? extentOf(seen, true) : undefined;
    return {
      isLog: log !== undefined,
      range: padRange(log ?? extentOf(seen) ?? [0, 1], { isLog: log !== undefined }),
    };
  }, [boxes, y, config.yLog]);
  const paintWith = useCallback(
    (painter: Painter, area: SceneSize, theme: ChartColors) => {
      paintAxis(painter, area, { layout, boxes, colors: theme, by: keyOf(config.by) });
      const places = placesOf(boxes, y.values, { area, layout });
      for (const [i, box] of boxes.entries())
        paintBox(painter, {
          box,
          at: placeOfBox(i, boxes.length, area),
          scale: scaleOf(layout, area),
          colors: theme,
        });
      for (const [run, at] of places) {
        const color = theme.series[runColorPlace(values.runIds[run]!)]!;
        painter.dots([at.x], [at.y], { color, radius: 2.25, alpha: 0.75 });
      }
    },
    [boxes, y, layout, values, config.by],
  );
  const paint = useCallback(
    (painter: Painter, area: SceneSize) => paintWith(painter, area, colors),
    [paintWith, colors],
  );
  const lifted = pointed?.run ?? (hovered === undefined ? -1 : values.runIds.indexOf(hovered));
  const paintOver = useCallback(
    (painter: Painter, area: SceneSize) => {
      const at = placesOf(boxes, y.values, { area, layout }).get(lifted);
      if (at === undefined) return;
      const color = colors.series[runColorPlace(values.runIds[lifted]!)]!;
      painter.dots([at.x], [at.y], { color, radius: 5, ring: colors.text });
    },
    [lifted, boxes, y, layout, colors, values],
  );
  useImperativeHandle(handleRef, () => {
    const table = () => ({
      columns: [
        keyOf(config.by),
        'Runs',
        'Lower whisker',
        'Lower quartile',
        'Median',
        'Upper quartile',
        'Upper whisker',
        'Beyond',
      ],
      rows: boxes.map((box) => [
        box.label,
        box.count,
        box.low,
        box.q1,
        box.median,
        box.q3,
        box.high,
        box.outliers.length,
      ]),
    });
    return { scene: () => ({ paint: paintWith }), table, file: table };
  }, [paintWith, boxes, config.by]);
  const find = (at: Point, area: SceneSize) => {
    const places = [...placesOf(boxes, y.values, { area, layout })];
    const found = nearestRun(
      { xs: places.map(([, { x }]) => x), ys: places.map(([, place]) => place.y) },
      at,
      12,
    );
    return places[found]?.[0];
  };
  return (
    <div className={classes.chart}>
      <CanvasChart
        label={`Box chart of ${label}: ${boxes.map((box) => `${box.label}, median ${renderBriefly(box.median)}`).join('; ')}`}
        paint={paint}
        paintOver={paintOver}
        onPoint={(at, area) => {
          const run = at && find(at, area);
          setPointed(run === undefined || at === undefined ? undefined : { run, at });
          hoverRun(run === undefined ? undefined : values.runIds[run]);
        }}
        onKey={(event, area) => {
          const places = [...placesOf(boxes, y.values, { area, layout })];
          walkByKey(event, {
            count: places.length,
            current: pointed && places.findIndex(([run]) => run === pointed.run),
            go: (place) => {
              const found = place === undefined ? undefined : places[place];
              setPointed(found && { run: found[0], at: found[1] });
              hoverRun(found && values.runIds[found[0]]);
            },
            pick: (place) => onPick(values.runIds[places[place]![0]]!),
          });
        }}
        onClick={(at, area) => {
          const run = find(at, area);
          if (run !== undefined) onPick(values.runIds[run]!);
        }}
      >
        {({ width }) =>
          pointed && (
            <ValueTooltip
              at={pointed.at}
              width={width}
              title={values.runNames[pointed.run]!}
              color={colors.series[runColorPlace(values.runIds[pointed.run]!)]}
              rows={valueRows(values, pointed.run, [config.y, config.by])}
            />
          )
        }
      </CanvasChart>
      <Spoken
        title={pointed && values.runNames[pointed.run]}
        rows={pointed && valueRows(values, pointed.run, [config.y, config.by])}
      />
      {boxes.length === 0 && (
        <div className={classes.empty}>
          {y.kind === 'category' ? 'A box needs numbers along y' : 'No run has both values'}
        </div>
      )}
    </div>
  );
}

const scaleOf = ({ range, isLog }: Layout, { height }: SceneSize) =>
  createScale(range, { size: Math.max(1, height - TOP - FOOT), isLog, isUpright: true });

function placeOfBox(
  i: number,
  count: number,
  { width }: SceneSize,
): { readonly centre: number; readonly half: number } {
  const each = (width - LEFT - 8) / Math.max(1, count);
  return { centre: LEFT + each * (i + 0.5), half: Math.min(36, each * 0.3) };
}

/** Where runs stand: beside each other within the width of their box, fixed by the run. Of very many, those beyond the whiskers. */
function placesOf(
  boxes: readonly BoxSummary[],
  y: Float64Array,
  { area, layout }: { readonly area: SceneSize; readonly layout: Layout },
): Map<number, Point> {
  const scale = scaleOf(layout, area);
  const isMany = boxes.reduce((sum, { count }) => sum + count, 0) > MOST_DOTS;
  const places = new Map<number, Point>();
  for (const [i, box] of boxes.entries()) {
    const { centre, half } = placeOfBox(i, boxes.length, area);
    for (const run of isMany ? box.outliers : box.runs) {
      const jitter = (((run * 2_654_435_761) >>> 8) % 1000) / 500 - 1;
      places.set(run, { x: centre + jitter * half * 0.7, y: TOP + scale.toPixel(y[run]!) });
    }
  }
  return places;
}

interface AxisPaint {
  readonly layout: Layout;
  readonly boxes: readonly BoxSummary[];
  readonly colors: ChartColors;
  readonly by: string;
}

function paintAxis(painter: Painter, area: SceneSize, { layout, boxes, colors, by }: AxisPaint): void {
  const scale = scaleOf(layout, area);
  const text = { color: colors.dim, size: 11 };
  for (const { value, label } of ticksThatFit(
    { kind: layout.isLog ? 'log' : 'number', range: layout.range },
    scale.size,
    34,
  )) {
    const y = TOP + scale.toPixel(value);
    painter.line([LEFT, area.width - 8], [y, y], { color: colors.grid, width: 1 });
    painter.text(LEFT - 8, y, label, { ...text, align: 'end' });
  }
  const foot = area.height - FOOT;
  painter.line([LEFT, area.width - 8], [foot, foot], { color: colors.border, width: 1 });
  const each = (area.width - LEFT - 8) / Math.max(1, boxes.length);
  const every = Math.ceil(52 / each);
  for (const [i, box] of boxes.entries()) {
    if (i % every !== 0) continue;
    const most = Math.max(3, Math.floor((each * every) / 6));
    const label = box.label.length > most ? `${box.label.slice(0, most - 1)}…` : box.label;
    painter.text(placeOfBox(i, boxes.length, area).centre, foot + 6, label, {
      ...text,
      align: 'middle',
      baseline: 'top',
    });
  }
  painter.text((LEFT + area.width) / 2, area.height - 4, by, {
    ...text,
    align: 'middle',
    baseline: 'bottom',
  });
}

interface BoxPaint {
  readonly box: BoxSummary;
  readonly at: { readonly centre: number; readonly half: number };
  readonly scale: ReturnType<typeof scaleOf>;
  readonly colors: ChartColors;
}

function paintBox(painter: Painter, { box, at, scale, colors }: BoxPaint): void {
  const y = (value: number) => TOP + scale.toPixel(value);
  const { centre, half } = at;
  const line = { color: colors.dim, width: 1.25 };
  painter.line([centre, centre], [y(box.high), y(box.q3)], line);
  painter.line([centre, centre], [y(box.q1), y(box.low)], line);
  for (const end of [box.low, box.high])
    painter.line([centre - half / 3, centre + half / 3], [y(end), y(end)], line);
  const top = y(box.q3);
  painter.rect(
    { x: centre - half, y: top, width: 2 * half, height: Math.max(1, y(box.q1) - top) },
    { color: colors.dim, alpha: 0.14 },
  );
  painter.line(
    [centre - half, centre + half, centre + half, centre - half, centre - half],
    [top, top, y(box.q1), y(box.q1), top],
    line,
  );
  painter.line([centre - half, centre + half], [y(box.median), y(box.median)], {
    color: colors.text,
    width: 2,
  });
}
