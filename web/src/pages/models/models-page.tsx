import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Boxes, Plus, Search } from 'lucide-react';
import { useRef, useState } from 'react';
import { useLiveChanges } from '../../data/live.ts';
import { MOST_MODELS, modelListQuery } from '../../data/models.ts';
import { queryClient } from '../../data/query-client.ts';
import { serverUrl } from '../../data/server.ts';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { renderCount } from '../../ui/numbers.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { CreateModelDialog } from './create-model-dialog.tsx';
import { filterFor, modelRows } from './model-rows.ts';
import { ModelTable } from './model-table.tsx';
import classes from './models-page.module.css';

const TYPING_MS = 200;

/** Every registered model: search, and what is promoted of each. */
export function ModelsPage() {
  useCrumbs([{ label: 'Models' }]);
  const search: Record<string, unknown> = useSearch({ strict: false });
  const typed = typeof search.q === 'string' ? search.q : '';
  const navigate = useNavigate();
  const [text, setText] = useState(typed);
  const [isCreating, setCreating] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const send = useDebouncedCallback((q: string) => {
    void navigate({ to: '/models', search: q === '' ? {} : { q }, replace: true });
  }, TYPING_MS);
  const { data, error, isPlaceholderData, refetch } = useQuery(modelListQuery(filterFor(typed)));
  useLiveChanges([], ({ kinds, isReset }) => {
    if (isReset || kinds.has('registered_model') || kinds.has('model_version'))
      void queryClient.invalidateQueries({ queryKey: ['models'] });
  });
  useShortcut('/', 'Search models', () => input.current?.focus());
  useShortcut('n', 'New model', () => setCreating(true));
  const rows = data === undefined ? undefined : modelRows(data.models);
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
      {rows?.length === 0 ? (
        error === null && <Nothing typed={typed} />
      ) : (
        <ModelTable rows={rows} isStale={isPlaceholderData} />
      )}
      <footer className={classes.footer}>
        {data !== undefined &&
          data.models.length > 0 &&
          (data.isCut
            ? `The first ${renderCount(MOST_MODELS)} models; search to see others`
            : `${renderCount(data.models.length)} model${data.models.length === 1 ? '' : 's'}${typed === '' ? '' : ' found'}`)}
      </footer>
      <CreateModelDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </div>
  );
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
