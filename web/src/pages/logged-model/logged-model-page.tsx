import { Button, Tabs } from '@mantine/core';
import { type LoggedModel, type LoggedModelStatus, SlipwayError } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps, useNavigate, useParams } from '@tanstack/react-router';
import { Box, PackagePlus } from 'lucide-react';
import { useState } from 'react';
import { useLiveChanges } from '../../data/live.ts';
import { queryClient } from '../../data/query-client.ts';
import { client } from '../../data/server.ts';
import facts from '../../registry/facts-page.module.css';
import { DescribedModel } from '../../registry/model-description.tsx';
import { RegisterVersion, type VersionSource } from '../../registry/register-version.tsx';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { Panel } from '../../ui/panel.tsx';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { Status } from '../../ui/status.tsx';
import { CopyButton } from '../../ui/texts.tsx';
import { ArtifactBrowser, type ArtifactPlace } from '../../viewers/artifact-browser.tsx';
import { AboutLoggedModel } from './about-logged-model.tsx';
import { LoggedMetrics, LoggedParams } from './logged-tables.tsx';
import { RegisteredVersions } from './registered-versions.tsx';

/** A model as a run logged it, before or beside its registration. */
export function LoggedModelPage() {
  const {
    experimentId,
    modelId,
    _splat: splat,
  } = useParams({
    from: '/experiments/$experimentId/models/$modelId/$',
  });
  const {
    data: model,
    error,
    refetch,
  } = useQuery({
    queryKey: ['logged-model', modelId],
    queryFn: ({ signal }): Promise<LoggedModel> => client.loggedModels.get(modelId, { signal }),
    placeholderData: undefined,
  });
  const { data: experiment } = useQuery({
    queryKey: ['experiment', experimentId],
    queryFn: ({ signal }) => client.experiments.get(experimentId, { signal }),
  });
  useCrumbs([
    { label: 'Experiments', link: { to: '/experiments' } },
    {
      label: experiment?.name ?? experimentId,
      link: { to: '/experiments/$experimentId', params: { experimentId } },
    },
    { label: model?.name ?? modelId },
  ]);
  const navigate = useNavigate();
  const [first = '', ...rest] = (splat ?? '').split('/');
  const tab = first === 'artifacts' ? 'artifacts' : 'overview';
  const link = (below: string): LinkProps => ({
    to: '/experiments/$experimentId/models/$modelId/$',
    params: { experimentId, modelId, _splat: below },
  });
  useLiveChanges([experimentId], ({ kinds, isReset }) => {
    if (isReset || kinds.has('logged_model') || kinds.has('model_version'))
      void queryClient.invalidateQueries({ queryKey: ['logged-model', modelId] });
  });
  if (error !== null && model === undefined) {
    if (isMissing(error)) return <NoSuchModel experimentId={experimentId} modelId={modelId} />;
    return (
      <div className={facts.page}>
        <h1 className="visually-hidden">Logged model {modelId}</h1>
        <ErrorNotice error={error} what="The logged model could not be read" onRetry={() => void refetch()} />
      </div>
    );
  }
  return (
    <div className={facts.page} data-tab={tab}>
      {model !== undefined && <LoggedModelHeader model={model} />}
      <Tabs value={tab} onChange={(next) => void navigate(link(next === 'artifacts' ? 'artifacts' : ''))}>
        <Tabs.List aria-label="Parts of the model">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          <Tabs.Tab value="artifacts">Files</Tabs.Tab>
        </Tabs.List>
      </Tabs>
      {model !== undefined && tab === 'overview' && (
        <div className={facts.columns}>
          <div className={facts.column}>
            <AboutLoggedModel model={model} />
            <Panel title="Signature and usage">
              <DescribedModel owner={{ modelId }} />
            </Panel>
          </div>
          <div className={facts.column}>
            <RegisteredVersions model={model} />
            <LoggedMetrics model={model} />
            <LoggedParams model={model} />
          </div>
        </div>
      )}
      {tab === 'artifacts' && (
        <div className={facts.files}>
          <ArtifactBrowser
            sections={[{ id: 'files', label: 'Files', owner: { modelId } }]}
            section="files"
            place={{ path: rest.filter((part) => part !== '').join('/') }}
            linkTo={(_, place: ArtifactPlace) =>
              link(place.path === '' ? 'artifacts' : `artifacts/${place.path}`)
            }
            emptyCode={'import mlflow\n\nmlflow.sklearn.log_model(model, name="model")'}
          />
        </div>
      )}
    </div>
  );
}

const STATUSES: Readonly<Record<LoggedModelStatus, string>> = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: 'Unknown',
  LOGGED_MODEL_PENDING: 'PENDING',
  LOGGED_MODEL_READY: 'READY',
  LOGGED_MODEL_UPLOAD_FAILED: 'FAILED',
};

const isMissing = (error: unknown): boolean =>
  error instanceof SlipwayError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST';

function NoSuchModel({ experimentId, modelId }: { readonly experimentId: string; readonly modelId: string }) {
  return (
    <EmptyState icon={Box} title="There is no such logged model" isWholePage>
      <p>
        No logged model has the id <span className="mono">{modelId.slice(0, 64)}</span>. It may have been
        deleted, or the link is cut off. See the{' '}
        <Link to="/experiments/$experimentId" params={{ experimentId }}>
          runs of this experiment
        </Link>
        .
      </p>
    </EmptyState>
  );
}

function LoggedModelHeader({ model }: { readonly model: LoggedModel }) {
  const [source, setSource] = useState<VersionSource | undefined>();
  const { modelId, name, sourceRunId } = model;
  return (
    <header className={facts.header}>
      <h1 className={facts.title} dir="auto" title={name}>
        {name}
      </h1>
      <span className="mono dim">{modelId}</span>
      <CopyButton text={modelId} label="Copy the id" />
      <Status status={STATUSES[model.status]} />
      <span className={facts.spread} />
      <Button
        size="xs"
        leftSection={<PackagePlus size={14} aria-hidden />}
        onClick={() => setSource({ source: `models:/${modelId}`, runId: sourceRunId, modelId })}
      >
        Register version
      </Button>
      <RegisterVersion source={source} label={name} onClose={() => setSource(undefined)} />
    </header>
  );
}
