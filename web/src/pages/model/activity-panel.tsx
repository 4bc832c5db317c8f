import type { RegisteredModel } from '@slipway/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { type ModelChange, modelActivityQuery, type TableVersion } from '../../data/models.ts';
import { Panel } from '../../ui/panel.tsx';
import { TimeText } from '../../ui/texts.tsx';
import { type Activity, activityOf } from './activity.ts';
import classes from './activity-panel.module.css';

const SHOWN = 8;

interface ActivityPanelProps {
  readonly model: RegisteredModel;
  readonly versions: readonly TableVersion[];
}

/** What happened to the model, by whom, the latest first. */
export function ActivityPanel({ model, versions }: ActivityPanelProps) {
  const [showsAll, setShowsAll] = useState(false);
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    modelActivityQuery(model.name),
  );
  const changes = (data?.pages ?? []).flatMap((page) => page.changes);
  // What the times of versions tell comes after all that was written down.
  const all = data === undefined ? [] : activityOf(model, hasNextPage ? [] : versions, changes);
  const shown = showsAll ? all : all.slice(0, SHOWN);
  return (
    <Panel title="Activity">
      <ol className={classes.list} aria-busy={data === undefined}>
        {shown.map((activity) => (
          <li key={activity.id} className={classes.entry}>
            <span className={classes.time}>
              <TimeText timeMs={activity.timeMs} />
            </span>
            <span className={classes.words} dir="auto">
              <Words name={model.name} activity={activity} versions={versions} />
            </span>
          </li>
        ))}
      </ol>
      {all.length > shown.length && (
        <button type="button" className={classes.more} onClick={() => setShowsAll(true)}>
          Show all {all.length.toLocaleString('en-US')}
          {hasNextPage && ' and more'}
        </button>
      )}
      {showsAll && hasNextPage && (
        <button
          type="button"
          className={classes.more}
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          Show older
        </button>
      )}
    </Panel>
  );
}

interface WordsProps {
  readonly name: string;
  readonly activity: Activity;
  readonly versions: readonly TableVersion[];
}

function Words({ name, activity, versions }: WordsProps) {
  const link = (version: string | undefined, word = 'version') => (
    <VersionName name={name} version={version ?? ''} word={word} versions={versions} />
  );
  switch (activity.kind) {
    case 'model created':
      return 'The model was created';
    case 'model changed':
      return 'The model, its tags or its versions last changed';
    case 'version changed':
      return <>{link(activity.version, 'Version')} last changed: stage, description or tags</>;
    case 'version registered':
      return (
        <>
          {link(activity.version, 'Version')} was registered
          <Source name={name} version={activity.version} versions={versions} />
          <By user={activity.user} />
        </>
      );
    case 'change':
      return (
        <>
          {wordsOf(activity.change, link)}
          {activity.change.kind === 'registered' && (
            <Source name={name} version={activity.change.version} versions={versions} />
          )}
          <By user={activity.change.user_id} />
        </>
      );
  }
}

/** One sentence a change, without who made it. */
function wordsOf(
  { kind, version, subject, from, to }: ModelChange,
  link: (version: string | undefined, word?: string) => ReactNode,
): ReactNode {
  const thing = version === undefined ? 'The model' : link(version, 'Version');
  switch (kind) {
    case 'created':
      return 'The model was created';
    case 'renamed':
      return (
        <>
          The model was renamed
          {/* Either name may tell of a place that is hidden from the reader. */}
          {from !== undefined && (
            <>
              {' from '}
              <b>{from}</b>
            </>
          )}
          {to !== undefined && (
            <>
              {' to '}
              <b>{to}</b>
            </>
          )}
        </>
      );
    case 'registered':
      return <>{thing} was registered</>;
    case 'deleted':
      return <>Version {version} was deleted</>;
    case 'description':
      return <>{thing} got a new description</>;
    case 'stage':
      return (
        <>
          {thing} moved from {stageName(from)} to {stageName(to)}
        </>
      );
    case 'alias':
      if (from === undefined)
        return (
          <>
            <b>{subject}</b> was set to {link(to)}
          </>
        );
      return to === undefined ? (
        <>
          <b>{subject}</b> was taken from {link(from)}
        </>
      ) : (
        <>
          <b>{subject}</b> moved from {link(from)} to {link(to)}
        </>
      );
    case 'tag':
      if (from !== undefined && to !== undefined)
        return (
          <>
            {thing}: the tag <b>{subject}</b> changed from “{from}” to “{to}”
          </>
        );
      if (to !== undefined)
        return (
          <>
            {thing} got the tag <b>{subject}</b>
            {to !== '' && <> “{to}”</>}
          </>
        );
      // The values of a version's tags go with the version: of such a change it is not known any more what it was.
      return (
        <>
          {thing}: the tag <b>{subject}</b> {from === undefined ? 'changed' : 'was removed'}
        </>
      );
  }
}

const stageName = (stage: string | undefined) => (stage === 'None' ? 'no stage' : stage);

interface OfVersion {
  readonly name: string;
  readonly version: string | undefined;
  readonly versions: readonly TableVersion[];
}

/** A link where the version is known to be there. */
function VersionName({ name, version = '', word, versions }: OfVersion & { readonly word: string }) {
  const text = `${word} ${version}`;
  if (!versions.some((one) => one.version === version)) return text;
  return (
    <Link to="/models/$name/versions/$version" params={{ name, version }}>
      {text}
    </Link>
  );
}

function Source({ version, versions }: OfVersion) {
  const run = versions.find((one) => one.version === version)?.source_run;
  if (run === undefined) return null;
  return (
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
  );
}

const By = ({ user }: { readonly user: string | undefined }) =>
  user === undefined ? null : <span className="dim"> by {user}</span>;
