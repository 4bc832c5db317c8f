import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Rocket } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type Home, homeQuery } from '../../data/home.ts';
import { useLiveChanges } from '../../data/live.ts';
import { serverUrl } from '../../data/server.ts';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { ChangeSummary } from './change-summary.tsx';
import classes from './home-page.module.css';
import { noteVisit } from './last-visit.ts';
import { LatestRuns, RunningRuns } from './recent-runs.tsx';
import { RecentExperiments, RecentModels } from './recent-work.tsx';

const FIRST_RUN = `import mlflow

mlflow.set_tracking_uri("${serverUrl}")
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.93)`;

const REFRESH_MS = 2000;
const SEEN_MS = 60_000;

export function HomePage() {
  useCrumbs([{ label: 'Home' }]);
  const since = useLastVisit();
  const { data, error, refetch } = useQuery(homeQuery(since));
  useLiveChanges([], () => void refetch(), REFRESH_MS);
  return (
    <div className={classes.page}>
      <h1 className="visually-hidden">Home</h1>
      {error && (
        <ErrorNotice error={error} what="The latest could not be read" onRetry={() => void refetch()} />
      )}
      {data === undefined ? !error && <Waiting /> : isEmpty(data) ? <Welcome /> : <Latest home={data} />}
    </div>
  );
}

/** Since when things are new to the reader. */
function useLastVisit(): number | undefined {
  const [since] = useState(() => noteVisit(Date.now()));
  useEffect(() => {
    const goOn = () => {
      if (document.visibilityState === 'visible') noteVisit(Date.now());
    };
    const timer = setInterval(goOn, SEEN_MS);
    return () => clearInterval(timer);
  }, []);
  return since;
}

/** A server makes an experiment by itself: one without runs is as good as none. */
const isEmpty = ({ running, finished, models, experiments }: Home): boolean =>
  running.length + finished.length + models.length === 0 && experiments.length <= 1;

function Latest({ home }: { readonly home: Home }) {
  return (
    <>
      {home.changes && <ChangeSummary changes={home.changes} />}
      <div className={classes.columns}>
        <div className={classes.column}>
          {home.running.length > 0 && <RunningRuns runs={home.running} />}
          <LatestRuns runs={home.finished} />
        </div>
        <div className={classes.column}>
          <RecentExperiments experiments={home.experiments} />
          <RecentModels models={home.models} />
        </div>
      </div>
    </>
  );
}

function Welcome() {
  return (
    <EmptyState icon={Rocket} title="Nothing is logged here yet" code={FIRST_RUN}>
      <p>
        Point any MLflow client at this server, and its runs and models appear here. Or fill it with real
        trainings to look at: <code>npm run demo</code> beside the server. There is an{' '}
        <Link to="/experiments">empty experiment</Link> already.
      </p>
    </EmptyState>
  );
}

/** In the shape of what comes. */
function Waiting() {
  return (
    <div className={classes.columns} aria-hidden>
      {[6, 4].map((rows) => (
        <div key={rows} className={classes.column}>
          <Skeleton height={40 + 33 * rows} radius={6} />
          <Skeleton height={40 + 33 * rows} radius={6} />
        </div>
      ))}
    </div>
  );
}
