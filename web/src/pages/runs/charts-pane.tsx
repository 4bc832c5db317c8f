import { memo, useMemo } from 'react';
import { listOf } from '../../charts/data/charts-ahead.ts';
import type { Layout } from '../../charts/workbench/layout.ts';
import { readLayout } from '../../charts/workbench/read-layout.ts';
import { Workbench } from '../../charts/workbench.tsx';
import type { RunListQuery } from '../../data/run-table.ts';

interface ChartsPaneProps {
  readonly query: RunListQuery;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (runIds: readonly string[]) => void;
  /** As the address has it. */
  readonly layout: unknown;
  readonly onLayout: (layout: Layout) => void;
}

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
