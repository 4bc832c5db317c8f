import { useQueries } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import {
  GROUP_WINDOW,
  type GroupMetric,
  groupsQuery,
  type RunGroup,
  type RunListQuery,
} from '../../data/run-table.ts';
import type { GridColumn } from '../../tables/columns.ts';
import { Grid } from '../../tables/grid.tsx';
import type { GridWindow } from '../../tables/grid-props.ts';
import { useNow } from '../../ui/now.ts';
import { renderAgo, renderCount, renderNumber, renderTime } from '../../ui/numbers.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import cells from './run-cells.module.css';
import classes from './runs-page.module.css';

interface GroupGridProps {
  readonly query: RunListQuery;
  readonly groupBy: readonly string[];
  /** Metrics of the columns that are shown. */
  readonly metrics: readonly string[];
  /** Shows the runs of a group. */
  readonly onOpen: (group: RunGroup) => void;
}

const MOST_METRICS = 20;
const MINUTE_MS = 60_000;

/** Runs that have the same values in some columns, as one row each: how many, and how their metrics spread. */
export function GroupGrid({ query, groupBy, metrics, onOpen }: GroupGridProps) {
  const [view, setView] = useState<GridWindow>({ firstRow: 0, endRow: 40, columnIds: [] });
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map());
  const now = useNow(MINUTE_MS);
  const open = useRef(onOpen);
  open.current = onOpen;
  const asked = useMemo(() => metrics.slice(0, MOST_METRICS), [metrics]);
  const first = Math.floor(view.firstRow / GROUP_WINDOW);
  const last = Math.max(first, Math.floor((view.endRow - 1) / GROUP_WINDOW));
  const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const answers = useQueries({
    queries: numbers.map((number) => ({
      ...groupsQuery(query, groupBy, asked, number),
      placeholderData: undefined,
    })),
  });
  const stamp = answers.map(({ dataUpdatedAt }) => dataUpdatedAt).join();
  const pages = useMemo(
    () => new Map(answers.map(({ data }, i) => [numbers[i]!, data?.groups])),
    // The answers are new objects each time; what is in them is told by their times.
    [stamp, first, last, groupBy, asked],
  );
  const rowAt = useCallback(
    (index: number) => pages.get(Math.floor(index / GROUP_WINDOW))?.[index % GROUP_WINDOW],
    [pages],
  );
  const total = answers.find(({ data }) => data !== undefined)?.data?.total;
  const columns = useMemo((): readonly GridColumn<RunGroup>[] => {
    const width = (id: string, usual: number) => widths.get(id) ?? usual;
    return [
      ...groupBy.map(
        (column, i): GridColumn<RunGroup> => ({
          id: column,
          label: column.slice(column.indexOf('.') + 1),
          width: width(column, 200),
          isPinned: true,
          render: ({ values }) => <GroupValue value={values[i] ?? null} />,
          textOf: ({ values }) => values[i] ?? '',
        }),
      ),
      {
        id: 'runs',
        label: 'Runs',
        width: width('runs', 90),
        align: 'end',
        isFixed: true,
        render: (group) => (
          <button
            type="button"
            tabIndex={-1}
            className={classes.countButton}
            aria-label={`Show its ${renderCount(group.runs)} ${group.runs === 1 ? 'run' : 'runs'}`}
            title={`Show its ${group.runs.toLocaleString('en-US')} ${group.runs === 1 ? 'run' : 'runs'}`}
            onClick={() => open.current(group)}
          >
            {renderCount(group.runs)}
          </button>
        ),
        textOf: ({ runs }) => String(runs),
      },
      {
        id: 'latest',
        label: 'Latest',
        width: width('latest', 116),
        isFixed: true,
        render: ({ latest_start_time: time }) =>
          time === null ? null : <time title={renderTime(time)}>{renderAgo(time, now)}</time>,
      },
      ...asked.map(
        (key): GridColumn<RunGroup> => ({
          id: `m.${key}`,
          label: key,
          group: 'Metrics: mean, and from least to greatest',
          width: width(`m.${key}`, Math.max(236, key.length * 8 + 40)),
          align: 'end',
          render: ({ metrics: found }) => <Spread metric={found[key]} />,
          textOf: ({ metrics: found }) => String(found[key]?.mean ?? ''),
        }),
      ),
    ];
  }, [groupBy, asked, widths, now]);
  const failed = answers.find(({ error }) => error !== null);
  if (failed && total === undefined) {
    return (
      <div className={classes.padded}>
        <ErrorNotice
          error={failed.error}
          what="The groups could not be read"
          onRetry={() => void failed.refetch()}
        />
      </div>
    );
  }
  if (total === 0) {
    return (
      <EmptyState title="No run to group">
        <p>Groups are made of the runs that match the filter.</p>
      </EmptyState>
    );
  }
  return (
    <div className={classes.groups}>
      <div className={classes.grid}>
        <Grid
          label="Groups of runs"
          columns={columns}
          rowCount={total ?? 12}
          rowAt={rowAt}
          keyOf={keyOfGroup}
          nameOf={({ values }) => values.map((value) => value ?? 'not set').join(', ')}
          onWindow={setView}
          onOpen={onOpen}
          onResizeColumn={(id, width) => setWidths(new Map([...widths, [id, width]]))}
          isStale={answers.some(({ isFetching }) => isFetching)}
          restorationId="run-groups"
        />
      </div>
      {total !== undefined && (
        <footer className={classes.footer} aria-live="polite">
          {total.toLocaleString('en-US')} {total === 1 ? 'group' : 'groups'}
          {metrics.length > asked.length && `; the first ${asked.length} metrics of ${metrics.length}`}
        </footer>
      )}
    </div>
  );
}

const keyOfGroup = (group: RunGroup) => group.filter;

function GroupValue({ value }: { readonly value: string | null }) {
  if (value === null) return <span className={cells.none}>not set</span>;
  return (
    <span className={cells.text} title={value.slice(0, 2000)} dir="auto">
      {value === '' ? '“”' : value.slice(0, 300)}
    </span>
  );
}

function Spread({ metric }: { readonly metric: GroupMetric | undefined }) {
  if (metric === undefined) return <span className={cells.none}>–</span>;
  const { mean, min, max, stddev, runs } = metric;
  const hasFractions = [mean, min, max].some((value) => !Number.isInteger(Number(value)));
  const show = (value: number | string) => renderNumber(Number(value), hasFractions);
  const exact = `mean ${mean}, standard deviation ${stddev}, least ${min}, greatest ${max}, of ${runs} runs`;
  return (
    <span title={exact}>
      {show(mean)}{' '}
      <span className="dim">
        {show(min)} … {show(max)}
      </span>
    </span>
  );
}
