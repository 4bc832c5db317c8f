import { Link } from '@tanstack/react-router';
import type { RecentExperiment, RecentModel } from '../../data/home.ts';
import { renderCount } from '../../ui/numbers.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './home-page.module.css';

export function RecentExperiments({ experiments }: { readonly experiments: readonly RecentExperiment[] }) {
  return (
    <Panel title="Experiments" aside={<Link to="/experiments">All experiments</Link>}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" style={{ width: 80 }} data-numeric>
              Runs
            </th>
            <th scope="col" style={{ width: 110 }} data-numeric>
              Active
            </th>
          </tr>
        </thead>
        <tbody>
          {experiments.map((experiment) => (
            <tr key={experiment.experiment_id}>
              <td>
                <div className={classes.name}>
                  <Link
                    to="/experiments/$experimentId"
                    params={{ experimentId: experiment.experiment_id }}
                    title={experiment.name}
                    dir="auto"
                  >
                    {experiment.name}
                  </Link>
                  {experiment.running_count > 0 && <Status status="RUNNING" isShort />}
                </div>
              </td>
              <td data-numeric title={String(experiment.run_count)}>
                {renderCount(experiment.run_count)}
              </td>
              <td data-numeric>
                <TimeText timeMs={experiment.last_activity} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

export function RecentModels({ models }: { readonly models: readonly RecentModel[] }) {
  return (
    <Panel title="Models" aside={<Link to="/models">All models</Link>}>
      {models.length === 0 ? (
        <p className={classes.nothing}>
          No model is registered yet: log one with <code>registered_model_name="…"</code>, or register one
          from its run.
        </p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" style={{ width: 80 }} data-numeric>
                Version
              </th>
              <th scope="col" style={{ width: 110 }} data-numeric>
                Changed
              </th>
            </tr>
          </thead>
          <tbody>
            {models.map((model) => (
              <tr key={model.name}>
                <td>
                  <div className={classes.name}>
                    <Link to="/models/$name" params={{ name: model.name }} title={model.name} dir="auto">
                      {model.name}
                    </Link>
                    <span className={classes.within}>
                      {model.aliases.map(({ alias, version }) => (
                        <span key={alias} className={classes.alias} title={`${alias} is version ${version}`}>
                          {alias}
                        </span>
                      ))}
                    </span>
                  </div>
                </td>
                <td data-numeric>{model.latest_version ?? <span className="dim">–</span>}</td>
                <td data-numeric>
                  <TimeText timeMs={model.last_update_time} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
