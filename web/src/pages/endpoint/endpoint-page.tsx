import { Button, Skeleton, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { CircleAlert, LoaderCircle, Waypoints } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { type EndpointDetails, endpointQuery } from '../../data/endpoints.ts';
import { RequestError } from '../../data/request-error.ts';
import { serverUrl } from '../../data/server.ts';
import { useIsSignedIn } from '../../data/session.ts';
import facts from '../../registry/facts-page.module.css';
import { type ConfigDraft, draftOf, NO_CAPTURE, newEntity } from '../../serving/config-draft.ts';
import { sayingOf } from '../../serving/endpoint-state.ts';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { TimeText } from '../../ui/texts.tsx';
import { EndpointHeader } from './endpoint-header.tsx';
import classes from './endpoint-page.module.css';
import { type EndpointSearch, type EndpointTab, readEndpointSearch, TABS } from './endpoint-search.ts';
import { OverviewTab } from './overview-tab.tsx';

const ChangeConfigDialog = lazy(async () => ({
  default: (await import('../../serving/endpoint-dialog.tsx')).ChangeConfigDialog,
}));
const TryTab = lazy(async () => ({ default: (await import('./try-tab.tsx')).TryTab }));
const LogsTab = lazy(async () => ({ default: (await import('./logs-tab.tsx')).LogsTab }));
const RequestsTab = lazy(async () => ({ default: (await import('./requests-tab.tsx')).RequestsTab }));
const HistoryTab = lazy(async () => ({ default: (await import('./history-tab.tsx')).HistoryTab }));
const PermissionsTab = lazy(async () => ({
  default: (await import('./permissions-tab.tsx')).PermissionsTab,
}));

const LABELS: Readonly<Record<EndpointTab, string>> = {
  overview: 'Overview',
  try: 'Try it',
  logs: 'Logs',
  requests: 'Requests',
  history: 'History',
  permissions: 'Permissions',
};

/** One serving endpoint: how it is and what it does, its models and numbers, its logs, and how to ask it. */
export function EndpointPage() {
  const { name } = useParams({ from: '/endpoints/$name' });
  useCrumbs([{ label: 'Endpoints', link: { to: '/endpoints' } }, { label: name }]);
  const [isGoing, setGoing] = useState(false);
  const { data, error, refetch } = useQuery({ ...endpointQuery(name), enabled: !isGoing });
  if (data === undefined) {
    if (error instanceof RequestError && error.status === 404) return <NoSuchEndpoint name={name} />;
    return (
      <div className={facts.page} aria-busy={error === null}>
        <h1 className={facts.title} title={name}>
          {name}
        </h1>
        {error === null ? (
          <Skeleton height={240} />
        ) : (
          <ErrorNotice error={error} what="The endpoint could not be read" onRetry={() => void refetch()} />
        )}
      </div>
    );
  }
  return (
    <Shown
      key={data.id}
      endpoint={data}
      error={error}
      isGoing={isGoing}
      onGoing={setGoing}
      onRetry={() => void refetch()}
    />
  );
}

interface ShownProps {
  readonly endpoint: EndpointDetails;
  readonly error: Error | null;
  readonly isGoing: boolean;
  readonly onGoing: (isGoing: boolean) => void;
  readonly onRetry: () => void;
}

function Shown({ endpoint, error, isGoing, onGoing, onRetry }: ShownProps) {
  const { name, active, pending, update, permission_level: level } = endpoint;
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = useMemo(() => readEndpointSearch(address), [address]);
  const navigate = useNavigate();
  const isSignedIn = useIsSignedIn();
  const [draft, setDraft] = useState<ConfigDraft | undefined>();
  const manages = level === 'CAN_MANAGE';
  const change = (next: EndpointSearch) =>
    void navigate({ to: '/endpoints/$name', params: { name }, search: next as never });
  const isShown = (tab: EndpointTab) => (tab !== 'logs' || manages) && (tab !== 'permissions' || isSignedIn);
  const tab = search.tab !== undefined && isShown(search.tab) ? search.tab : 'overview';
  const go = (to: EndpointTab) => change({ ...search, tab: to === 'overview' ? undefined : to });
  const openUpdate = () => {
    if (manages && update !== 'IN_PROGRESS') setDraft(draftToChange(endpoint));
  };
  const retry = () => {
    if (pending !== undefined) setDraft(draftOf(pending.entities));
  };
  useShortcut('u', 'Update the endpoint', openUpdate);
  useShortcut('t', 'Try it', () => go('try'));
  useShortcut('l', 'Logs', () => manages && go('logs'));
  return (
    <div className={facts.page} data-tab={tab}>
      <EndpointHeader
        endpoint={endpoint}
        address={`${serverUrl}/serving-endpoints/${encodeURIComponent(name)}/invocations`}
        onUpdate={openUpdate}
        onGoing={onGoing}
      />
      {error !== null && <ErrorNotice error={error} what="This may be out of date" onRetry={onRetry} />}
      {!isGoing && (
        <Doing
          endpoint={endpoint}
          onLog={manages ? (entity) => change({ tab: 'logs', entity, log: 'build' }) : undefined}
          onRetry={manages ? retry : undefined}
        />
      )}
      <Tabs value={tab} onChange={(next) => go((next ?? 'overview') as EndpointTab)}>
        <Tabs.List aria-label="Parts of the endpoint">
          {TABS.filter(isShown).map((each) => (
            <Tabs.Tab key={each} value={each}>
              {LABELS[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {!isGoing && (
        <Suspense fallback={<Skeleton height={240} />}>
          {tab === 'overview' && (
            <OverviewTab
              endpoint={endpoint}
              search={search}
              onSearch={change}
              onUpdate={manages && update !== 'IN_PROGRESS' ? openUpdate : undefined}
            />
          )}
          {tab === 'try' && <TryTab endpoint={endpoint} />}
          {tab === 'logs' && <LogsTab endpoint={endpoint} search={search} onSearch={change} />}
          {tab === 'requests' && <RequestsTab endpoint={endpoint} />}
          {tab === 'history' && <HistoryTab endpoint={endpoint} />}
          {tab === 'permissions' && <PermissionsTab endpoint={endpoint} />}
        </Suspense>
      )}
      {draft !== undefined && (
        <Suspense>
          <ChangeConfigDialog
            endpoint={name}
            active={active}
            draft={draft}
            title={`Update ${name}`}
            action="Update endpoint"
            onClose={() => setDraft(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

/** What answers, or was to; where requests are kept can be said anew. */
function draftToChange({ active, pending }: EndpointDetails): ConfigDraft {
  const now = active ?? pending;
  if (now === undefined) return { entities: [newEntity({ percent: 100 })], capture: NO_CAPTURE };
  const { capture } = now;
  return {
    ...draftOf(now.entities),
    // A table of the gateway is told of, and changed, by the gateway's own settings.
    capture:
      capture?.kind === 'gateway'
        ? undefined
        : {
            isOn: capture?.enabled ?? false,
            catalog: capture?.catalog ?? '',
            schema: capture?.schema ?? '',
            prefix: capture?.prefix ?? '',
          },
  };
}

interface DoingProps {
  readonly endpoint: EndpointDetails;
  readonly onLog: ((entity: string | undefined) => void) | undefined;
  readonly onRetry: (() => void) | undefined;
}

/** What it is doing, or why the last change failed and what answers all the same. */
function Doing({ endpoint, onLog, onRetry }: DoingProps) {
  const { active, pending, update } = endpoint;
  const saying = sayingOf(endpoint);
  const isUpdating = update === 'IN_PROGRESS';
  const isFailed = update === 'UPDATE_FAILED';
  const troubled =
    active?.entities.some(({ state }) => state === 'RECOVERING' || state === 'FAILED') ?? false;
  if (!isUpdating && !isFailed && !troubled) return null;
  const Icon = isUpdating ? LoaderCircle : CircleAlert;
  return (
    <section
      className={classes.doing}
      data-tone={isUpdating ? 'running' : isFailed && active !== undefined ? 'warning' : 'failed'}
      aria-label="What it is doing"
    >
      <Icon size={16} aria-hidden className={isUpdating ? classes.turning : undefined} />
      <div className={classes.doingText}>
        <strong>
          {isUpdating && pending !== undefined && (
            <>
              Configuration {pending.version} is coming up, since <TimeText timeMs={pending.created_at} />
            </>
          )}
          {isFailed && `Configuration ${pending?.version ?? ''} could not be brought up`}
          {!isUpdating && !isFailed && 'It does not answer as it should'}
        </strong>
        {saying !== undefined && (
          <div className={classes.reason} dir="auto">
            {saying.entity !== undefined && <span className="mono">{saying.entity}</span>}
            {saying.entity !== undefined && ': '}
            {saying.text}
          </div>
        )}
        <div className="dim">
          {active !== undefined && (isUpdating || isFailed)
            ? `Configuration ${active.version} answers ${isFailed ? 'on' : 'until then'}.`
            : active === undefined && 'Nothing answers yet.'}
        </div>
      </div>
      {onLog !== undefined && (
        <Button size="compact-sm" variant="default" onClick={() => onLog(saying?.entity)}>
          Build log
        </Button>
      )}
      {isFailed && onRetry !== undefined && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Change and try again…
        </Button>
      )}
    </section>
  );
}

function NoSuchEndpoint({ name }: { readonly name: string }) {
  return (
    <EmptyState icon={Waypoints} title="There is no such endpoint" isWholePage>
      <p>
        No endpoint is called “<span dir="auto">{name}</span>” that you may see. Perhaps it was deleted.
      </p>
      <p>
        <Link to="/endpoints">All endpoints</Link>
      </p>
    </EmptyState>
  );
}
