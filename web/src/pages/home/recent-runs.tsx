import { Link } from '@tanstack/react-router';
import type { RecentRun } from '../../data/home.ts';
import { useNow } from '../../ui/now.ts';
import { renderAgo, renderCount, renderDuration, renderTime } from '../../ui/numbers.ts';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './home-page.module.css';

/** A run that has logged before and is silent for so long may hang. */
const SILENT_MS = 10 * 60_000;

export function RunningRuns({ runs }: { readonly runs: readonly RecentRun[] }) {
  const now = useNow(1000);
  return (
    <Panel title="Running now">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col" style={{ width: 90 }} data-numeric>
              Step
            </th>
            <th scope="col" style={{ width: 120 }} data-numeric className={classes.wide}>
              Last point
            </th>
            <th scope="col" style={{ width: 100 }} data-numeric>
              For
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.run_id}>
              <td>
                <RunName run={run} />
              </td>
              <td data-numeric title={run.last_step === undefined ? undefined : String(run.last_step)}>
                {run.last_step === undefined ? <None what="No step is logged" /> : renderCount(run.last_step)}
              </td>
              <td data-numeric className={classes.wide}>
                <LastPoint timeMs={run.last_point_time} now={now} />
              </td>
              <td data-numeric title={`Since ${renderTime(run.start_time)}`}>
                {renderDuration(now - run.start_time)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function LastPoint({ timeMs, now }: { readonly timeMs: number | undefined; readonly now: number }) {
  if (timeMs === undefined) return <None what="No point is logged" />;
  const isSilent = now - timeMs > SILENT_MS;
  return (
    <time
      className={isSilent ? classes.stale : undefined}
      dateTime={new Date(timeMs).toISOString()}
      title={isSilent ? `Silent since ${renderTime(timeMs)}` : renderTime(timeMs)}
    >
      {now - timeMs < 45_000
        ? `${Math.max(0, Math.round((now - timeMs) / 1000))} s ago`
        : renderAgo(timeMs, now)}
    </time>
  );
}

export function LatestRuns({ runs }: { readonly runs: readonly RecentRun[] }) {
  const isAnybodyNamed = runs.some(({ user_id }) => user_id !== undefined && user_id !== '');
  return (
    <Panel title="Latest runs">
      {runs.length === 0 ? (
        <p className={classes.nothing}>No run has ended yet.</p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Run</th>
              {isAnybodyNamed && (
                <th scope="col" style={{ width: 110 }} className={classes.wide}>
                  By
                </th>
              )}
              <th scope="col" style={{ width: 90 }} data-numeric>
                Took
              </th>
              <th scope="col" style={{ width: 110 }} data-numeric>
                Ended
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.run_id}>
                <td>
                  <RunName run={run} />
                </td>
                {isAnybodyNamed && (
                  <td className={classes.wide} title={run.user_id} dir="auto">
                    {run.user_id || <None what="Nobody is named" />}
                  </td>
                )}
                <td data-numeric>
                  {run.end_time === undefined || run.end_time < run.start_time ? (
                    <None what="It ends before it starts" />
                  ) : (
                    renderDuration(run.end_time - run.start_time)
                  )}
                </td>
                <td data-numeric>{run.end_time !== undefined && <TimeText timeMs={run.end_time} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function RunName({ run }: { readonly run: RecentRun }) {
  return (
    <div className={classes.name}>
      <Status status={run.status} isShort />
      <Link
        to="/experiments/$experimentId/runs/$runId/$"
        params={{ experimentId: run.experiment_id, runId: run.run_id, _splat: '' }}
        title={run.run_name}
        dir="auto"
      >
        {run.run_name}
      </Link>
      <span className={classes.within}>
        in{' '}
        <Link
          to="/experiments/$experimentId"
          params={{ experimentId: run.experiment_id }}
          title={run.experiment_name}
          dir="auto"
        >
          {run.experiment_name}
        </Link>
      </span>
    </div>
  );
}

function None({ what }: { readonly what: string }) {
  return (
    <span className="dim" title={what}>
      –
    </span>
  );
}
