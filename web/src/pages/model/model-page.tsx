import { Button, Skeleton } from '@mantine/core';
import { SlipwayError } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Boxes, Layers } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useLiveChanges } from '../../data/live.ts';
import { modelQuery, type TableVersion, VERSIONS_SHOWN, versionTableQuery } from '../../data/models.ts';
import { serverUrl } from '../../data/server.ts';
import { AliasDialog, type AliasProposal } from '../../registry/alias-dialog.tsx';
import { baselineOf } from '../../registry/metric-deltas.ts';
import { refreshModel } from '../../registry/registry-changes.ts';
import { StageDialog, type StageProposal } from '../../registry/stage-dialog.tsx';
import { type Crumb, useCrumbs } from '../../ui/crumbs.tsx';
import { Panel } from '../../ui/panel.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { ActivityPanel } from './activity-panel.tsx';
import { ModelHeader } from './model-header.tsx';
import classes from './model-page.module.css';
import { type ModelSearch, readModelSearch, shownMetrics } from './model-search.ts';
import { Pipeline } from './pipeline.tsx';
import { TrendPanel } from './trend-panel.tsx';
import { VersionComparison } from './version-comparison.tsx';
import { VersionTable } from './version-table.tsx';
import { VersionTools } from './version-tools.tsx';

/** A registered model as a pipeline: who holds which alias and stage, and every version against the holder. */
export function ModelPage() {
  const { name } = useParams({ from: '/models/$name' });
  useCrumbs(modelCrumbs(name));
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = useMemo(() => readModelSearch(address), [address]);
  const navigate = useNavigate();
  const change = (next: ModelSearch) =>
    void navigate({ to: '/models/$name', params: { name }, search: next, replace: true, resetScroll: false });
  const model = useQuery(modelQuery(name));
  const table = useQuery(versionTableQuery(name, search));
  const [alias, setAlias] = useState<AliasProposal | undefined>();
  const [stage, setStage] = useState<StageProposal | undefined>();
  useLiveChanges([], ({ kinds, isReset }) => {
    if (isReset || kinds.has('registered_model') || kinds.has('model_version')) void refreshModel(name);
  });
  const error = model.error ?? table.error;
  const versions = table.data?.versions ?? NO_VERSIONS;
  const [newest] = versions;
  const proposeAlias =
    newest === undefined ? undefined : () => setAlias({ alias: '', version: newest.version });
  useShortcut('a', 'Set an alias', () => proposeAlias?.());
  useShortcut('x', 'Close the comparison', () => change({ ...search, compare: undefined }));
  if (error !== null && model.data === undefined) {
    if (isMissing(error)) return <NoSuchModel name={name} />;
    return (
      <div className={classes.page}>
        <h1 className="visually-hidden">{name}</h1>
        <ErrorNotice error={error} what="The model could not be read" onRetry={() => void model.refetch()} />
      </div>
    );
  }
  const keys = table.data?.metric_keys ?? [];
  const baseline = baselineOf(versions, search.against);
  const shown = shownMetrics(search, keys);
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
      {model.data === undefined ? (
        <WaitingHeader name={name} />
      ) : (
        <ModelHeader model={model.data} onAlias={proposeAlias} />
      )}
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
          {table.data === undefined ? (
            <Skeleton height={148} radius={6} />
          ) : (
            <Pipeline
              name={name}
              versions={versions}
              metric={shown[0]}
              onAlias={setAlias}
              onStage={proposeStage}
            />
          )}
          <Panel title={titleOf(table.data?.total, search.offset)}>
            <VersionTools
              keys={keys}
              search={search}
              versions={versions}
              baseline={baseline}
              onChange={change}
            />
            <VersionTable
              name={name}
              versions={table.data?.versions}
              metrics={shown}
              baseline={baseline}
              selected={search.compare ?? []}
              onSelect={(compare) =>
                change({ ...search, compare: compare.length === 0 ? undefined : compare })
              }
              onAlias={setAlias}
              onStage={proposeStage}
            />
            <VersionPager
              total={table.data?.total ?? 0}
              offset={search.offset ?? 0}
              onOffset={(offset) => change({ ...search, offset: offset === 0 ? undefined : offset })}
            />
          </Panel>
          {search.compare !== undefined && search.compare.length > 1 && (
            <VersionComparison
              name={name}
              versions={versions.filter(({ version }) => search.compare!.includes(version))}
              baseline={baseline}
              onClose={() => change({ ...search, compare: undefined })}
            />
          )}
          {versions.length > 1 && keys.length > 0 && (
            <TrendPanel
              name={name}
              keys={keys}
              metrics={search.trends ?? shown}
              offset={search.offset}
              measure={search.measure}
              baseline={baseline}
              onMetrics={(trends) => change({ ...search, trends })}
            />
          )}
        </>
      )}
      {model.data !== undefined && table.data !== undefined && (
        <ActivityPanel model={model.data} versions={versions} />
      )}
      <AliasDialog
        name={name}
        aliases={model.data?.aliases ?? {}}
        versions={versions}
        proposal={alias}
        onClose={() => setAlias(undefined)}
      />
      <StageDialog name={name} proposal={stage} onClose={() => setStage(undefined)} />
    </div>
  );
}

const NO_VERSIONS: readonly TableVersion[] = [];

const modelCrumbs = (name: string): readonly Crumb[] => [
  { label: 'Models', link: { to: '/models' } },
  { label: name },
];

const isMissing = (error: unknown): boolean =>
  error instanceof SlipwayError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST';

function NoSuchModel({ name }: { readonly name: string }) {
  return (
    <EmptyState icon={Boxes} title="There is no such model" isWholePage>
      <p>
        No registered model is called “<span dir="auto">{name}</span>”. It may have been renamed or deleted;
        capital letters count. See <Link to="/models">all models</Link>.
      </p>
    </EmptyState>
  );
}

function WaitingHeader({ name }: { readonly name: string }) {
  return (
    <div className={classes.header} aria-busy="true">
      <div className={classes.titleLine}>
        <h1 className={classes.title} dir="auto" title={name}>
          {name}
        </h1>
      </div>
      <Skeleton height={20} width={280} />
      <Skeleton height={14} width={420} />
    </div>
  );
}

function titleOf(total: number | undefined, offset = 0): string {
  if (total === undefined) return 'Versions';
  const all = total.toLocaleString('en-US');
  if (offset > 0) return `${Math.min(VERSIONS_SHOWN, Math.max(0, total - offset))} of ${all} versions`;
  return total > VERSIONS_SHOWN
    ? `The newest ${VERSIONS_SHOWN} of ${all} versions`
    : `${all} version${total === 1 ? '' : 's'}`;
}

interface VersionPagerProps {
  readonly total: number;
  readonly offset: number;
  readonly onOffset: (offset: number) => void;
}

/** The way to versions that are older than those that are shown. */
function VersionPager({ total, offset, onOffset }: VersionPagerProps) {
  if (total <= VERSIONS_SHOWN && offset === 0) return null;
  return (
    <nav className={classes.pager} aria-label="Older and newer versions">
      <Button
        size="compact-sm"
        variant="default"
        disabled={offset === 0}
        onClick={() => onOffset(Math.max(0, offset - VERSIONS_SHOWN))}
      >
        Newer
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        disabled={offset + VERSIONS_SHOWN >= total}
        onClick={() => onOffset(offset + VERSIONS_SHOWN)}
      >
        Older
      </Button>
    </nav>
  );
}

const firstVersion = (name: string) => `import mlflow

mlflow.set_tracking_uri("${serverUrl}")
mlflow.register_model("runs:/<run_id>/model", ${JSON.stringify(name)})`;
