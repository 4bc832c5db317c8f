import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type LinkProps, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useLiveChanges } from '../../data/live.ts';
import { modelVersionQuery } from '../../data/models.ts';
import { DescribedModel } from '../../registry/model-description.tsx';
import { refreshModel } from '../../registry/registry-changes.ts';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ErrorNotice } from '../../ui/states.tsx';
import { ArtifactBrowser, type ArtifactPlace } from '../../viewers/artifact-browser.tsx';
import { AboutVersion } from './about-version.tsx';
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
    return (
      <div className={classes.page}>
        <ErrorNotice error={error} what="The version could not be read" onRetry={() => void refetch()} />
      </div>
    );
  }
  return (
    <div className={classes.page} data-tab={tab}>
      {data !== undefined && <VersionHeader version={data} />}
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
        <>
          <AboutVersion version={data} />
          <Panel title="What it takes and gives, and how to use it">
            <DescribedModel owner={{ modelName: name, version }} />
          </Panel>
        </>
      )}
      {tab === 'files' && (
        <div className={classes.files}>
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
