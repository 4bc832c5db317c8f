import { Button, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { type EndpointDetails, endpointConfigsQuery, type PastConfig } from '../../data/endpoints.ts';
import { draftOf } from '../../serving/config-draft.ts';
import { renderDuration } from '../../ui/numbers.ts';
import { Panel } from '../../ui/panel.tsx';
import { ErrorNotice } from '../../ui/states.tsx';
import { Status } from '../../ui/status.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './endpoint-page.module.css';

const ChangeConfigDialog = lazy(async () => ({
  default: (await import('../../serving/endpoint-dialog.tsx')).ChangeConfigDialog,
}));

/** Every configuration that the endpoint has had, what became of it, and the way back to it. */
export function HistoryTab({ endpoint }: { readonly endpoint: EndpointDetails }) {
  const { name, active, pending, update, permission_level: level } = endpoint;
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    endpointConfigsQuery(name),
  );
  const [chosen, setChosen] = useState<PastConfig | undefined>();
  const state = `${active?.version} ${pending?.version} ${update}`;
  useEffect(() => {
    if (state !== '') void refetch();
  }, [state, refetch]);
  const configs = data?.pages.flatMap((page) => page.configs);
  return (
    <Panel title="Configurations">
      {error !== null && (
        <div className={classes.inset}>
          <ErrorNotice
            error={error}
            what="The configurations could not be read"
            onRetry={() => void refetch()}
          />
        </div>
      )}
      {configs === undefined && error === null && <Skeleton height={160} m={16} width="auto" />}
      {configs?.length === 0 && <p className={`${classes.inset} dim`}>It has had no configuration yet.</p>}
      {configs !== undefined && configs.length > 0 && (
        <ol className={classes.history}>
          {configs.map((config) => (
            <li key={config.version} className={classes.past}>
              <span className={classes.pastNumber}>{config.version}</span>
              <div className={classes.pastText}>
                <div className={classes.pastHead}>
                  <Status status={config.state} />
                  <span className="dim">
                    {config.cause === 'alias' ? 'because an alias moved' : 'by'}{' '}
                    {config.cause === 'api' && <span dir="auto">{config.made_by}</span>},{' '}
                    <TimeText timeMs={config.created_at} />
                    {describeTime(config)}
                  </span>
                </div>
                <ul className={classes.pastEntities}>
                  {config.entities.map((entity) => (
                    <li key={entity.name} dir="auto">
                      {entity.model} {entity.alias !== undefined && `@${entity.alias}, `}version{' '}
                      {entity.version}
                      {config.entities.length > 1 && `: ${entity.percent} %`}
                      <span className="dim">
                        {' '}
                        {entity.size ?? `${entity.min_concurrency} to ${entity.max_concurrency} at once`}
                        {entity.scale_to_zero && ', scales to zero'}
                      </span>
                    </li>
                  ))}
                </ul>
                {config.message !== '' && (
                  <p className={classes.pastMessage} dir="auto">
                    {config.failed_entity !== undefined && <strong>{config.failed_entity}: </strong>}
                    {config.message}
                  </p>
                )}
              </div>
              {level === 'CAN_MANAGE' && config.state !== 'ACTIVE' && config.state !== 'ROLLING' && (
                <Button
                  size="compact-sm"
                  variant="default"
                  leftSection={<Undo2 size={13} aria-hidden />}
                  disabled={update === 'IN_PROGRESS'}
                  title={update === 'IN_PROGRESS' ? 'Another configuration is on its way' : undefined}
                  aria-label={`${verbOf(config)} configuration ${config.version}`}
                  onClick={() => setChosen(config)}
                >
                  {verbOf(config)}…
                </Button>
              )}
            </li>
          ))}
        </ol>
      )}
      {hasNextPage && (
        <div className={classes.inset}>
          <Button
            size="compact-sm"
            variant="default"
            loading={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            Earlier ones
          </Button>
        </div>
      )}
      {chosen !== undefined && (
        <Suspense>
          <ChangeConfigDialog
            endpoint={name}
            active={active}
            draft={draftOf(chosen.entities, chosen.state === 'RETIRED')}
            title={
              chosen.state === 'RETIRED'
                ? `Roll back to configuration ${chosen.version}: by the versions that it served`
                : `Try configuration ${chosen.version} again`
            }
            action={chosen.state === 'RETIRED' ? 'Roll back' : 'Try again'}
            onClose={() => setChosen(undefined)}
          />
        </Suspense>
      )}
    </Panel>
  );
}

const verbOf = ({ state }: PastConfig): string => (state === 'RETIRED' ? 'Roll back to' : 'Try again');

function describeTime({ state, created_at: from, ended_at: to }: PastConfig): string {
  if (to === undefined) return '';
  const took = renderDuration(to - from);
  if (state === 'ACTIVE') return `; ready after ${took}`;
  return state === 'RETIRED' ? `; replaced after ${took}` : `; given up after ${took}`;
}
