import type { LoggedModel } from '@slipway/client';
import facts from '../../registry/facts-page.module.css';
import { Panel } from '../../ui/panel.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { NumberText } from '../../ui/texts.tsx';
import { latestMetrics } from './latest-metrics.ts';
import classes from './logged-model-page.module.css';
import { withRunValues } from './run-values.ts';
import { useSiblings, useSourceRun } from './source-run.ts';

/** How the model did, on which data. */
export function LoggedMetrics({ model }: { readonly model: LoggedModel }) {
  const run = useSourceRun(model);
  const metrics = withRunValues(latestMetrics(model.metrics), run, useSiblings(model, run));
  const hasRunValues = metrics.some(({ ofRun }) => ofRun !== undefined);
  return (
    <Panel title="Metrics">
      {metrics.length === 0 ? (
        <p className={classes.nothing}>None was logged for this model.</p>
      ) : (
        <section className={facts.scroll} {...scrollRegion} aria-label="Metrics of this model">
          <table className={facts.table}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Dataset</th>
                {hasRunValues && (
                  <>
                    <th scope="col" className="numeric">
                      Last of the run
                    </th>
                    <th scope="col" className="numeric">
                      Step
                    </th>
                  </>
                )}
                <th scope="col" className="numeric">
                  {hasRunValues ? 'With the model' : 'Value'}
                </th>
                <th scope="col" className="numeric">
                  Step
                </th>
              </tr>
            </thead>
            <tbody>
              {metrics.map(({ logged: { key, datasetName, datasetDigest, step, value }, ofRun }) => (
                <tr key={JSON.stringify([key, datasetName, datasetDigest])}>
                  <td className={facts.cut} title={key} dir="auto">
                    {key}
                  </td>
                  <td className={facts.cut} title={datasetDigest} dir="auto">
                    {datasetName ?? <span className="dim">–</span>}
                  </td>
                  {hasRunValues && (
                    <>
                      <td className="numeric">
                        <NumberText value={ofRun?.value ?? value} />
                      </td>
                      <td className="numeric dim">{String(ofRun?.step ?? step)}</td>
                    </>
                  )}
                  <td className="numeric">
                    <NumberText value={value} />
                  </td>
                  <td className="numeric dim">{String(step)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  );
}

const names = new Intl.Collator('en', { numeric: true });

/** With what the model was made. */
export function LoggedParams({ model }: { readonly model: LoggedModel }) {
  const params = Object.entries(model.params).sort(([a], [b]) => names.compare(a, b));
  return (
    <Panel title="Params">
      {params.length === 0 ? (
        <p className={classes.nothing}>None was logged for this model.</p>
      ) : (
        <section className={facts.scroll} {...scrollRegion} aria-label="Params of this model">
          <table className={facts.table}>
            <thead>
              <tr>
                <th scope="col">Param</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {params.map(([key, value]) => (
                <tr key={key}>
                  <td className={facts.cut} title={key} dir="auto">
                    {key}
                  </td>
                  <td className={facts.cut} title={value} dir="auto">
                    {value}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  );
}
