import { memo, useMemo } from 'react';
import type { Layout } from '../../charts/workbench/layout.ts';
import { readLayout } from '../../charts/workbench/read-layout.ts';
import { readWorkbenchAhead, Workbench } from '../../charts/workbench.tsx';
import type { RunListQuery } from '../../data/run-table.ts';

interface ChartsPaneProps {
  readonly query: RunListQuery;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (runIds: readonly string[]) => void;
  /** As the address has it. */
  readonly layout: unknown;
  readonly onLayout: (layout: Layout) => void;
}

const listOf = ({ experimentIds, filter, orderBy, viewType }: RunListQuery): RunListQuery => ({
  experimentIds,
  filter,
  orderBy,
  viewType,
});

/** Asks for what the charts of a list need before they know what to draw. */
export const readAhead = (query: RunListQuery): Promise<void> => readWorkbenchAhead(listOf(query));

/** The charts of the page, in a file of their own: a table needs none of them. */
export const ChartsPane = memo(function ChartsPane({
  query,
  selected,
  onSelect,
  layout,
  onLayout,
}: ChartsPaneProps) {
  const { experimentIds, filter, orderBy, viewType } = query;
  const list = useMemo(
    () => listOf({ experimentIds, filter, orderBy, viewType }),
    [experimentIds, filter, orderBy, viewType],
  );
  const selectedRunIds = useMemo(() => [...selected], [selected]);
  return (
    <Workbench
      query={list}
      selectedRunIds={selectedRunIds}
      onSelect={onSelect}
      layout={useMemo(() => readLayout(layout), [layout])}
      onLayout={onLayout}
    />
  );
});
