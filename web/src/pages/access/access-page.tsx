import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Lock, Plus, Search } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { principalQuery } from '../../data/principals.ts';
import { useIsAdmin } from '../../data/session.ts';
import layout from '../../identity/list-detail.module.css';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState } from '../../ui/states.tsx';
import { type AccessTab, linkTo, readAccessSearch } from './access-search.ts';
import { CreatePrincipalDialog } from './create-principal-dialog.tsx';
import { PrincipalPane } from './principal-pane.tsx';
import { TokenTable } from './token-table.tsx';

const TYPING_MS = 200;

const TABS: readonly { readonly value: AccessTab; readonly label: string }[] = [
  { value: 'user', label: 'Users' },
  { value: 'group', label: 'Groups' },
  { value: 'service-principal', label: 'Service principals' },
  { value: 'tokens', label: 'Tokens' },
];

/** Who there is: users, groups, service principals, and the tokens of all. For administrators. */
export function AccessPage() {
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = useMemo(() => readAccessSearch(address), [address]);
  const show = search.show ?? 'user';
  const isAdmin = useIsAdmin();
  const chosen = useQuery({
    ...principalQuery(show === 'tokens' ? 'user' : show, search.id ?? ''),
    enabled: isAdmin === true && show !== 'tokens' && search.id !== undefined,
  }).data;
  useCrumbs([
    ...(chosen === undefined
      ? [{ label: 'Access' }]
      : [{ label: 'Access', link: linkTo(show) }, { label: chosen.displayName }]),
  ]);
  const navigate = useNavigate();
  const [text, setText] = useState(search.q ?? '');
  const [isCreating, setCreating] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const send = useDebouncedCallback((q: string) => {
    void navigate({ ...linkTo(show, search.id, q), replace: true });
  }, TYPING_MS);
  useShortcut('/', 'Search', () => input.current?.focus());
  useShortcut('n', 'New user, group or service principal', () => show !== 'tokens' && setCreating(true));
  if (isAdmin === undefined) return null;
  if (!isAdmin)
    return (
      <EmptyState icon={Lock} title="Users and groups are for administrators" isWholePage>
        <p>Ask one of them for what you lack. Your own tokens stand in the settings.</p>
      </EmptyState>
    );
  return (
    <div className={layout.page}>
      <div className={layout.toolbar}>
        <h1>Access</h1>
        <SegmentedControl
          size="xs"
          aria-label="Who is listed"
          value={show}
          data={[...TABS]}
          onChange={(next) => {
            setText('');
            void navigate(linkTo(next as AccessTab));
          }}
        />
        <TextInput
          ref={input}
          className={layout.search}
          size="xs"
          type="search"
          aria-label={show === 'tokens' ? 'Search tokens' : 'Search by name'}
          placeholder={show === 'tokens' ? 'Search by owner or purpose' : 'Search by name'}
          leftSection={<Search size={14} aria-hidden />}
          value={text}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value);
            send(currentTarget.value);
          }}
        />
        <span className={layout.spread} />
        {show !== 'tokens' && (
          <Button size="xs" leftSection={<Plus size={14} aria-hidden />} onClick={() => setCreating(true)}>
            New {WORDS[show]}
          </Button>
        )}
      </div>
      {show === 'tokens' ? (
        <TokenTable text={search.q ?? ''} />
      ) : (
        <PrincipalPane key={show} kind={show} text={search.q ?? ''} id={search.id} />
      )}
      {isCreating && show !== 'tokens' && (
        <CreatePrincipalDialog kind={show} onClose={() => setCreating(false)} />
      )}
    </div>
  );
}

const WORDS = { user: 'user', group: 'group', 'service-principal': 'service principal' } as const;
