import type { ModelVersion } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { versionTableQuery } from '../../data/models.ts';
import { client, serverUrl } from '../../data/server.ts';
import { Facts } from '../../registry/facts.tsx';
import { Note } from '../../registry/note.tsx';
import { refreshModel } from '../../registry/registry-changes.ts';
import { TagList } from '../../registry/tag-list.tsx';
import { Panel } from '../../ui/panel.tsx';
import { CodeBlock } from '../../ui/states.tsx';
import { IdText, TimeText } from '../../ui/texts.tsx';
import classes from './model-version-page.module.css';

/** Where the version came from, what people say of it, and the lines that load it. */
export function AboutVersion({ version }: { readonly version: ModelVersion }) {
  const { name, version: number } = version;
  const row = useQuery(versionTableQuery(name, [])).data?.versions.find((one) => one.version === number);
  const run = row?.source_run;
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
  return (
    <div className={classes.columns}>
      <Panel title="About this version">
        <Facts
          facts={[
            [
              'Source run',
              run === undefined ? (
                version.runId && <IdText id={version.runId} what="the run’s id" />
              ) : (
                <Link
                  to="/experiments/$experimentId/runs/$runId/$"
                  params={{ experimentId: run.experiment_id, runId: run.run_id, _splat: '' }}
                  dir="auto"
                >
                  {run.run_name}
                </Link>
              ),
            ],
            [
              'Logged model',
              row?.model_id !== undefined && run !== undefined ? (
                <Link
                  to="/experiments/$experimentId/models/$modelId/$"
                  params={{ experimentId: run.experiment_id, modelId: row.model_id, _splat: '' }}
                >
                  {row.model_id}
                </Link>
              ) : (
                row?.model_id
              ),
            ],
            ['Created', <TimeText key="created" timeMs={version.createdAtMs} />],
            ['Changed', <TimeText key="changed" timeMs={version.updatedAtMs} />],
            ['By', version.userId],
            ['Status', version.statusMessage],
            ['Source', version.source && <IdText id={version.source} what="the source" most={60} />],
          ]}
        />
        <div className={classes.words}>
          <TagList tags={version.tags} changes={changes} />
          <Note
            text={version.description ?? ''}
            whenEmpty="No description yet: what changed, and how it was judged."
            onSave={async (description) => {
              await client.modelVersions.update(name, number, { description });
              await refreshModel(name);
            }}
          />
        </div>
      </Panel>
      <Panel title="Load this model">
        <div className={classes.words}>
          <CodeBlock code={loadingCode(version)} />
        </div>
      </Panel>
    </div>
  );
}

/** By alias where it has one: that line stays right when the next version takes over. */
function loadingCode({ name, version, aliases }: ModelVersion): string {
  const [alias] = aliases;
  const uri = alias === undefined ? `models:/${name}/${version}` : `models:/${name}@${alias}`;
  return [
    'import mlflow',
    '',
    `mlflow.set_tracking_uri("${serverUrl}")`,
    `model = mlflow.pyfunc.load_model(${JSON.stringify(uri)})`,
    '',
  ].join('\n');
}
