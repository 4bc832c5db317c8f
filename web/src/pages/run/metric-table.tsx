import type { Metric, Run } from '@slipway/client';
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { askLines, type LineSummary } from '../../charts/data/line-data.ts';
import { isSystemMetric } from '../../data/metric-keys.ts';
import { NumberText } from '../../ui/texts.tsx';
import { FilterField } from './filter-field.tsx';
import classes from './metric-table.module.css';
import { Panel } from './panel.tsx';
import { runLink } from './run-place.ts';
import { type TableColumn, VirtualTable } from './virtual-table.tsx';

interface MetricRow {
  readonly key: string;
  readonly metric: Metric;
}

type Summary = LineSummary & { readonly count: number };

/** Last, least and greatest value of every metric, over its whole history. */
export function MetricTable({ run }: { readonly run: Run }) {
  const [words, setWords] = useState('');
  const rows = useMemo(() => rowsOf(run, words), [run, words]);
  const { summaryOf, onWindow } = useSummaries(run);
  const all = Object.keys(run.metrics).filter((key) => !isSystemMetric(key)).length;
  if (all === 0) return null;
  const columns = columnsOf(run, summaryOf);
  return (
    <Panel
      title="Metrics"
      count={all}
      tools={<FilterField label="Find metrics" value={words} onChange={setWords} />}
    >
      {rows.length === 0 ? (
        <p className="dim">No metric is called “{words}”.</p>
      ) : (
        <VirtualTable
          label="Metrics"
          columns={columns}
          rows={rows}
          keyOf={({ key }) => key}
          onWindow={onWindow}
        />
      )}
    </Panel>
  );
}

const names = new Intl.Collator('en', { numeric: true });

function rowsOf(run: Run, words: string): readonly MetricRow[] {
  const wanted = words.toLowerCase();
  return Object.entries(run.metrics)
    .filter(([key]) => !isSystemMetric(key) && key.toLowerCase().includes(wanted))
    .map(([key, metric]) => ({ key, metric }))
    .sort((a, b) => names.compare(a.key, b.key));
}

type SummaryOf = (row: MetricRow) => Summary | undefined;

function columnsOf(run: Run, summaryOf: SummaryOf): readonly TableColumn<MetricRow>[] {
  const extreme = (which: 'min' | 'max') => (row: MetricRow) => {
    const summary = summaryOf(row);
    if (summary === undefined) return <Pending />;
    if (summary[which] === undefined) return <span className="dim">–</span>;
    const value = asLogged(summary[which]);
    const step = which === 'min' ? summary.minStep : summary.maxStep;
    return (
      <span title={`${value} at step ${step ?? 'unknown'}`}>
        <NumberText value={value} />
      </span>
    );
  };
  return [
    {
      label: 'Metric',
      track: 'minmax(120px, 1fr)',
      render: ({ key }) => (
        <Link {...runLink(run, 'metrics', { find: key })} title={key} dir="auto">
          {key}
        </Link>
      ),
    },
    {
      label: 'Last',
      track: '104px',
      align: 'end',
      render: (row) => <NumberText value={asLogged(summaryOf(row)?.last ?? row.metric.value)} />,
    },
    { label: 'Min', track: '104px', align: 'end', render: extreme('min') },
    { label: 'Max', track: '104px', align: 'end', render: extreme('max') },
    {
      label: 'Last step',
      track: '96px',
      align: 'end',
      render: ({ metric }) => metric.step.toLocaleString('en-US'),
    },
    {
      label: 'Points',
      track: '80px',
      align: 'end',
      render: (row) => summaryOf(row)?.count.toLocaleString('en-US') ?? <Pending />,
    },
  ];
}

/** MLflow's protocol has the largest double for infinity. */
const asLogged = (value: number): number =>
  Math.abs(value) === Number.MAX_VALUE ? Math.sign(value) * Number.POSITIVE_INFINITY : value;

const Pending = () => <span className={classes.pending} aria-hidden />;

const KEYS_A_QUESTION = 20;
/** The fewest that a line may be thinned to; only its summary is wanted. */
const FEWEST_POINTS = 4;

/** Asks for the summaries of the metrics in view, twenty at a time; they follow the run's latest points. */
function useSummaries(run: Run) {
  const [groups, setGroups] = useState<ReadonlySet<number>>(new Set());
  const keys = useMemo(
    () =>
      Object.keys(run.metrics)
        .filter((key) => !isSystemMetric(key))
        .sort(names.compare),
    [run],
  );
  const groupOf = useMemo(
    () => new Map(keys.map((key, i) => [key, Math.floor(i / KEYS_A_QUESTION)] as const)),
    [keys],
  );
  const wanted = [...groups].filter((group) => group * KEYS_A_QUESTION < keys.length);
  const answers = useQueries({
    queries: wanted.map((group) => {
      const asked = keys.slice(group * KEYS_A_QUESTION, (group + 1) * KEYS_A_QUESTION);
      return {
        // Below the run's own key: what makes that stale makes these stale.
        queryKey: ['run', run.runId, 'summaries', asked.join('\n')],
        queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
          const lines = await askLines(
            { runIds: [run.runId], keys: asked, x: 'step', maxPoints: FEWEST_POINTS },
            signal,
          );
          return new Map(
            lines.map(({ key, count, summary }): [string, Summary] => [key, { ...summary, count }]),
          );
        },
      };
    }),
  });
  const byGroup = new Map(wanted.map((group, i) => [group, answers[i]?.data]));
  const onWindow = useCallback(
    (rows: readonly MetricRow[]) => {
      const seen = rows.flatMap(({ key }) => groupOf.get(key) ?? []);
      setGroups((known) => (seen.every((group) => known.has(group)) ? known : new Set([...known, ...seen])));
    },
    [groupOf],
  );
  const summaryOf: SummaryOf = ({ key }) => byGroup.get(groupOf.get(key) ?? -1)?.get(key);
  return { summaryOf, onWindow };
}
