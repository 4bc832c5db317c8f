import type { Run, Trace } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Waypoints } from 'lucide-react';
import { client, serverUrl } from '../../data/server.ts';
import { renderDuration } from '../../ui/numbers.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { IdText, TimeText } from '../../ui/texts.tsx';
import { TraceState } from './trace-state.tsx';
import classes from './traces-tab.module.css';
import { type TableColumn, VirtualTable } from './virtual-table.tsx';

const MOST_TRACES = 500;

const COLUMNS: readonly TableColumn<Trace>[] = [
  {
    label: 'Trace',
    track: '220px',
    render: ({ traceId }) => <IdText id={traceId} what="the trace ID" most={20} />,
  },
  { label: 'State', track: '120px', render: ({ state }) => <TraceState state={state} /> },
  {
    label: 'Request',
    track: 'minmax(160px, 2fr)',
    render: ({ requestPreview = '' }) => (
      <span title={requestPreview} dir="auto">
        {requestPreview.slice(0, 300)}
      </span>
    ),
  },
  {
    label: 'Response',
    track: 'minmax(160px, 2fr)',
    render: ({ responsePreview = '' }) => (
      <span title={responsePreview} dir="auto">
        {responsePreview.slice(0, 300)}
      </span>
    ),
  },
  {
    label: 'Started',
    track: '120px',
    align: 'end',
    render: ({ requestTimeMs }) => <TimeText timeMs={requestTimeMs} />,
  },
  {
    label: 'Duration',
    track: '100px',
    align: 'end',
    render: ({ durationMs }) => (durationMs === undefined ? '' : renderDuration(durationMs)),
  },
];

/** The traces that were made within the run. */
export function TracesTab({ run }: { readonly run: Run }) {
  const traces = useQuery({
    queryKey: ['run', run.runId, 'traces'],
    queryFn: ({ signal }) =>
      client.traces
        .search({
          experimentIds: [run.experimentId],
          filter: `metadata.\`mlflow.sourceRun\` = '${run.runId}'`,
          orderBy: ['timestamp_ms DESC'],
          pageSize: MOST_TRACES,
          signal,
        })
        .toArray({ limit: MOST_TRACES }),
    placeholderData: undefined,
  });
  if (traces.isError) {
    return (
      <div className={classes.padded}>
        <ErrorNotice
          error={traces.error}
          what="The traces could not be read"
          onRetry={() => void traces.refetch()}
        />
      </div>
    );
  }
  if (traces.data === undefined) return null;
  if (traces.data.length === 0) {
    return (
      <EmptyState
        icon={Waypoints}
        title="No traces"
        code={`import mlflow\n\nmlflow.set_tracking_uri("${serverUrl}")\n\n@mlflow.trace\ndef answer(question):\n    ...\n\nwith mlflow.start_run():\n    answer("What is a slipway?")`}
      >
        <p>Calls that are traced while a run is open belong to it and are listed here.</p>
      </EmptyState>
    );
  }
  return (
    <div className={classes.padded}>
      <VirtualTable label="Traces" columns={COLUMNS} rows={traces.data} keyOf={({ traceId }) => traceId} />
      {traces.data.length === MOST_TRACES && <p className="dim">The newest {MOST_TRACES} are shown.</p>}
    </div>
  );
}
