import { Skeleton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { ChartLine } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { keysQuery, type RunListQuery } from '../data/run-table.ts';
import { serverUrl } from '../data/server.ts';
import { notify } from '../ui/notices.tsx';
import { EmptyState, ErrorNotice } from '../ui/states.tsx';
import { MOST_METRICS } from './data/charts-ahead.ts';
import { useLiveRunList } from './data/use-live-runs.ts';
import { matchingQuery } from './data/use-run-values.ts';
import { type ChartActions, ChartCard } from './workbench/chart-card.tsx';
import { type ChartConfig, titleOf } from './workbench/chart-config.ts';
import {
  addChart,
  addSection,
  arrange,
  changeChart,
  changeSection,
  type Layout,
  moveChart,
  moveSection,
  removeChart,
  removeSection,
  type Section,
} from './workbench/layout.ts';
import { SectionView } from './workbench/section-view.tsx';
import { Toolbar } from './workbench/toolbar.tsx';
import classes from './workbench/workbench.module.css';

const ChartEditor = lazy(async () => ({
  default: (await import('./workbench/chart-editor.tsx')).ChartEditor,
}));

export interface WorkbenchProps {
  /** All runs that match are charted, not a page of them. */
  readonly query: RunListQuery;
  /** Those that get a chart; all of the experiments' without it. */
  readonly metrics?: readonly string[] | undefined;
  readonly selectedRunIds: readonly string[];
  readonly onSelect: (runIds: readonly string[]) => void;
  /** Plain JSON, kept by the caller in the address and in saved views; see `readLayout`. */
  readonly layout: Layout;
  readonly onLayout: (layout: Layout) => void;
}

const NO_DEFAULTS = {};

/** The charts of an experiment's runs: a section a prefix, a chart a metric, and what the reader made of them. */
export function Workbench({
  query,
  metrics: only,
  selectedRunIds,
  onSelect,
  layout,
  onLayout,
}: WorkbenchProps) {
  const [search, setSearch] = useState('');
  const [contains] = useDebouncedValue(search.trim(), 150);
  const [adding, setAdding] = useState<string>();
  const runs = useQuery(matchingQuery(query));
  const keys = useQuery(keysQuery(query.experimentIds, contains, MOST_METRICS));
  const allKeys = useQuery(keysQuery(query.experimentIds, '', MOST_METRICS));
  useLiveRunList(query.experimentIds);
  const selected = useMemo(() => new Set(selectedRunIds), [selectedRunIds]);
  const params = useMemo(
    () =>
      (allKeys.data?.params.keys ?? [])
        .filter(({ varies }) => varies)
        .map(({ key }) => key)
        .slice(0, MOST_PARAMS),
    [allKeys.data],
  );
  const shown = useMemo(() => {
    const metrics = only ?? (keys.data?.metrics.keys ?? []).map(({ key }) => key);
    return withSearch(arrange(layout, metrics), contains);
  }, [layout, only, keys.data, contains]);

  const failed = runs.error ?? keys.error;
  if (failed && (!runs.data || !keys.data)) {
    const retry = () => void Promise.all([runs.refetch(), keys.refetch()]);
    return <ErrorNotice error={failed} what="The charts could not be read" onRetry={retry} />;
  }
  const actions: ChartActions = {
    change: (id, config) => onLayout(changeChart(layout, id, config)),
    remove: (id) => {
      onLayout(removeChart(layout, id));
      notify({ text: 'The chart was removed.', undo: () => onLayout(layout) });
    },
    moveBefore: (id, beforeId) => {
      const section = shown.find(({ charts }) => charts.some((chart) => chart.id === beforeId));
      if (section === undefined || id === beforeId) return;
      const others = section.charts.filter((chart) => chart.id !== id);
      const index = others.findIndex((chart) => chart.id === beforeId);
      onLayout(moveChart(layout, shown, id, { sectionId: section.id, index }));
    },
    moveBy: (id, by) => {
      const section = shown.find(({ charts }) => charts.some((chart) => chart.id === id));
      if (section === undefined) return;
      const index = Math.max(0, section.charts.findIndex((chart) => chart.id === id) + by);
      onLayout(moveChart(layout, shown, id, { sectionId: section.id, index }));
    },
    moveTo: (id, sectionId) => onLayout(moveChart(layout, shown, id, { sectionId, index: 0 })),
    sections: shown,
  };
  const metricsTotal = keys.data?.metrics.total ?? 0;
  const metricsShown = keys.data?.metrics.keys.length ?? 0;
  return (
    <div className={classes.workbench}>
      <Toolbar
        layout={layout}
        onLayout={onLayout}
        search={search}
        onSearch={setSearch}
        onAddChart={() => setAdding(shown[0]?.id ?? 'own:1')}
        onAddSection={() => onLayout(addSection(layout, shown, 'New section'))}
      />
      {only === undefined && metricsTotal > metricsShown && (
        <p className={classes.message}>
          {metricsShown.toLocaleString('en-US')} of {metricsTotal.toLocaleString('en-US')} metrics; the search
          finds the others.
        </p>
      )}
      {runs.data === undefined || keys.data === undefined ? (
        <Waiting />
      ) : shown.length === 0 ? (
        <Nothing search={contains} hasRuns={runs.data.total > 0} />
      ) : (
        shown.map((section) => (
          <SectionView
            key={section.id}
            section={section}
            columns={layout.columns}
            actions={{
              fold: (folded) => onLayout(changeSection(layout, shown, section.id, { folded })),
              rename: (title) => onLayout(changeSection(layout, shown, section.id, { title })),
              moveBy: (by) => onLayout(moveSection(layout, shown, section.id, by)),
              remove: () => onLayout(removeSection(layout, section.id)),
              addChart: () => setAdding(section.id),
              drop: (id) => onLayout(moveChart(layout, shown, id, { sectionId: section.id, index: 0 })),
            }}
          >
            {section.charts.map((chart) => (
              <ChartCard
                key={chart.id}
                chart={chart}
                actions={actions}
                query={query}
                runs={runs.data}
                params={params}
                defaults={layout.lines ?? NO_DEFAULTS}
                selectedRunIds={selected}
                onSelect={onSelect}
              />
            ))}
          </SectionView>
        ))
      )}
      <Suspense>
        {adding !== undefined && (
          <ChartEditor
            isNew
            config={newChart(allKeys.data?.metrics.keys[0]?.key)}
            experimentIds={query.experimentIds}
            defaults={layout.lines ?? NO_DEFAULTS}
            onSave={(config) => onLayout(addTo(layout, shown, adding, config))}
            onClose={() => setAdding(undefined)}
          />
        )}
      </Suspense>
    </div>
  );
}

/** Params that importance is computed from, at most: the rest say nothing that a reader could tell apart. */
const MOST_PARAMS = 40;

const newChart = (metric: string | undefined): ChartConfig => ({
  kind: 'lines',
  metrics: metric === undefined ? [] : [metric],
});

/** Into a section that is there, or a first one of its own. */
function addTo(layout: Layout, shown: readonly Section[], sectionId: string, config: ChartConfig): Layout {
  if (shown.some(({ id }) => id === sectionId)) return addChart(layout, shown, sectionId, config);
  const withSection = addSection(layout, shown, 'Charts');
  const sections = arrange(withSection, []);
  return addChart(withSection, sections, sections[0]!.id, config);
}

/** While one searches, everything that is found stands open; charts of the reader's own are found by their title. */
function withSearch(sections: readonly Section[], contains: string): readonly Section[] {
  if (contains === '') return sections;
  const wanted = contains.toLowerCase();
  return sections
    .map((section) => ({
      ...section,
      isFolded: false,
      charts: section.charts.filter(({ config }) => titleOf(config).toLowerCase().includes(wanted)),
    }))
    .filter(({ charts }) => charts.length > 0);
}

function Waiting() {
  return (
    <div className={classes.grid} aria-busy>
      {[0, 1, 2, 3, 4, 5].map((i) => (
        <Skeleton key={i} height={280} />
      ))}
    </div>
  );
}

function Nothing({ search, hasRuns }: { readonly search: string; readonly hasRuns: boolean }) {
  if (search !== '') return <EmptyState icon={ChartLine} title={`No chart with “${search}” in its name`} />;
  const code = `import mlflow\nmlflow.set_tracking_uri("${serverUrl}")\nwith mlflow.start_run():\n    mlflow.log_metric("loss", 0.3, step=1)`;
  return (
    <EmptyState icon={ChartLine} title="No metrics yet" code={code}>
      {hasRuns
        ? 'These runs have logged no metric. Charts appear with the first one:'
        : 'Charts appear with the first metric:'}
    </EmptyState>
  );
}
