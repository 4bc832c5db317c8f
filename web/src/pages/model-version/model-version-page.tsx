import { Tabs } from '@mantine/core';
import { type ModelVersion, SlipwayError } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Layers, TriangleAlert } from 'lucide-react';
import { useLiveChanges } from '../../data/live.ts';
import { modelVersionQuery, type TableVersion, versionTableQuery } from '../../data/models.ts';
import facts from '../../registry/facts-page.module.css';
import { LoadPanel } from '../../registry/load-panel.tsx';
import { addressesOf } from '../../registry/loading-code.ts';
import { DescribedModel } from '../../registry/model-description.tsx';
import { refreshModel } from '../../registry/registry-changes.ts';
import { ServedAt } from '../../serving/served-at.tsx';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { Panel } from '../../ui/panel.tsx';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { ArtifactBrowser, type ArtifactPlace } from '../../viewers/artifact-browser.tsx';
import { AboutVersion } from './about-version.tsx';
import { MeasuredPanel } from './measured-panel.tsx';
import classes from './model-version-page.module.css';
import { VersionHeader } from './version-header.tsx';

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;

/** A version of a registered model: what it is, what it takes and gives, how to load it, its files. */
export function ModelVersionPage() {
  const { name, version } = useParams({ from: '/models/$name/versions/$version' });
  useCrumbs([
    { label: 'Models', link: { to: '/models' } },
    { label: name, link: { to: '/models/$name', params: { name } } },
    { label: `Version ${version}` },
  ]);
  const search: Record<string, unknown> = useSearch({ strict: false });
  const tab = search.tab === 'files' ? 'files' : 'overview';
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery(modelVersionQuery(name, version));
  const table = useQuery(versionTableQuery(name));
  const versions = table.data?.versions ?? NO_VERSIONS;
  const row = versions.find((one) => one.version === version);
  useLiveChanges([], ({ kinds, isReset }) => {
    if (isReset || kinds.has('registered_model') || kinds.has('model_version')) void refreshModel(name);
  });
  const linkTo = (place: ArtifactPlace): LinkProps => ({
    to: '/models/$name/versions/$version',
    params: { name, version },
    search: {
      tab: 'files',
      ...(place.path !== '' && { path: place.path }),
      ...(place.series && { series: place.series }),
    },
  });
  if (error !== null && data === undefined) {
    if (isMissing(error)) return <NoSuchVersion name={name} version={version} />;
    return (
      <div className={facts.page}>
        <h1 className="visually-hidden">
          {name} version {version}
        </h1>
        <ErrorNotice error={error} what="The version could not be read" onRetry={() => void refetch()} />
      </div>
    );
  }
  return (
    <div className={facts.page} data-tab={tab}>
      {data === undefined ? (
        <div className={facts.header} aria-busy="true">
          <h1 className={facts.title} dir="auto">
            {name} <span className={classes.number}>version {version}</span>
          </h1>
        </div>
      ) : (
        <VersionHeader version={data} versions={versions} />
      )}
      {data?.status !== undefined && data.status !== 'READY' && <NotReady version={data} />}
      {data !== undefined && <ServedAt name={name} version={version} />}
      {error !== null && (
        <ErrorNotice error={error} what="This may be out of date" onRetry={() => void refetch()} />
      )}
      <Tabs
        value={tab}
        onChange={(next) =>
          void navigate({
            to: '/models/$name/versions/$version',
            params: { name, version },
            search: next === 'files' ? { tab: 'files' } : {},
          })
        }
      >
        <Tabs.List aria-label="Parts of the version">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          <Tabs.Tab value="files">Files</Tabs.Tab>
        </Tabs.List>
      </Tabs>
      {data !== undefined && tab === 'overview' && (
        <div className={facts.columns}>
          <div className={facts.column}>
            <AboutVersion version={data} row={row} />
            <Panel title="Signature and usage">
              <DescribedModel owner={{ modelName: name, version }} />
            </Panel>
          </div>
          <div className={facts.column}>
            <LoadPanel addresses={addressesOf(data)} />
            {row !== undefined && <MeasuredPanel version={row} versions={versions} />}
          </div>
        </div>
      )}
      {tab === 'files' && (
        <div className={facts.files}>
          <ArtifactBrowser
            sections={[{ id: 'files', label: 'Files', owner: { modelName: name, version } }]}
            section="files"
            place={{ path: textOf(search.path) ?? '', series: textOf(search.series) }}
            linkTo={(_, place) => linkTo(place)}
            emptyCode={`import mlflow\n\nmlflow.sklearn.log_model(model, name="model", registered_model_name=${JSON.stringify(name)})`}
          />
        </div>
      )}
    </div>
  );
}

const NO_VERSIONS: readonly TableVersion[] = [];

const isMissing = (error: unknown): boolean =>
  error instanceof SlipwayError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST';

function NoSuchVersion({ name, version }: { readonly name: string; readonly version: string }) {
  return (
    <EmptyState icon={Layers} title="There is no such version" isWholePage>
      <p>
        The model “<span dir="auto">{name}</span>” has no version {version.slice(0, 20)}, or is not there. A
        deleted version’s number is not given again. See{' '}
        <Link to="/models/$name" params={{ name }}>
          the model
        </Link>
        .
      </p>
    </EmptyState>
  );
}

function NotReady({ version: { status, statusMessage } }: { readonly version: ModelVersion }) {
  return (
    <div className={classes.notReady} role="status" data-status={status}>
      <TriangleAlert size={16} aria-hidden />
      <span>
        {status === 'PENDING_REGISTRATION'
          ? 'The version is being registered: its files may not be complete.'
          : 'The version could not be registered: do not load it.'}
        {statusMessage !== undefined && <> The server says: {statusMessage}</>}
      </span>
    </div>
  );
}
