import { ActionIcon, Skeleton } from '@mantine/core';
import type { Run } from '@slipway/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { askLines, type Line } from '../../charts/data/line-data.ts';
import type { Zoom } from '../../charts/lines/drawn-lines.ts';
import { isSystemMetric } from '../../data/metric-keys.ts';
import { NumberText } from '../../ui/texts.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import classes from './metric-card.module.css';
import type { MetricsSearch } from './metrics-search.ts';

const LineChart = lazy(async () => ({ default: (await import('../../charts/line-chart.tsx')).LineChart }));

/** About a card's width in pixels. */
const MOST_POINTS = 800;

interface MetricCardProps {
  readonly run: Run;
  readonly metricKey: string;
  readonly search: MetricsSearch;
}

/** The history of a metric, with its exact extremes; a zoomed part is asked for anew. */
export function MetricCard({ run, metricKey, search }: MetricCardProps) {
  const { x, yLog, smoothing } = search;
  const [zoom, setZoom] = useState<Zoom | undefined>();
  const part = zoom?.x;
  const withMeans = smoothing > 0;
  const lines = useQuery({
    queryKey: ['run', run.runId, 'lines', metricKey, x, part, withMeans],
    queryFn: ({ signal }) =>
      askLines(
        { runIds: [run.runId], keys: [metricKey], x, part, maxPoints: MOST_POINTS, withMeans },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
  const line = lines.data?.[0];
  const title = isSystemMetric(metricKey) ? metricKey.slice('system/'.length) : metricKey;
  return (
    <section className={classes.card} aria-label={metricKey}>
      <header className={classes.head}>
        <h2 className={classes.title} title={metricKey} dir="auto">
          {title}
        </h2>
        {zoom !== undefined && (
          <Tooltip label="Show all of it">
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={`Show all of ${title}`}
              onClick={() => setZoom(undefined)}
            >
              <RotateCcw size={13} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        {line && <Extremes line={line} />}
      </header>
      <div className={classes.chart}>
        {lines.isError && (
          <p className={classes.words}>The history could not be read: {lines.error.message}</p>
        )}
        {line === undefined ? (
          !lines.isError && <Skeleton height="100%" />
        ) : line.count === 1 ? (
          <SingleValue line={line} />
        ) : (
          <Suspense fallback={<Skeleton height="100%" />}>
            <LineChart
              lines={lines.data ?? []}
              label={metricKey}
              look={{ x, xLog: false, yLog, smoothing }}
              nameOf={() => run.name}
              zoom={zoom}
              onZoom={setZoom}
            />
          </Suspense>
        )}
      </div>
    </section>
  );
}

function Extremes({ line }: { readonly line: Line }) {
  if (line.count === 1) return null;
  const { last, min, max } = line.summary;
  return (
    <dl className={classes.extremes}>
      <Fact name="last" value={last} />
      {min !== undefined && <Fact name="min" value={min} />}
      {max !== undefined && <Fact name="max" value={max} />}
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <NumberText value={value} />
      </dd>
    </div>
  );
}

/** One value is a number, not a line. */
function SingleValue({ line }: { readonly line: Line }) {
  const { last, lastStep } = line.summary;
  return (
    <div className={classes.single}>
      <span className={classes.value}>
        <NumberText value={last} />
      </span>
      <span className="dim">one value, at step {lastStep.toLocaleString('en-US')}</span>
    </div>
  );
}
