import { useNavigate } from '@tanstack/react-router';
import type { KeyboardEvent, PointerEvent } from 'react';
import { deltaOf, judge } from '../../registry/metric-deltas.ts';
import { useSize } from '../../registry/use-size.ts';
import { renderNumber } from '../../ui/numbers.ts';
import classes from './trend-chart.module.css';
import { placeMarks, type TrendPoint, trendScales } from './trend-scales.ts';

interface TrendChartProps {
  readonly name: string;
  readonly metric: string;
  /** In the order of the versions. */
  readonly points: readonly TrendPoint[];
  /** The version that others are held against. */
  readonly baseline: number | undefined;
  /** The version that is pointed at, in this or another chart of the page. */
  readonly pointed: number | undefined;
  readonly onPoint: (version: number | undefined) => void;
}

const HEIGHT = 200;

/** A metric by version. Aliases and stages stand above their versions; NaN and infinities below the line, hollow. */
export function TrendChart({ name, metric, points, baseline, pointed, onPoint }: TrendChartProps) {
  const [ref, { width }] = useSize();
  const navigate = useNavigate();
  const marks = placeMarks(points, width);
  const scales = trendScales(points, { width, height: HEIGHT, markRows: marks.rows });
  const at = points.find(({ version }) => version === pointed);
  const base = points.find(({ version }) => version === baseline);
  const open = (version: number) =>
    void navigate({ to: '/models/$name/versions/$version', params: { name, version: String(version) } });
  const point = (event: PointerEvent) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    onPoint(scales.nearest(x));
  };
  const press = (event: KeyboardEvent) => {
    const place = points.findIndex(({ version }) => version === pointed);
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: Math.max(0, place < 0 ? points.length - 1 : place - 1),
      ArrowRight: place < 0 ? 0 : Math.min(points.length - 1, place + 1),
      Home: 0,
      End: points.length - 1,
    };
    const next = moves[event.key];
    if (next !== undefined) onPoint(points[next]!.version);
    else if (event.key === 'Enter' && at !== undefined) open(at.version);
    else if (event.key === 'Escape') onPoint(undefined);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={ref}
      className={classes.chart}
      role="img"
      aria-label={describe(metric, points)}
      aria-keyshortcuts="ArrowLeft ArrowRight Home End Enter Escape"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk along the versions
      tabIndex={0}
      onKeyDown={press}
      onBlur={() => onPoint(undefined)}
      onPointerMove={point}
      onPointerLeave={() => onPoint(undefined)}
      onClick={() => at !== undefined && open(at.version)}
    >
      {width > 0 && (
        <svg width={width} height={HEIGHT} aria-hidden>
          {scales.ticks.map(({ value, label }) => (
            <g key={value}>
              <line
                x1={scales.left}
                x2={width}
                y1={scales.y(value)}
                y2={scales.y(value)}
                className={classes.grid}
              />
              <text x={scales.left - 8} y={scales.y(value) + 4} textAnchor="end" className={classes.axis}>
                {label}
              </text>
            </g>
          ))}
          {scales.versions.map((version) => (
            <text
              key={version}
              x={scales.x(version)}
              y={HEIGHT - 4}
              textAnchor="middle"
              className={classes.axis}
            >
              v{version}
            </text>
          ))}
          {base !== undefined && Number.isFinite(base.value) && (
            <line
              x1={scales.left}
              x2={width}
              y1={scales.y(base.value)}
              y2={scales.y(base.value)}
              className={classes.baseline}
            />
          )}
          {marks.placed.map(({ text, kind, x, row, anchor, version }) => (
            <g key={`${version} ${text}`}>
              {row === 0 && (
                <line
                  x1={scales.x(version)}
                  x2={scales.x(version)}
                  y1={marks.rows * MARK_ROW}
                  y2={scales.bottom}
                  className={classes.stem}
                />
              )}
              <text
                x={x}
                y={row * MARK_ROW + 12}
                textAnchor={anchor}
                className={classes.mark}
                data-kind={kind}
              >
                {text}
              </text>
            </g>
          ))}
          {at !== undefined && (
            <line
              x1={scales.x(at.version)}
              x2={scales.x(at.version)}
              y1={marks.rows * MARK_ROW}
              y2={scales.bottom}
              className={classes.crosshair}
            />
          )}
          {scales.stretches.map((stretch) => (
            <polyline key={stretch} points={stretch} className={classes.line} />
          ))}
          {points.map(({ version, value, marks: held }) => (
            <circle
              key={version}
              cx={scales.x(version)}
              cy={Number.isFinite(value) ? scales.y(value) : scales.bottom}
              r={held.length > 0 || version === pointed ? 4 : scales.radius}
              className={classes.point}
              data-hollow={!Number.isFinite(value) || undefined}
            />
          ))}
        </svg>
      )}
      {at !== undefined && (
        <div
          className={classes.tooltip}
          data-side={scales.x(at.version) > width / 2 ? 'left' : 'right'}
          style={{ left: scales.x(at.version) }}
        >
          <strong>v{at.version}</strong> {renderNumber(at.value)}{' '}
          <Delta metric={metric} at={at} base={base} />
          {at.run !== undefined && (
            <div className={classes.run} dir="auto">
              {at.run}
            </div>
          )}
        </div>
      )}
      <span className="visually-hidden" aria-live="polite">
        {at !== undefined &&
          `Version ${at.version}: ${renderNumber(at.value)} ${at.marks.map(({ text }) => text).join(', ')}`}
      </span>
    </div>
  );
}

const MARK_ROW = 16;

function Delta({
  metric,
  at,
  base,
}: {
  readonly metric: string;
  readonly at: TrendPoint;
  readonly base: TrendPoint | undefined;
}) {
  const delta = base === undefined || base === at ? undefined : deltaOf(at.value, base.value);
  if (delta === undefined || delta === 0) return null;
  return (
    <span className={classes.delta} data-verdict={judge(metric, delta)}>
      {delta > 0 ? '+' : ''}
      {renderNumber(delta)}
    </span>
  );
}

function describe(metric: string, points: readonly TrendPoint[]): string {
  const [first, last] = [points[0]!, points.at(-1)!];
  return `${metric} over ${points.length} versions, from ${renderNumber(first.value)} at version ${first.version} to ${renderNumber(last.value)} at version ${last.version}`;
}
