import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Boxes, Plus, Search } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useLiveChanges } from '../../data/live.ts';
import { MOST_MODELS, modelListQuery } from '../../data/models.ts';
import { queryClient } from '../../data/query-client.ts';
import { serverUrl } from '../../data/server.ts';
import { type Crumb, useCrumbs } from '../../ui/crumbs.tsx';
import { renderCount } from '../../ui/numbers.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { CreateModelDialog } from './create-model-dialog.tsx';
import { plainRows, schemaRows } from './model-rows.ts';
import { ModelTable } from './model-table.tsx';
import classes from './models-page.module.css';
import { filterFor, type ModelsSearch, readModelsSearch } from './models-search.ts';

const TYPING_MS = 200;

/** Every registered model: search, and what is promoted of each. */
export function ModelsPage() {
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = useMemo(() => readModelsSearch(address), [address]);
  const { q: typed = '', in: within, sort } = search;
  useCrumbs(crumbsOf(within));
  const navigate = useNavigate();
  const change = (next: ModelsSearch, options?: { readonly replace: boolean }) =>
    void navigate({ to: '/models', search: next as never, ...options });
  const [text, setText] = useState(typed);
  const [isCreating, setCreating] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const send = useDebouncedCallback((q: string) => {
    change({ ...search, q: q === '' ? undefined : q }, { replace: true });
  }, TYPING_MS);
  const { data, error, isPlaceholderData, refetch } = useQuery(modelListQuery(filterFor(search), sort));
  useLiveChanges([], ({ kinds, isReset }) => {
    if (isReset || kinds.has('registered_model') || kinds.has('model_version'))
      void queryClient.invalidateQueries({ queryKey: ['models'] });
  });
  useShortcut('/', 'Search models', () => input.current?.focus());
  useShortcut('n', 'New model', () => setCreating(true));
  const rows = useMemo(() => {
    if (data === undefined) return undefined;
    // An underscore of the scope stands for any letter in the filter.
    const inside = data.models.filter(({ name }) => within === undefined || name.startsWith(`${within}.`));
    return sort === 'changed' ? plainRows(inside) : schemaRows(inside);
  }, [data, sort, within]);
  const count = rows?.filter(({ kind }) => kind === 'model').length ?? 0;
  const isNarrowed = typed !== '';
  return (
    <div className={classes.page}>
      <div className={classes.toolbar}>
        <h1>Models</h1>
        <TextInput
          ref={input}
          className={classes.search}
          size="xs"
          type="search"
          aria-label="Search models by name, or by tag as key:value"
          placeholder="Search by name, or by tag as key:value"
          leftSection={<Search size={14} aria-hidden />}
          value={text}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value);
            send(currentTarget.value);
          }}
        />
        <Button size="xs" leftSection={<Plus size={14} aria-hidden />} onClick={() => setCreating(true)}>
          New model
        </Button>
      </div>
      {error !== null && (
        <div className={classes.notice}>
          <ErrorNotice error={error} what="The models could not be read" onRetry={() => void refetch()} />
        </div>
      )}
      {rows?.length === 0 || (rows === undefined && error !== null) ? (
        error === null && <Nothing typed={typed} />
      ) : (
        <ModelTable
          rows={rows}
          isStale={isPlaceholderData}
          sort={sort}
          onSort={(next) => change({ ...search, sort: next })}
        />
      )}
      <footer className={classes.footer}>
        {data !== undefined && count > 0 && describeCount(count, data.isCut, isNarrowed)}
      </footer>
      <CreateModelDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </div>
  );
}

function describeCount(count: number, isCut: boolean, isNarrowed: boolean): string {
  if (isCut) return `The first ${renderCount(MOST_MODELS)} models; search to see others`;
  return `${count.toLocaleString('en-US')} model${count === 1 ? '' : 's'}${isNarrowed ? ' found' : ''}`;
}

/** Catalog and schema are steps of the way. */
function crumbsOf(within: string | undefined): readonly Crumb[] {
  if (within === undefined) return [{ label: 'Models' }];
  const parts = within.split('.');
  return [
    { label: 'Models', link: { to: '/models' } },
    ...parts.map((label, i): Crumb => {
      const path = parts.slice(0, i + 1).join('.');
      return i === parts.length - 1
        ? { label }
        : { label, link: { to: '/models', search: { in: path } } as never };
    }),
  ];
}

const FIRST = `import mlflow

mlflow.set_tracking_uri("${serverUrl}")
mlflow.register_model("runs:/<run_id>/model", "fraud-detector")`;

function Nothing({ typed }: { readonly typed: string }) {
  return typed === '' ? (
    <EmptyState icon={Boxes} title="No model is registered yet" code={FIRST}>
      <p>
        A registered model is a name with versions. Give it one from Python, or with <em>Register</em> on a
        run or a logged model.
      </p>
    </EmptyState>
  ) : (
    <EmptyState icon={Search} title="No model matches">
      <p>
        Looked for “<span dir="auto">{typed}</span>”. Capital letters do not count; a tag is asked for as{' '}
        <code>key:value</code>.
      </p>
    </EmptyState>
  );
}
