import { type KeyboardEvent, type PointerEvent, useMemo } from 'react';
import { ticksOf } from '../../charts/axes/ticks.ts';
import { useSize } from '../../registry/use-size.ts';
import { renderBriefly, renderTime } from '../../ui/numbers.ts';
import classes from './number-chart.module.css';
import { type NumberSeries, stretchesOf } from './number-series.ts';

interface NumberChartProps {
  readonly series: NumberSeries;
  /** The end of each step, ms since 1970. */
  readonly at: readonly number[];
  /** The step that is pointed at, in this or another chart of the page. */
  readonly pointed: number | undefined;
  readonly onPoint: (step: number | undefined) => void;
}

const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 20;
const TOP = 8;
const SERIES = 10;

/** Numbers over time, from zero up. A step without a value is a gap. */
export function NumberChart({ series, at, pointed, onPoint }: NumberChartProps) {
  const { title, unit, lines, whenEmpty } = series;
  const [ref, { width }] = useSize();
  const scale = useMemo(() => scalesOf(series, at, width), [series, at, width]);
  const isEmpty = lines.every(({ values }) => values.every((value) => value === null));
  const point = (event: PointerEvent) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    onPoint(scale.nearest(x));
  };
  const press = (event: KeyboardEvent) => {
    const last = at.length - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: pointed === undefined ? last : Math.max(0, pointed - 1),
      ArrowRight: pointed === undefined ? 0 : Math.min(last, pointed + 1),
      Home: 0,
      End: last,
    };
    const next = moves[event.key];
    if (next !== undefined) onPoint(next);
    else if (event.key === 'Escape') onPoint(undefined);
    else return;
    event.preventDefault();
  };
  const shown = pointed === undefined ? undefined : lines.map(({ values }) => values[pointed] ?? null);
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <span className={classes.title}>
          {title}
          {unit !== '' && <span className="dim"> {unit}</span>}
        </span>
        <span className={classes.legend}>
          {lines.map(({ name, values }, i) => (
            <span key={name} className={classes.key}>
              <span className={classes.mark} data-series={i % SERIES} aria-hidden />
              <span className={classes.name} title={name} dir="auto">
                {name}
              </span>
              <span className={classes.value}>
                {render((pointed === undefined ? values.at(-1) : values[pointed]) ?? null)}
              </span>
            </span>
          ))}
        </span>
      </figcaption>
      <div
        ref={ref}
        className={classes.chart}
        role="img"
        aria-label={describe(series)}
        aria-keyshortcuts="ArrowLeft ArrowRight Home End Escape"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk along the steps
        tabIndex={0}
        onKeyDown={press}
        onBlur={() => onPoint(undefined)}
        onPointerMove={point}
        onPointerLeave={() => onPoint(undefined)}
      >
        {width > 0 && (
          <svg width={width} height={HEIGHT} aria-hidden>
            {scale.yTicks.map(({ value, label }) => (
              <g key={value}>
                <line x1={LEFT} x2={width} y1={scale.y(value)} y2={scale.y(value)} className={classes.grid} />
                <text x={LEFT - 6} y={scale.y(value) + 4} textAnchor="end" className={classes.axis}>
                  {label}
                </text>
              </g>
            ))}
            {scale.xTicks.map(({ value, label }) => (
              <text
                key={value}
                x={scale.x(value)}
                y={HEIGHT - 4}
                textAnchor="middle"
                className={classes.axis}
              >
                {label}
              </text>
            ))}
            {lines.map(({ name, values }, i) => (
              <g key={name} data-series={i % SERIES} className={classes.line}>
                {stretchesOf(values).map((stretch) =>
                  stretch.length === 1 ? (
                    <circle
                      key={stretch[0]}
                      cx={scale.x(at[stretch[0]!]!)}
                      cy={scale.y(values[stretch[0]!]!)}
                      r={2}
                      className={classes.dot}
                    />
                  ) : (
                    <polyline
                      key={stretch[0]}
                      points={stretch
                        .map((step) => `${scale.x(at[step]!)},${scale.y(values[step]!)}`)
                        .join(' ')}
                    />
                  ),
                )}
              </g>
            ))}
            {pointed !== undefined && at[pointed] !== undefined && (
              <line
                x1={scale.x(at[pointed])}
                x2={scale.x(at[pointed])}
                y1={TOP}
                y2={HEIGHT - BOTTOM}
                className={classes.crosshair}
              />
            )}
          </svg>
        )}
        {isEmpty && <p className={classes.empty}>{whenEmpty}</p>}
        <span className="visually-hidden" aria-live="polite">
          {shown !== undefined &&
            pointed !== undefined &&
            at[pointed] !== undefined &&
            `${renderTime(at[pointed])}: ${lines.map(({ name }, i) => `${name} ${render(shown[i] ?? null)}`).join(', ')}`}
        </span>
      </div>
    </figure>
  );
}

const render = (value: number | null): string => (value === null ? '–' : renderBriefly(value));

function describe({ title, unit, lines }: NumberSeries): string {
  const texts = lines.map(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return `${name}: nothing known`;
    return `${name}: last ${render(known.at(-1)!)}, most ${render(Math.max(...known))}`;
  });
  return `${title}${unit === '' ? '' : ` in ${unit}`}; ${texts.join('; ')}`;
}

function scalesOf({ lines, unit }: NumberSeries, at: readonly number[], width: number) {
  const most = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const high = most === 0 ? 1 : most * 1.08;
  const [from, to] = [at[0] ?? 0, at.at(-1) ?? 1];
  const inner = Math.max(1, width - LEFT - 12);
  const x = (timeMs: number) => LEFT + ((timeMs - from) / Math.max(1, to - from)) * inner;
  const y = (value: number) => TOP + (1 - value / high) * (HEIGHT - TOP - BOTTOM);
  return {
    x,
    y,
    // There is no half process.
    yTicks: ticksOf({ kind: 'number', range: [0, high], most: 3 })
      .filter(({ value }) => unit !== '' || Number.isInteger(value))
      .map(({ value, label }) => ({ value, label: unit === '' ? renderBriefly(value) : label })),
    xTicks: ticksOf({ kind: 'time', range: [from, to], most: Math.max(1, Math.floor(inner / 90)) }).filter(
      ({ value }) => x(value) > LEFT + 12 && x(value) < width - 24,
    ),
    nearest(place: number): number | undefined {
      if (at.length === 0) return undefined;
      const step = Math.round(((place - LEFT) / inner) * (at.length - 1));
      return Math.min(at.length - 1, Math.max(0, step));
    },
  };
}
