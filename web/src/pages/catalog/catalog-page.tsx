import { Button, Skeleton, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Library, Network, Plus, Search } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { explanationQuery } from '../../data/grants.ts';
import { keyOf, labelOf, METASTORE, pathTo, readSecurable, type Securable } from '../../data/securables.ts';
import { serverUrl } from '../../data/server.ts';
import { useIsAdmin } from '../../data/session.ts';
import layout from '../../identity/list-detail.module.css';
import { BackLink } from '../../ui/back-link.tsx';
import { type Crumb, useCrumbs } from '../../ui/crumbs.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import classes from './catalog-page.module.css';
import { type CatalogSearch, linkTo, readCatalogSearch } from './catalog-search.ts';
import { CatalogTree } from './catalog-tree.tsx';
import { CreateDialog } from './create-dialog.tsx';
import { ObjectPanel } from './object-panel.tsx';
import { useCatalogTree } from './use-catalog-tree.ts';

/** Catalogs, what is in them, and who may do what with it. */
export function CatalogPage() {
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = useMemo(() => readCatalogSearch(address), [address]);
  const selected = useMemo(() => readSecurable(search.on), [search.on]);
  useCrumbs(crumbsOf(selected));
  const navigate = useNavigate();
  const change = (next: CatalogSearch) =>
    void navigate({
      to: '/catalog',
      search: next as never,
      // A tab is a step of the way, a question that is being typed is none.
      replace: next.tab === search.tab,
      resetScroll: false,
    });
  const isAdmin = useIsAdmin();
  const creates =
    useQuery(explanationQuery(METASTORE, { action: 'metastore.create-catalog' })).data?.allowed ?? false;
  const [text, setText] = useState('');
  const [isCreating, setCreating] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const { rows, catalogs, toggle } = useCatalogTree(selected, text);
  useShortcut('/', 'Search the catalog', () => input.current?.focus());
  useShortcut('n', 'New catalog', () => creates && setCreating(true));
  return (
    <div className={layout.page}>
      <div className={layout.toolbar}>
        <h1>Catalog</h1>
        <TextInput
          ref={input}
          className={layout.search}
          size="xs"
          type="search"
          aria-label="Search what is open in the tree by name"
          placeholder="Search what is open by name"
          leftSection={<Search size={14} aria-hidden />}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        <span className={layout.spread} />
        {isAdmin && (
          <Button
            size="xs"
            variant="default"
            leftSection={<Network size={14} aria-hidden />}
            onClick={() => void navigate(linkTo(METASTORE, 'rights'))}
          >
            Rights on the metastore
          </Button>
        )}
        {creates && (
          <Button size="xs" leftSection={<Plus size={14} aria-hidden />} onClick={() => setCreating(true)}>
            New catalog
          </Button>
        )}
      </div>
      <div className={layout.body} data-chosen={selected !== undefined || undefined}>
        <div className={layout.list}>
          {catalogs.error !== null && (
            <div className={layout.inset}>
              <ErrorNotice
                error={catalogs.error}
                what="The catalogs could not be read"
                onRetry={() => void catalogs.refetch()}
              />
            </div>
          )}
          {catalogs.data === undefined && catalogs.error === null && <WaitingTree />}
          {catalogs.data !== undefined &&
            (rows.length === 0 ? (
              <p className={`${layout.inset} dim`}>
                {text === '' ? 'No catalog is open to you.' : 'Nothing that is open has that in its name.'}
              </p>
            ) : (
              <CatalogTree rows={rows} selected={search.on} tab={search.tab} onToggle={toggle} />
            ))}
        </div>
        <section className={layout.detail} aria-label="What was chosen" {...scrollRegion}>
          {selected === undefined ? (
            <EmptyState icon={Library} title="Choose something at the left" code={FIRST}>
              <p>
                A catalog holds schemas, and these models, tables and volumes. What is granted on one holds
                for all that is in it. Models with names of three levels stand here by themselves:
              </p>
            </EmptyState>
          ) : (
            <>
              <BackLink to="/catalog">All catalogs</BackLink>
              <ObjectPanel key={keyOf(selected)} on={selected} search={search} onSearch={change} />
            </>
          )}
        </section>
      </div>
      {isCreating && <CreateDialog type="catalog" onClose={() => setCreating(false)} />}
    </div>
  );
}

const FIRST = `import mlflow

mlflow.set_tracking_uri("${serverUrl}")
mlflow.register_model("runs:/<run_id>/model", "prod.ml.fraud_score")`;

function WaitingTree() {
  return (
    <div className={classes.waiting} aria-busy="true">
      {[120, 90, 140, 110].map((width) => (
        <Skeleton key={width} height={12} width={width} />
      ))}
    </div>
  );
}

/** Each level above is a step of the way. */
function crumbsOf(on: Securable | undefined): readonly Crumb[] {
  if (on === undefined) return [{ label: 'Catalog' }];
  const path = on.type === 'metastore' ? [on] : pathTo(on);
  return [
    { label: 'Catalog', link: { to: '/catalog' } },
    ...path.map(
      (each, i): Crumb =>
        i === path.length - 1 ? { label: labelOf(each) } : { label: labelOf(each), link: linkTo(each) },
    ),
  ];
}
