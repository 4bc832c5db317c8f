import { Button, Skeleton, Tabs } from '@mantine/core';
import type { Run } from '@slipway/client';
import { useQueries } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { GitCompareArrows, Plus } from 'lucide-react';
import { lazy, Suspense, useCallback, useState } from 'react';
import { client } from '../../data/server.ts';
import { RunPicker } from '../../run-picker/run-picker.tsx';
import { type Crumb, useCrumbs } from '../../ui/crumbs.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import classes from './compare-page.module.css';
import { useComparedRuns, useLiveComparison, useSourceRuns } from './compare-queries.ts';
import {
  type CompareSearch,
  type CompareTab,
  MOST_RUNS,
  readCompareSearch,
  TABS,
  writeCompareSearch,
} from './compare-search.ts';
import { useDistinctColors } from './distinct-colors.ts';
import { RunHead } from './run-heads.tsx';
import { ValuesTab } from './values-tab.tsx';

const ChartsTab = lazy(async () => ({ default: (await import('./charts-tab.tsx')).ChartsTab }));
const ArtifactsTab = lazy(async () => ({ default: (await import('./artifacts-tab.tsx')).ArtifactsTab }));
const CodeTab = lazy(async () => ({ default: (await import('./code-tab.tsx')).CodeTab }));

/** Runs of any experiments, or the runs that model versions came from, side by side. */
export function ComparePage() {
  const search = readCompareSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const show = useCallback(
    (change: Partial<CompareSearch>, isStep = true) =>
      void navigate({
        to: '/compare',
        search: ((before: Record<string, unknown>) =>
          writeCompareSearch({ ...readCompareSearch(before), ...change })) as never,
        replace: !isStep,
        resetScroll: false,
      }),
    [navigate],
  );
  const sources = useSourceRuns(search.versions);
  const sourceIds = (sources.data ?? []).flatMap(({ runId }) => runId ?? []);
  const all = [...new Set([...search.runIds, ...sourceIds])];
  const { runs, isPending, error, failed, retry } = useComparedRuns(all.slice(0, MOST_RUNS));
  useLiveComparison(runs);
  useDistinctColors(all.slice(0, MOST_RUNS));
  const [isPicking, setPicking] = useState(false);
  useShortcut('a', 'Add a run', () => setPicking(true));
  const experimentName = useExperimentNames(runs);
  useCrumbs(crumbsOf(runs, experimentName));

  const picker = (
    <RunPicker
      isOpen={isPicking}
      title="Add a run to the comparison"
      about={runs[0]}
      taken={all}
      onPick={(runId) => {
        setPicking(false);
        show({ runIds: [...search.runIds, runId] });
      }}
      onClose={() => setPicking(false)}
    />
  );
  const nothing = search.runIds.length === 0 && search.versions.length === 0;
  if (nothing) {
    return (
      <>
        <EmptyState icon={GitCompareArrows} title="Nothing to compare yet" isWholePage>
          <p>
            Choose runs in the table of an <Link to="/experiments">experiment</Link> and press Compare, or
            find them by name.
          </p>
          <AddRun onClick={() => setPicking(true)} />
        </EmptyState>
        {picker}
      </>
    );
  }
  if (sources.error) {
    return (
      <ErrorNotice
        error={sources.error}
        what="The versions could not be read"
        onRetry={() => void sources.refetch()}
      />
    );
  }
  const waiting = isPending || sources.isLoading;
  const base = Math.max(
    0,
    runs.findIndex(({ runId }) => runId === search.base),
  );
  const head = (run: Run) => (
    <RunHead
      run={run}
      isBase={run.runId === runs[base]?.runId}
      canRemove={runs.length > 1 && search.runIds.includes(run.runId)}
      onBase={() => show({ base: run.runId })}
      onRemove={() =>
        show({
          runIds: search.runIds.filter((id) => id !== run.runId),
          hidden: search.hidden.filter((id) => id !== run.runId),
        })
      }
    />
  );
  const experiments = new Set(runs.map(({ experimentId }) => experimentId)).size;
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <h1>{titleOf(all.length, search)}</h1>
        {experiments > 1 && <span className="dim">of {experiments} experiments</span>}
        {all.length > MOST_RUNS && <span className="dim">the first {MOST_RUNS} are shown</span>}
        <span className={classes.spread} />
        {all.length < MOST_RUNS && <AddRun onClick={() => setPicking(true)} />}
      </header>
      {picker}
      {error && failed.length > 0 && (
        <ErrorNotice
          error={error}
          what={
            failed.length === 1
              ? `Run ${failed[0]} could not be read`
              : `${failed.length} runs could not be read`
          }
          onRetry={retry}
        />
      )}
      {sources.data?.some(({ runId }) => runId === undefined) && (
        <p className="dim">Versions that came from no run are left out.</p>
      )}
      {waiting ? (
        <Skeleton height={360} />
      ) : (
        runs.length > 0 && (
          <Tabs
            value={search.tab}
            onChange={(tab) => show({ tab: (tab ?? 'table') as CompareTab })}
            keepMounted={false}
          >
            <Tabs.List className={classes.tabs}>
              {TABS.map(({ id, label }) => (
                <Tabs.Tab key={id} value={id}>
                  {label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Suspense fallback={<Skeleton height={360} mt={12} />}>
              <Tabs.Panel value="table" className={classes.panel}>
                <ValuesTab
                  runs={runs}
                  base={base}
                  withEqual={search.withEqual}
                  onWithEqual={(withEqual) => show({ withEqual }, false)}
                  experimentName={experimentName}
                  head={head}
                />
              </Tabs.Panel>
              <Tabs.Panel value="charts" className={classes.panel}>
                <ChartsTab
                  runs={runs}
                  base={base}
                  hidden={search.hidden}
                  onHidden={(hidden) => show({ hidden }, false)}
                  charts={search.charts}
                  onCharts={(charts) => show({ charts }, false)}
                />
              </Tabs.Panel>
              <Tabs.Panel value="artifacts" className={classes.panel}>
                <ArtifactsTab
                  runs={runs}
                  place={search}
                  onPlace={({ folder, file, step }) => show({ folder, file, step }, step === undefined)}
                  head={head}
                />
              </Tabs.Panel>
              <Tabs.Panel value="code" className={classes.panel}>
                <CodeTab
                  runs={runs}
                  base={base}
                  withEqual={search.withEqual}
                  other={search.other}
                  onOther={(other) => show({ other })}
                  head={head}
                />
              </Tabs.Panel>
            </Suspense>
          </Tabs>
        )
      )}
    </div>
  );
}

function AddRun({ onClick }: { readonly onClick: () => void }) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<Plus size={14} aria-hidden />}
      onClick={onClick}
    >
      Add a run
    </Button>
  );
}

