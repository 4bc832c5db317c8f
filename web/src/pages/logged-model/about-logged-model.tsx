import type { LoggedModel } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { client } from '../../data/server.ts';
import { Facts } from '../../registry/facts.tsx';
import { Panel } from '../../ui/panel.tsx';
import { NumberText, TimeText } from '../../ui/texts.tsx';
import classes from './logged-model-page.module.css';

const names = new Intl.Collator('en', { numeric: true });

/** Where the model came from, with what it was made, and how it did on which data. */
export function AboutLoggedModel({ model }: { readonly model: LoggedModel }) {
  const { data: run } = useQuery({
    queryKey: ['run', model.sourceRunId],
    queryFn: ({ signal }) => client.runs.get(model.sourceRunId!, { signal }),
    enabled: model.sourceRunId !== undefined,
    placeholderData: undefined,
  });
  const params = Object.entries(model.params).sort(([a], [b]) => names.compare(a, b));
  const metrics = [...model.metrics].sort(
    (a, b) => names.compare(a.key, b.key) || names.compare(a.datasetName ?? '', b.datasetName ?? ''),
  );
  const tags = Object.entries(model.tags).filter(([key]) => !key.startsWith('mlflow.'));
  return (
    <div className={classes.columns}>
      <Panel title="About this model">
        <Facts
          facts={[
            [
              'Source run',
              run === undefined ? (
                model.sourceRunId
              ) : (
                <Link
                  to="/experiments/$experimentId/runs/$runId/$"
                  params={{ experimentId: run.experimentId, runId: run.runId, _splat: '' }}
                  dir="auto"
                >
                  {run.name}
                </Link>
              ),
            ],
            ['Type', model.modelType],
            ['Created', <TimeText key="created" timeMs={model.createdAtMs} />],
            ...tags.map(
              ([key, value]) =>
                [
                  key,
                  <span key={key} dir="auto">
                    {value}
                  </span>,
                ] as const,
            ),
          ]}
        />
      </Panel>
      <Panel title="Metrics">
        {metrics.length === 0 ? (
          <p className={classes.nothing}>None was logged for this model.</p>
        ) : (
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Dataset</th>
                <th scope="col" className="numeric">
                  Step
                </th>
                <th scope="col" className="numeric">
                  Value
                </th>
              </tr>
            </thead>
            <tbody>
              {metrics.map((metric) => (
                <tr
                  key={`${metric.key} ${metric.runId} ${metric.datasetDigest} ${metric.step} ${metric.timestampMs}`}
                >
                  <td dir="auto">{metric.key}</td>
                  <td dir="auto">{metric.datasetName ?? <span className="dim">–</span>}</td>
                  <td className="numeric">{String(metric.step)}</td>
                  <td className="numeric">
                    <NumberText value={metric.value} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      <Panel title="Params">
        {params.length === 0 ? (
          <p className={classes.nothing}>None was logged for this model.</p>
        ) : (
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Param</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {params.map(([key, value]) => (
                <tr key={key}>
                  <td dir="auto">{key}</td>
                  <td dir="auto" className={classes.value} title={value}>
                    {value}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </div>
  );
}
