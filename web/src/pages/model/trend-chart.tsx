import { useElementSize } from '@mantine/hooks';
import { renderNumber } from '../../ui/numbers.ts';
import classes from './model-page.module.css';

export interface TrendPoint {
  readonly version: number;
  readonly value: number;
  /** Aliases and the stage that the version holds. */
  readonly marks: readonly string[];
}

const HEIGHT = 220;
const LEFT = 64;
const RIGHT = 72;
const TOP = 28;
const BOTTOM = 28;
const MOST_LABELS = 20;

/** A metric by version; the table of versions above has the same numbers. NaN and infinities are left out of the line. */
export function TrendChart({
  metric,
  points,
}: {
  readonly metric: string;
  readonly points: readonly TrendPoint[];
}) {
  const { ref, width } = useElementSize();
  const finite = points.filter(({ value }) => Number.isFinite(value));
  if (finite.length === 0)
    return <p className={classes.nothing}>Every value of {metric} is NaN or infinite.</p>;
  const { x, y, ticks, right } = scales(finite, Math.max(width, 320));
  const line = finite.map(({ version, value }) => `${x(version)},${y(value)}`).join(' ');
  const every = Math.ceil(finite.length / MOST_LABELS);
  return (
    <div ref={ref}>
      <svg
        className={classes.trend}
        height={HEIGHT}
        role="img"
        aria-label={`${metric} over ${finite.length} versions, from ${renderNumber(finite[0]!.value)} at version ${finite[0]!.version} to ${renderNumber(finite.at(-1)!.value)} at version ${finite.at(-1)!.version}`}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={right} y1={y(tick)} y2={y(tick)} className={classes.gridLine} />
            <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end" className={classes.axisText}>
              {renderNumber(tick)}
            </text>
          </g>
        ))}
        <polyline points={line} className={classes.trendLine} />
        {finite.map(({ version, value, marks }, i) => (
          <g key={version}>
            <circle cx={x(version)} cy={y(value)} r={marks.length > 0 ? 5 : 3} className={classes.trendPoint}>
              <title>{`Version ${version}: ${value}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`}</title>
            </circle>
            {marks.length > 0 && (
              <text x={x(version)} y={y(value) - 10} textAnchor="middle" className={classes.markText}>
                {marks.join(' ')}
              </text>
            )}
            {i % every === 0 && (
              <text x={x(version)} y={HEIGHT - 8} textAnchor="middle" className={classes.axisText}>
                v{version}
              </text>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

function scales(points: readonly TrendPoint[], width: number) {
  const right = width - RIGHT;
  const values = points.map(({ value }) => value);
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const room = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * 0.1;
  const [bottom, top] = [low - room, high + room];
  const [first, last] = [points[0]!.version, points.at(-1)!.version];
  const x = (version: number) =>
    first === last ? (LEFT + right) / 2 : LEFT + ((version - first) / (last - first)) * (right - LEFT);
  const y = (value: number) => TOP + ((top - value) / (top - bottom)) * (HEIGHT - TOP - BOTTOM);
  return { x, y, right, ticks: low === high ? [low] : [low, (low + high) / 2, high] };
}