function titleOf(count: number, { versions, runIds }: CompareSearch): string {
  if (versions.length > 0) {
    const named = versions.map(({ name, version }) => `${name} ${version}`).join(', ');
    const others = runIds.length === 1 ? ' and 1 run' : ` and ${runIds.length} runs`;
    return `Compare ${named}${runIds.length === 0 ? '' : others}`;
  }
  return count === 1 ? 'Compare 1 run' : `Compare ${count} runs`;
}

function crumbsOf(runs: readonly Run[], experimentName: (id: string) => string): readonly Crumb[] {
  const experiments = [...new Set(runs.map(({ experimentId }) => experimentId))];
  const only = experiments.length === 1 ? experiments[0] : undefined;
  return [
    { label: 'Experiments', link: { to: '/experiments' } },
    ...(only === undefined
      ? []
      : [
          {
            label: experimentName(only),
            link: { to: '/experiments/$experimentId', params: { experimentId: only } } as const,
          },
        ]),
    { label: 'Compare' },
  ];
}

function useExperimentNames(runs: readonly Run[]): (id: string) => string {
  const ids = [...new Set(runs.map(({ experimentId }) => experimentId))];
  const names = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['experiment', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.experiments.get(id, { signal }),
      placeholderData: undefined,
    })),
    combine: (results) => results.map(({ data }) => data?.name),
  });
  return useCallback((id: string) => names[ids.indexOf(id)] ?? id, [names, ids.join()]);
}
