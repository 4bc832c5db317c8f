import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type LinkProps, useNavigate, useSearch } from '@tanstack/react-router';
import { FlaskConical, Plus, Search, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ExperimentOverview } from '../../data/experiments.ts';
import { type LiveChanges, useLiveChanges } from '../../data/live.ts';
import { queryClient } from '../../data/query-client.ts';
import { serverUrl } from '../../data/server.ts';
import { type Crumb, useCrumbs } from '../../ui/crumbs.tsx';
import { renderCount } from '../../ui/numbers.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { CreateDialog } from './create-dialog.tsx';
import type { Renamed } from './experiment-actions.ts';
import { ExperimentTable } from './experiment-table.tsx';
import classes from './experiments-page.module.css';
import { type ExperimentsSearch, nextSort, readExperimentsSearch, type Sort } from './experiments-search.ts';
import { LockDialog } from './lock-dialog.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import type { Segment } from './tree-rows.ts';
import { useTree } from './use-tree.ts';

const TYPING_MS = 150;
const FOLLOW_MS = 3000;

/** New points change nothing that is shown here. */
function followExperiments({ kinds }: LiveChanges): void {
  if (kinds.has('experiment') || kinds.has('run') || kinds.has('reset'))
    void queryClient.invalidateQueries({ queryKey: ['experiments'] });
}

export function ExperimentsPage() {
  const address: Record<string, unknown> = useSearch({ strict: false });
  const key = JSON.stringify(address);
  const search = useMemo(() => readExperimentsSearch(address), [key]);
  const navigate = useNavigate();
  useCrumbs(crumbsOf(search));
  const tree = useTree(search);
  useLiveChanges([], followExperiments, FOLLOW_MS);
  const [isCreating, setCreating] = useState(false);
  const [locked, setLocked] = useState<ExperimentOverview | undefined>();
  const [renamed, setRenamed] = useState<Renamed | undefined>();
  const change = (next: ExperimentsSearch, options?: { readonly replace: boolean }) =>
    void navigate({ to: '/experiments', search: next, ...options });
  const toggle = (path: string) => {
    const open = search.open ?? [];
    const next = open.includes(path) ? open.filter((one) => one !== path) : [...open, path];
    change({ ...search, open: next }, { replace: true });
  };
  useShortcut('n', 'New experiment', () => setCreating(true));
  return (
    <div className={classes.page}>
      <div className={classes.toolbar}>
        <h1>{search.view === 'trash' ? 'Deleted experiments' : 'Experiments'}</h1>
        <SearchBox search={search} onChange={(next) => change(next, { replace: true })} />
        <SegmentedControl
          size="xs"
          aria-label="Which experiments"
          value={search.view ?? 'active'}
          onChange={(view) =>
            change({ ...search, view: view === 'trash' ? 'trash' : undefined, open: undefined })
          }
          data={[
            { value: 'active', label: 'Active' },
            { value: 'trash', label: 'Trash' },
          ]}
        />
        <Button size="xs" leftSection={<Plus size={14} aria-hidden />} onClick={() => setCreating(true)}>
          New experiment
        </Button>
      </div>
      {tree.error !== undefined && (
        <div className={classes.notice}>
          <ErrorNotice error={tree.error} what="The experiments could not be read" onRetry={tree.retry} />
        </div>
      )}
      {tree.segments.length === 0 && !tree.isWaiting ? (
        tree.error === undefined && <Nothing search={search} />
      ) : (
        <ExperimentTable
          search={search}
          tree={tree}
          onToggle={toggle}
          onSort={(column: Sort) =>
            change({ ...search, sort: nextSort(search.sort, column) }, { replace: true })
          }
          onLock={setLocked}
          onRename={setRenamed}
        />
      )}
      <footer className={classes.footer}>
        {tree.segments.length > 0 && describe(search, tree.segments)}
      </footer>
      <CreateDialog isOpen={isCreating} folder={search.in} onClose={() => setCreating(false)} />
      <LockDialog experiment={locked} onClose={() => setLocked(undefined)} />
      {renamed && <RenameDialog renamed={renamed} onClose={() => setRenamed(undefined)} />}
    </div>
  );
}

