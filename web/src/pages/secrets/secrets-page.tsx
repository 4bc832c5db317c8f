import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { KeyRound, Lock, Plus } from 'lucide-react';
import { useState } from 'react';
import { createScope, scopesQuery } from '../../data/secrets.ts';
import { serverUrl } from '../../data/server.ts';
import { useIsAdmin } from '../../data/session.ts';
import layout from '../../identity/list-detail.module.css';
import { BackLink } from '../../ui/back-link.tsx';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { NameDialog } from '../../ui/name-dialog.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { ScopePanel } from './scope-panel.tsx';
import { linkTo, readScope } from './secrets-search.ts';

/** Scopes of secrets and their keys. Values are written here, and never shown. */
export function SecretsPage() {
  const address: Record<string, unknown> = useSearch({ strict: false });
  const scope = readScope(address);
  useCrumbs(
    scope === undefined
      ? [{ label: 'Secrets' }]
      : [{ label: 'Secrets', link: { to: '/secrets' } }, { label: scope }],
  );
  const navigate = useNavigate();
  const isAdmin = useIsAdmin();
  const { data, error, refetch } = useQuery(scopesQuery);
  const [isCreating, setCreating] = useState(false);
  useShortcut('n', 'New scope of secrets', () => isAdmin && setCreating(true));
  const create = async (name: string) => {
    await createScope(name);
    void navigate(linkTo(name));
  };
  return (
    <div className={layout.page}>
      <div className={layout.toolbar}>
        <h1>Secrets</h1>
        <span className={layout.spread} />
        {isAdmin && (
          <Button size="xs" leftSection={<Plus size={14} aria-hidden />} onClick={() => setCreating(true)}>
            New scope
          </Button>
        )}
      </div>
      <div className={layout.body} data-chosen={scope !== undefined || undefined}>
        <nav className={layout.list} aria-label="List of scopes">
          {error !== null && (
            <div className={layout.inset}>
              <ErrorNotice error={error} what="The scopes could not be read" onRetry={() => void refetch()} />
            </div>
          )}
          {data?.length === 0 && (
            <p className={`${layout.inset} dim`}>There is no scope that you may read.</p>
          )}
          {data !== undefined && data.length > 0 && (
            <ul className={layout.rows}>
              {data.map((name) => (
                <li key={name}>
                  <Link
                    {...linkTo(name)}
                    className={layout.row}
                    aria-current={name === scope ? 'true' : undefined}
                  >
                    <Lock size={14} aria-hidden />
                    <span className={layout.title} dir="auto">
                      {name}
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </nav>
        <section className={layout.detail} aria-label="What was chosen" {...scrollRegion}>
          {scope === undefined ? (
            <EmptyState icon={KeyRound} title="Programs read secrets by scope and key" code={FIRST}>
              <p>A scope is what rights are given on: who may read its secrets, write them, manage it.</p>
            </EmptyState>
          ) : (
            <>
              <BackLink to="/secrets">All scopes</BackLink>
              <ScopePanel key={scope} scope={scope} />
            </>
          )}
        </section>
      </div>
      {isCreating && (
        <NameDialog
          title="New scope"
          description="For secrets that the same people and programs may read. You will manage it."
          placeholder="warehouse"
          name=""
          maxLength={128}
          verbOf={() => 'Create scope'}
          onName={create}
          onClose={() => setCreating(false)}
        />
      )}
    </div>
  );
}

const FIRST = `from databricks.sdk import WorkspaceClient

w = WorkspaceClient(host="${serverUrl}")
password = w.dbutils.secrets.get(scope="warehouse", key="password")`;
