import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus, Search, Waypoints } from 'lucide-react';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { type EndpointList, endpointListQuery } from '../../data/endpoints.ts';
import { serverUrl } from '../../data/server.ts';
import { CountedBy } from '../../serving/counted-by.tsx';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { renderWhole } from '../../ui/numbers.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { EndpointTable } from './endpoint-table.tsx';
import classes from './endpoints-page.module.css';
import { type EndpointsSearch, isFailing, listed, readEndpointsSearch } from './endpoints-search.ts';

const CreateEndpointDialog = lazy(async () => ({
  default: (await import('../../serving/endpoint-dialog.tsx')).CreateEndpointDialog,
}));

const TYPING_MS = 200;

/** Every serving endpoint: how it is, what it serves, what it was asked of late. */
export function EndpointsPage() {
  useCrumbs([{ label: 'Endpoints' }]);
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = useMemo(() => readEndpointsSearch(address), [address]);
  const { q: typed = '', view, create = false } = search;
  const navigate = useNavigate();
  const change = (next: EndpointsSearch, options?: { readonly replace: boolean }) =>
    void navigate({ to: '/endpoints', search: next as never, ...options });
  const [text, setText] = useState(typed);
  const input = useRef<HTMLInputElement>(null);
  const send = useDebouncedCallback((q: string) => {
    change({ ...search, q: q === '' ? undefined : q }, { replace: true });
  }, TYPING_MS);
  const { data, error, refetch } = useQuery(endpointListQuery);
  const rows = useMemo(() => data && listed(data.endpoints, search), [data, search]);
  const mayCreate = data?.may_create ?? false;
  const open = () => mayCreate && change({ ...search, create: true });
  useShortcut('/', 'Search endpoints', () => input.current?.focus());
  useShortcut('n', 'New endpoint', open);
  return (
    <div className={classes.page}>
      <div className={classes.toolbar}>
        <h1>Endpoints</h1>
        <TextInput
          ref={input}
          className={classes.search}
          size="xs"
          type="search"
          aria-label="Search endpoints by name, model, tag or maker"
          placeholder="Search by name, model, or tag as key:value"
          leftSection={<Search size={14} aria-hidden />}
          value={text}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value);
            send(currentTarget.value);
          }}
        />
        <SegmentedControl
          size="xs"
          aria-label="Which endpoints"
          data={[
            { value: 'all', label: 'All' },
            { value: 'failing', label: `Failing${data === undefined ? '' : ` ${countFailing(data)}`}` },
          ]}
          value={view ?? 'all'}
          onChange={(next) => change({ ...search, view: next === 'failing' ? 'failing' : undefined })}
        />
        {mayCreate && (
          <Button size="xs" leftSection={<Plus size={14} aria-hidden />} onClick={open}>
            New endpoint
          </Button>
        )}
      </div>
      {error !== null && (
        <div className={classes.notice}>
          <ErrorNotice
            error={error}
            what={data === undefined ? 'The endpoints could not be read' : 'This may be out of date'}
            onRetry={() => void refetch()}
          />
        </div>
      )}
      {rows?.length === 0 ? (
        <Nothing search={search} isEmpty={data?.endpoints.length === 0} mayCreate={mayCreate} />
      ) : (
        (rows !== undefined || error === null) && (
          <EndpointTable
            rows={rows}
            sort={search.sort ?? 'name'}
            onSort={(sort) => change({ ...search, sort: sort === 'name' ? undefined : sort })}
          />
        )
      )}
      <footer className={classes.footer}>
        {rows !== undefined && rows.length > 0 && data !== undefined && (
          <>
            <span>{describeCount(rows.length, data.endpoints.length)}</span>
            <CountedBy process={data.process} what="Requests, latency and errors are of the last 5 minutes" />
          </>
        )}
      </footer>
      {create && (
        <Suspense>
          <CreateEndpointDialog
            onClose={() => change({ ...search, create: undefined })}
            onMade={(name) => void navigate({ to: '/endpoints/$name', params: { name } })}
          />
        </Suspense>
      )}
    </div>
  );
}

const countFailing = ({ endpoints }: EndpointList): string => {
  const count = endpoints.filter(isFailing).length;
  return count === 0 ? '' : renderWhole(count);
};

function describeCount(shown: number, all: number): string {
  const whole = `${renderWhole(all)} endpoint${all === 1 ? '' : 's'}`;
  return shown === all ? whole : `${renderWhole(shown)} of ${whole}`;
}

const FIRST = `from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import EndpointCoreConfigInput, ServedEntityInput

w = WorkspaceClient(host="${serverUrl}", token="…")
model = ServedEntityInput(entity_name="fraud-detector", entity_version="1", scale_to_zero_enabled=True)
w.serving_endpoints.create_and_wait("fraud", EndpointCoreConfigInput(name="fraud", served_entities=[model]))`;

interface NothingProps {
  readonly search: EndpointsSearch;
  /** There is none at all. */
  readonly isEmpty: boolean;
  readonly mayCreate: boolean;
}

function Nothing({ search: { q, view }, isEmpty, mayCreate }: NothingProps) {
  if (!isEmpty)
    return (
      <EmptyState icon={Search} title="No endpoint matches">
        <p>
          {q !== undefined && (
            <>
              Looked for “<span dir="auto">{q}</span>”{view === 'failing' ? ' among those that fail' : ''}.
            </>
          )}
          {q === undefined && 'No endpoint that you see fails.'}
        </p>
      </EmptyState>
    );
  return (
    <EmptyState icon={Waypoints} title="No endpoint serves a model yet" {...(mayCreate && { code: FIRST })}>
      <p>
        {mayCreate
          ? 'An endpoint answers HTTP requests with a registered model, follows its aliases and keeps what it was asked. Make one here, on the page of a version, or from Python.'
          : 'You see endpoints once somebody gives you a permission on one. To make one takes CAN_EDIT on the workspace.'}
      </p>
    </EmptyState>
  );
}
