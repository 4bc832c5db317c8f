import type { Run } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { renderDuration } from '../../ui/numbers.ts';
import { Status } from '../../ui/status.tsx';
import { TimeText } from '../../ui/texts.tsx';
import { Panel } from './panel.tsx';
import { runLink } from './run-place.ts';
import { MOST_CHILDREN, useChildren } from './run-queries.ts';
import { type TableColumn, VirtualTable } from './virtual-table.tsx';

const COLUMNS: readonly TableColumn<Run>[] = [
  {
    label: 'Run',
    track: 'minmax(200px, 2fr)',
    render: (child) => (
      <Link {...runLink(child)} title={child.name} dir="auto">
        {child.name}
      </Link>
    ),
  },
  { label: 'Status', track: 'minmax(110px, 1fr)', render: ({ status }) => <Status status={status} /> },
  {
    label: 'Started',
    track: 'minmax(110px, 1fr)',
    align: 'end',
    render: ({ startTimeMs }) => <TimeText timeMs={Number(startTimeMs)} />,
  },
  {
    label: 'Duration',
    track: 'minmax(90px, 1fr)',
    align: 'end',
    render: ({ startTimeMs, endTimeMs }) =>
      endTimeMs === undefined ? '' : renderDuration(Number(endTimeMs) - Number(startTimeMs)),
  },
];

/** The runs below this one. */
export function ChildrenPanel({ run }: { readonly run: Run }) {
  const children = useChildren(run);
  const found = children.data ?? [];
  if (found.length === 0) return null;
  const shown = found.slice(0, MOST_CHILDREN);
  const filter = `tags.\`mlflow.parentRunId\` = '${run.runId}'`;
  return (
    <Panel
      title="Child runs"
      {...(found.length <= MOST_CHILDREN && { count: found.length })}
      tools={
        <Link
          to="/experiments/$experimentId"
          params={{ experimentId: run.experimentId }}
          search={{ filter } as never}
        >
          Open in the table
        </Link>
      }
    >
      <VirtualTable label="Child runs" columns={COLUMNS} rows={shown} keyOf={({ runId }) => runId} />
      {found.length > MOST_CHILDREN && (
        <p className="dim">The newest {MOST_CHILDREN} are shown; the table has all of them.</p>
      )}
    </Panel>
  );
}
