import { Slider, Switch } from '@mantine/core';
import type { Run } from '@slipway/client';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChartLine } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { X_CHOICES } from '../../charts/data/x-choices.ts';
import { isSystemMetric } from '../../data/metric-keys.ts';
import { serverUrl } from '../../data/server.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { FilterField } from './filter-field.tsx';
import { MetricCard } from './metric-card.tsx';
import { type MetricsSearch, readMetricsSearch, writeMetricsSearch } from './metrics-search.ts';
import classes from './metrics-tab.module.css';
import { type RunTab, runLink } from './run-place.ts';

interface MetricsTabProps {
  readonly run: Run;
  readonly tab: Extract<RunTab, 'metrics' | 'system-metrics'>;
}

const names = new Intl.Collator('en', { numeric: true });

/** What was never logged beyond step 0 is mostly one value: curves come before it. */
const isAtStart = (run: Run, key: string): boolean => Number(run.metrics[key]?.step ?? 0) === 0;

/** A chart for every metric; those in view are asked for. */
export function MetricsTab({ run, tab }: MetricsTabProps) {
  const isSystem = tab === 'system-metrics';
  const byDefault = isSystem ? 'relative' : 'step';
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = readMetricsSearch(address, byDefault);
  const navigate = useNavigate();
  const all = useMemo(
    () =>
      Object.keys(run.metrics)
        .filter((key) => isSystemMetric(key) === isSystem)
        .sort((a, b) => Number(isAtStart(run, a)) - Number(isAtStart(run, b)) || names.compare(a, b)),
    [run, isSystem],
  );
  const keys = all.filter((key) => key.toLowerCase().includes(search.find.toLowerCase()));
  const change = (part: Partial<MetricsSearch>) =>
    void navigate({
      ...runLink(run, tab, writeMetricsSearch({ ...search, ...part }, byDefault)),
      replace: true,
      resetScroll: false,
    });
  if (all.length === 0) return <NoMetrics run={run} isSystem={isSystem} />;
  return (
    <div className={classes.tab}>
      <div className={classes.toolbar}>
        <FilterField label="Find metrics" value={search.find} onChange={(find) => change({ find })} />
        <SegmentedControl
          size="xs"
          aria-label="Along the charts"
          data={X_CHOICES}
          value={search.x}
          onChange={(x) => change({ x: x as MetricsSearch['x'] })}
        />
        <Switch
          size="xs"
          label="Log scale"
          checked={search.yLog}
          onChange={(event) => change({ yLog: event.currentTarget.checked })}
        />
        <SmoothingSlider value={search.smoothing} onChange={(smoothing) => change({ smoothing })} />
        <span className={classes.count}>
          {keys.length === all.length
            ? `${all.length.toLocaleString('en-US')} metric${all.length === 1 ? '' : 's'}`
            : `${keys.length.toLocaleString('en-US')} of ${all.length.toLocaleString('en-US')} metrics`}
        </span>
      </div>
      {keys.length === 0 ? (
        <p className={classes.nothing}>No metric is called “{search.find}”.</p>
      ) : (
        <CardGrid run={run} keys={keys} search={search} />
      )}
    </div>
  );
}

function SmoothingSlider({
  value,
  onChange,
}: {
  readonly value: number;
  readonly onChange: (value: number) => void;
}) {
  const [shown, setShown] = useState(value);
  useEffect(() => setShown(value), [value]);
  return (
    <div className={classes.smoothing}>
      <span>Smoothing</span>
      <Slider
        className={classes.slider}
        size="sm"
        thumbLabel="Smoothing"
        min={0}
        max={0.99}
        step={0.01}
        label={(at) => at.toFixed(2)}
        value={shown}
        onChange={setShown}
        onChangeEnd={onChange}
      />
    </div>
  );
}

const CARD_HEIGHT = 272;
const GAP = 16;
const NARROWEST_CARD = 380;

interface CardGridProps {
  readonly run: Run;
  readonly keys: readonly string[];
  readonly search: MetricsSearch;
}

function CardGrid({ run, keys, search }: CardGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [across, setAcross] = useState(2);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setAcross(Math.max(1, Math.min(4, Math.floor((element.clientWidth - 32) / NARROWEST_CARD)))),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const virtual = useVirtualizer({
    count: Math.ceil(keys.length / across),
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_HEIGHT + GAP,
    overscan: 1,
  });
  return (
    <div ref={scroller} className={classes.scroller} data-scroll-restoration-id="run-charts">
      <div className={classes.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div
            key={index}
            className={classes.row}
            style={{
              transform: `translateY(${start}px)`,
              height: CARD_HEIGHT,
              gridTemplateColumns: `repeat(${across}, minmax(0, 1fr))`,
            }}
          >
            {keys.slice(index * across, (index + 1) * across).map((key) => (
              <MetricCard key={key} run={run} metricKey={key} search={search} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function NoMetrics({ run, isSystem }: { readonly run: Run; readonly isSystem: boolean }) {
  const head = `import mlflow\n\nmlflow.set_tracking_uri("${serverUrl}")\n`;
  if (isSystem) {
    return (
      <EmptyState
        icon={ChartLine}
        title="No system metrics"
        code={`${head}mlflow.enable_system_metrics_logging()\nwith mlflow.start_run():\n    ...  # CPU, memory, network and GPUs are sampled while it runs`}
      >
        <p>The client measures the machine once it is told to. It needs psutil, and nvidia-ml-py for GPUs.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={ChartLine}
      title="No metrics yet"
      code={`${head}with mlflow.start_run(run_id="${run.runId}"):\n    mlflow.log_metric("loss", 0.25, step=1)`}
    >
      <p>Each metric gets a chart here, which grows while the run goes on.</p>
    </EmptyState>
  );
}
