import type { RegisteredModel } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { TableVersion } from '../../data/models.ts';
import { Panel } from '../../ui/panel.tsx';
import { TimeText } from '../../ui/texts.tsx';
import { type Activity, activityOf } from './activity.ts';
import classes from './activity-panel.module.css';

const SHOWN = 8;

/** What happened to the model, the latest first. */
export function ActivityPanel({
  model,
  versions,
}: {
  readonly model: RegisteredModel;
  readonly versions: readonly TableVersion[];
}) {
  const [showsAll, setShowsAll] = useState(false);
  const all = activityOf(model, versions);
  const shown = showsAll ? all : all.slice(0, SHOWN);
  return (
    <Panel title="Activity">
      <ol className={classes.list}>
        {shown.map((activity) => (
          <li key={activity.id} className={classes.entry}>
            <span className={classes.time}>
              <TimeText timeMs={activity.timeMs} />
            </span>
            <span className={classes.words}>
              <Words name={model.name} activity={activity} />
            </span>
          </li>
        ))}
      </ol>
      {all.length > shown.length && (
        <button type="button" className={classes.more} onClick={() => setShowsAll(true)}>
          Show all {all.length.toLocaleString('en-US')}
        </button>
      )}
    </Panel>
  );
}

function Words({ name, activity }: { readonly name: string; readonly activity: Activity }) {
  if (!('version' in activity)) {
    return activity.kind === 'model created'
      ? 'The model was created'
      : 'The model, its tags or its versions last changed';
  }
  const { version, run, user } = activity;
  const link = (
    <Link to="/models/$name/versions/$version" params={{ name, version }}>
      Version {version}
    </Link>
  );
  if (activity.kind === 'version changed') return <>{link} last changed: stage, description or tags</>;
  return (
    <>
      {link} was registered
      {run !== undefined && (
        <>
          {' from '}
          <Link
            to="/experiments/$experimentId/runs/$runId/$"
            params={{ experimentId: run.experiment_id, runId: run.run_id, _splat: '' }}
            dir="auto"
          >
            {run.run_name}
          </Link>
        </>
      )}
      {user !== undefined && <span className="dim"> by {user}</span>}
    </>
  );
}
