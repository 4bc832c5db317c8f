import type { LoggedModel } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { queryClient } from '../../data/query-client.ts';
import { client } from '../../data/server.ts';
import { TagList } from '../../registry/tag-list.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Panel } from '../../ui/panel.tsx';
import { IdText, TimeText } from '../../ui/texts.tsx';
import classes from './logged-model-page.module.css';
import { useSourceRun } from './source-run.ts';

/** Where the model came from, and what people say of it. */
export function AboutLoggedModel({ model }: { readonly model: LoggedModel }) {
  const { modelId, sourceRunId } = model;
  const run = useSourceRun(model);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['logged-model', modelId] });
  const changes = {
    async set(key: string, value: string) {
      await client.loggedModels.setTags(modelId, { [key]: value });
      await refresh();
    },
    async remove(key: string) {
      await client.loggedModels.deleteTag(modelId, key);
      await refresh();
    },
  };
  // Those of clients are for programs.
  const tags = Object.fromEntries(Object.entries(model.tags).filter(([key]) => !key.startsWith('mlflow.')));
  return (
    <Panel title="About this model">
      <Facts
        facts={[
          [
            'Source run',
            run !== undefined ? (
              <Link
                to="/experiments/$experimentId/runs/$runId/$"
                params={{ experimentId: run.experimentId, runId: run.runId, _splat: '' }}
                dir="auto"
              >
                {run.name}
              </Link>
            ) : (
              sourceRunId && <IdText id={sourceRunId} what="the run’s id" most={16} />
            ),
          ],
          ['Type', model.modelType],
          ['Created', <TimeText key="created" timeMs={model.createdAtMs} />],
          ['Files', <IdText key="files" id={model.artifactUri} what="the place of the files" most={30} />],
        ]}
      />
      <div className={classes.tags}>
        <TagList tags={tags} changes={changes} />
      </div>
    </Panel>
  );
}
