import type { ModelVersion } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TableVersion } from '../../data/models.ts';
import { client } from '../../data/server.ts';
import { Note } from '../../registry/note.tsx';
import { refreshModel } from '../../registry/registry-changes.ts';
import { TagList } from '../../registry/tag-list.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Panel } from '../../ui/panel.tsx';
import { IdText, TimeText } from '../../ui/texts.tsx';
import classes from './model-version-page.module.css';

interface AboutVersionProps {
  readonly version: ModelVersion;
  /** The same in the table of its model, if it is among those that were read. */
  readonly row: TableVersion | undefined;
}

/** Where the version came from, and what people say of it. */
export function AboutVersion({ version, row }: AboutVersionProps) {
  const { name, version: number } = version;
  const changes = {
    async set(key: string, value: string) {
      await client.modelVersions.setTag(name, number, { key, value });
      await refreshModel(name);
    },
    async remove(key: string) {
      await client.modelVersions.deleteTag(name, number, key);
      await refreshModel(name);
    },
  };
  const isLater = version.updatedAtMs - version.createdAtMs > 1000;
  return (
    <Panel title="About this version">
      <div className={classes.words}>
        <Note
          text={version.description ?? ''}
          whenEmpty="No description yet: what changed, and how it was judged."
          onSave={async (description) => {
            await client.modelVersions.update(name, number, { description });
            await refreshModel(name);
          }}
        />
        <TagList tags={version.tags} changes={changes} />
      </div>
      <Facts
        facts={[
          ['Source run', <SourceRun key="run" version={version} row={row} />],
          ['Experiment', <SourceExperiment key="experiment" row={row} />],
          ['Logged model', <SourceModel key="model" row={row} />],
          ['Registered', <TimeText key="created" timeMs={version.createdAtMs} />],
          ['Changed', isLater ? <TimeText key="changed" timeMs={version.updatedAtMs} /> : undefined],
          ['By', version.userId],
          ['Source', version.source && <IdText id={version.source} what="the source" most={30} />],
        ]}
      />
    </Panel>
  );
}

function SourceRun({ version, row }: AboutVersionProps) {
  const run = row?.source_run;
  if (run !== undefined) {
    return (
      <>
        <Link
          to="/experiments/$experimentId/runs/$runId/$"
          params={{ experimentId: run.experiment_id, runId: run.run_id, _splat: '' }}
          dir="auto"
        >
          {run.run_name}
        </Link>
        {run.lifecycle_stage === 'deleted' && <span className="dim"> (deleted)</span>}
      </>
    );
  }
  if (!version.runId) return <span className="dim">none</span>;
  return row === undefined ? (
    <IdText id={version.runId} what="the run’s id" />
  ) : (
    <span className="dim">deleted for good</span>
  );
}

function SourceExperiment({ row }: { readonly row: TableVersion | undefined }) {
  const experimentId = row?.source_run?.experiment_id;
  const { data: experiment } = useQuery({
    queryKey: ['experiment', experimentId],
    queryFn: ({ signal }) => client.experiments.get(experimentId!, { signal }),
    enabled: experimentId !== undefined,
    placeholderData: undefined,
  });
  if (experimentId === undefined) return <span className="dim">–</span>;
  return (
    <Link to="/experiments/$experimentId" params={{ experimentId }} dir="auto">
      {experiment?.name ?? experimentId}
    </Link>
  );
}

function SourceModel({ row }: { readonly row: TableVersion | undefined }) {
  const { model_id: modelId, source_run: run } = row ?? {};
  if (modelId === undefined) return <span className="dim">–</span>;
  if (run === undefined) return <IdText id={modelId} what="the logged model’s id" />;
  return (
    <Link
      to="/experiments/$experimentId/models/$modelId/$"
      params={{ experimentId: run.experiment_id, modelId, _splat: '' }}
      className="mono"
      title={modelId}
    >
      {modelId.slice(0, 12)}…
    </Link>
  );
}