/** Each folder above the one that is looked into is a step of the way. */
function crumbsOf({ in: folder, view }: ExperimentsSearch): readonly Crumb[] {
  const link = (search: ExperimentsSearch): LinkProps => ({ to: '/experiments', search });
  const label = view === 'trash' ? 'Deleted experiments' : 'Experiments';
  if (folder === undefined) return [{ label }];
  const stage = view === undefined ? {} : { view };
  const ends = [...folder.matchAll(/(?<=[^/])\/(?=\/*[^/])/g)].map(({ index }) => index);
  const paths = [...ends.map((end) => folder.slice(0, end)), folder];
  return [
    { label, link: link(stage) },
    ...paths.map((path, i) => ({
      label: path.slice(i === 0 ? 0 : (ends[i - 1] ?? 0) + 1),
      ...(path !== folder && { link: link({ ...stage, in: path }) }),
    })),
  ];
}

function SearchBox({
  search,
  onChange,
}: {
  readonly search: ExperimentsSearch;
  readonly onChange: (next: ExperimentsSearch) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(search.q ?? '');
  const sent = useRef(search.q ?? '');
  const send = useDebouncedCallback((typed: string) => {
    sent.current = typed;
    onChange({ ...search, q: typed === '' ? undefined : typed });
  }, TYPING_MS);
  // Back and forward change what is looked for as well.
  useEffect(() => {
    if ((search.q ?? '') === sent.current) return;
    sent.current = search.q ?? '';
    setText(search.q ?? '');
  }, [search.q]);
  useShortcut('/', 'Search experiments', () => input.current?.focus());
  const where = search.in === undefined ? 'experiments' : `in ${search.in}`;
  return (
    <TextInput
      ref={input}
      className={classes.search}
      size="xs"
      type="search"
      aria-label="Search experiments by name"
      placeholder={`Search ${where} by name`}
      leftSection={<Search size={14} aria-hidden />}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        send(currentTarget.value);
      }}
    />
  );
}

const FIRST = `import mlflow

mlflow.set_tracking_uri("${serverUrl}")
mlflow.set_experiment("team/fraud-detection")`;

function Nothing({ search }: { readonly search: ExperimentsSearch }) {
  if (search.q !== undefined) {
    return (
      <EmptyState icon={Search} title="No experiment has that in its name">
        <p>
          Looked for “<span dir="auto">{search.q}</span>”{search.in !== undefined && ` below ${search.in}`}
          {search.view === 'trash' ? ' in the trash' : ''}. Capital letters do not count.
        </p>
      </EmptyState>
    );
  }
  if (search.view === 'trash') {
    return (
      <EmptyState icon={Trash2} title="The trash is empty">
        <p>Experiments that were deleted stand here until the server removes them for good.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={FlaskConical} title="No experiment is here yet" code={FIRST}>
      <p>An experiment is made by the first client that names it. Slashes in its name form folders.</p>
    </EmptyState>
  );
}

/** How much of all is shown. */
function describe(search: ExperimentsSearch, segments: readonly Segment[]): string {
  const folders = segments.filter(
    (segment) => (segment.kind === 'folder' || segment.kind === 'single') && segment.depth === 0,
  );
  const direct = segments.findLast((segment) => segment.kind === 'experiments' && segment.depth === 0);
  const count = direct?.kind === 'experiments' ? direct.count : 0;
  const one = (n: number, noun: string) => `${renderCount(n)} ${noun}${n === 1 ? '' : 's'}`;
  if (search.q !== undefined) return `${one(count, 'experiment')} found`;
  const inFolders = folders.reduce(
    (sum, segment) =>
      segment.kind !== 'folder'
        ? sum + 1
        : sum +
          (search.view === 'trash' ? segment.folder.deleted_experiments : segment.folder.active_experiments),
    0,
  );
  return folders.length === 0
    ? one(count, 'experiment')
    : `${one(count + inFolders, 'experiment')}, ${renderCount(inFolders)} of them in ${one(folders.length, 'folder')}`;
}
