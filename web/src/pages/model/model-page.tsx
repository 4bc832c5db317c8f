import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Layers } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useLiveChanges } from '../../data/live.ts';
import { modelQuery, type TableVersion, VERSIONS_SHOWN, versionTableQuery } from '../../data/models.ts';
import { serverUrl } from '../../data/server.ts';
import { AliasDialog, type AliasProposal } from '../../registry/alias-dialog.tsx';
import { refreshModel } from '../../registry/registry-changes.ts';
import { StageDialog, type StageProposal } from '../../registry/stage-dialog.tsx';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { Panel } from '../../ui/panel.tsx';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { baselineOf } from './metric-deltas.ts';
import { ModelHeader } from './model-header.tsx';
import classes from './model-page.module.css';
import { type ModelSearch, readModelSearch, shownMetrics } from './model-search.ts';
import { TrendPanel } from './trend-panel.tsx';
import { VersionComparison } from './version-comparison.tsx';
import { VersionTable } from './version-table.tsx';
import { VersionTools } from './version-tools.tsx';

/** A registered model as a pipeline: who holds which alias and stage, and every version against the holder. */
export function ModelPage() {
  const { name } = useParams({ from: '/models/$name' });
  useCrumbs([{ label: 'Models', link: { to: '/models' } }, { label: name }]);
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = useMemo(() => readModelSearch(address), [address]);
  const navigate = useNavigate();
  const change = (next: ModelSearch) =>
    void navigate({ to: '/models/$name', params: { name }, search: next, replace: true, resetScroll: false });
  const model = useQuery(modelQuery(name));
  const table = useQuery(versionTableQuery(name, search.metrics));
  const [alias, setAlias] = useState<AliasProposal | undefined>();
  const [stage, setStage] = useState<StageProposal | undefined>();
  useLiveChanges([], ({ kinds, isReset }) => {
    if (isReset || kinds.has('registered_model') || kinds.has('model_version')) void refreshModel(name);
  });
  const error = model.error ?? table.error;
  if (error !== null && model.data === undefined) {
    return (
      <div className={classes.page}>
        <ErrorNotice error={error} what="The model could not be read" onRetry={() => void model.refetch()} />
      </div>
    );
  }
  const versions = table.data?.versions ?? [];
  const keys = table.data?.metric_keys ?? [];
  const baseline = baselineOf(versions, search.against);
  const proposeStage = (version: TableVersion, to: StageProposal['to']) =>
    setStage({
      version: version.version,
      from: version.current_stage as StageProposal['from'],
      to,
      others: versions
        .filter((other) => other !== version && other.current_stage === to)
        .map((other) => other.version),
    });
  return (
    <div className={classes.page}>
      {model.data !== undefined && <ModelHeader model={model.data} />}
      {error !== null && (
        <ErrorNotice
          error={error}
          what="What you see may be out of date"
          onRetry={() => void table.refetch()}
        />
      )}
      {table.data?.total === 0 ? (
        <EmptyState icon={Layers} title="This model has no version yet" code={firstVersion(name)}>
          <p>A version is a model that a run has logged. Register one from its run, or from Python:</p>
        </EmptyState>
      ) : (
        <>
          <Panel
            title={titleOf(table.data?.total)}
            aside={
              <VersionTools
                keys={keys}
                search={search}
                versions={versions}
                baseline={baseline}
                onChange={change}
              />
            }
          >
            <VersionTable
              name={name}
              versions={table.data?.versions}
              metrics={shownMetrics(search, keys)}
              baseline={baseline}
              selected={search.compare ?? []}
              onSelect={(compare) =>
                change({ ...search, compare: compare.length === 0 ? undefined : compare })
              }
              onAlias={setAlias}
              onStage={proposeStage}
            />
          </Panel>
          {search.compare !== undefined && search.compare.length > 1 && (
            <VersionComparison
              name={name}
              versions={versions.filter(({ version }) => search.compare!.includes(version))}
              onClose={() => change({ ...search, compare: undefined })}
            />
          )}
          {versions.length > 1 && keys.length > 0 && (
            <TrendPanel
              name={name}
              keys={keys}
              metric={search.trend ?? keys[0]!}
              onMetric={(trend) => change({ ...search, trend })}
            />
          )}
        </>
      )}
      <AliasDialog
        name={name}
        aliases={model.data?.aliases ?? {}}
        versions={versions.map(({ version }) => version)}
        proposal={alias}
        onClose={() => setAlias(undefined)}
      />
      <StageDialog name={name} proposal={stage} onClose={() => setStage(undefined)} />
    </div>
  );
}

function titleOf(total: number | undefined): string {
  if (total === undefined) return 'Versions';
  return total > VERSIONS_SHOWN
    ? `The newest ${VERSIONS_SHOWN} of ${total} versions`
    : `${total} version${total === 1 ? '' : 's'}`;
}

const firstVersion = (name: string) => `import mlflow

mlflow.set_tracking_uri("${serverUrl}")
mlflow.register_model("runs:/<run_id>/model", ${JSON.stringify(name)})`;
