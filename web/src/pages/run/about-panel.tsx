import type { Int64, Run } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Facts } from '../../ui/facts.tsx';
import { renderDuration, renderTime } from '../../ui/numbers.ts';
import { Status } from '../../ui/status.tsx';
import { CopyButton, IdText, MiddleText, TimeText } from '../../ui/texts.tsx';
import classes from './about-panel.module.css';
import { commitUrl } from './commit-url.ts';
import { Panel } from './panel.tsx';
import { runLink } from './run-place.ts';
import { useRun } from './run-queries.ts';

/** Where a run comes from, and how long it took. */
export function AboutPanel({ run }: { readonly run: Run }) {
  const { tags } = run;
  const parent = tags['mlflow.parentRunId'];
  const original = tags['slipway.clonedFrom'];
  return (
    <Panel title="About">
      <Facts
        layout="rows"
        facts={[
          ['Status', <Status key="status" status={run.status} />],
          ['Started', <Started key="started" timeMs={run.startTimeMs} />],
          ['Duration', <Duration key="duration" run={run} />],
          ['User', run.userId || tags['mlflow.user'] || undefined],
          ['Source', <Source key="source" tags={tags} />],
          ['Git commit', tags['mlflow.source.git.commit'] && <Commit key="commit" tags={tags} />],
          ['Parent run', parent && <RunName key="parent" run={run} runId={parent} />],
          ['Cloned from', original && <RunName key="original" run={run} runId={original} />],
          ['Run ID', <IdText key="id" id={run.runId} what="the run ID" most={20} />],
          ['Artifacts', <IdText key="uri" id={run.artifactUri} what="the artifact URI" most={26} />],
        ]}
      />
    </Panel>
  );
}

function Started({ timeMs }: { readonly timeMs: Int64 }) {
  // A run that was made without a start has none.
  if (Number(timeMs) === 0) return <span className="dim">unknown</span>;
  return (
    <span>
      <TimeText timeMs={Number(timeMs)} /> <span className="dim">· {renderTime(Number(timeMs))}</span>
    </span>
  );
}

/** Of a run that goes on, counted on. */
function Duration({ run }: { readonly run: Run }) {
  const isRunning = run.endTimeMs === undefined && run.status === 'RUNNING';
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  if (Number(run.startTimeMs) === 0) return <span className="dim">unknown</span>;
  if (run.endTimeMs === undefined && !isRunning) return <span className="dim">not ended</span>;
  const end = run.endTimeMs === undefined ? now : Number(run.endTimeMs);
  const duration = renderDuration(Math.max(0, end - Number(run.startTimeMs)));
  return <span className={classes.figures}>{isRunning ? `${duration}, going on` : duration}</span>;
}

function Source({ tags }: { readonly tags: Run['tags'] }) {
  const name = tags['mlflow.source.name'];
  if (name === undefined) return <span className="dim">unknown</span>;
  const type = tags['mlflow.source.type']?.toLowerCase();
  const entryPoint = tags['mlflow.project.entryPoint'];
  return (
    <span className={classes.line}>
      <span className="mono">
        <MiddleText text={name} most={34} />
      </span>
      <CopyButton text={name} label="Copy the source" />
      <span className="dim">{[type, entryPoint].filter(Boolean).join(', ')}</span>
    </span>
  );
}

function Commit({ tags }: { readonly tags: Run['tags'] }) {
  const commit = tags['mlflow.source.git.commit'] ?? '';
  const branch = tags['mlflow.source.git.branch'];
  const url = commitUrl(tags['mlflow.source.git.repoURL'], commit);
  const short = <span className="mono">{commit.slice(0, 10)}</span>;
  return (
    <span className={classes.line}>
      {url === undefined ? (
        short
      ) : (
        <a href={url} target="_blank" rel="noopener noreferrer">
          {short}
        </a>
      )}
      <CopyButton text={commit} label="Copy the commit" />
      {branch && (
        <span className="dim" dir="auto">
          on {branch}
        </span>
      )}
    </span>
  );
}

/** Another run by its name, once that is known. */
function RunName({ run, runId }: { readonly run: Run; readonly runId: string }) {
  const other = useRun(runId);
  return (
    <Link {...runLink({ experimentId: other.data?.experimentId ?? run.experimentId, runId })}>
      <MiddleText text={other.data?.name ?? runId} most={36} />
    </Link>
  );
}
