import { Button, Menu, Skeleton, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Ellipsis, KeyRound, Trash2 } from 'lucide-react';
import { useState } from 'react';
import {
  deletePrincipal,
  type Principal,
  type PrincipalKind,
  principalQuery,
  setActive,
} from '../../data/principals.ts';
import { RequestError } from '../../data/request-error.ts';
import layout from '../../identity/list-detail.module.css';
import { TypedConfirmation } from '../../registry/typed-confirmation.tsx';
import { Facts } from '../../ui/facts.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { Panel } from '../../ui/panel.tsx';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { IdText } from '../../ui/texts.tsx';
import { linkTo } from './access-search.ts';
import { GroupsPanel, MembersPanel } from './memberships.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { TokenForDialog } from './token-for-dialog.tsx';

/** One user, group or service principal: what they are, and which groups connect them to others. */
export function PrincipalPanel({ kind, id }: { readonly kind: PrincipalKind; readonly id: string }) {
  const { data, error, refetch } = useQuery(principalQuery(kind, id));
  if (error !== null && data === undefined) {
    if (error instanceof RequestError && error.status === 404)
      return (
        <EmptyState title="Nobody has this number">
          <p>They may have been deleted.</p>
        </EmptyState>
      );
    return <ErrorNotice error={error} what="This could not be read" onRetry={() => void refetch()} />;
  }
  if (data === undefined) return <Skeleton height={160} radius={6} />;
  return (
    <>
      <PanelHeader principal={data} />
      <Panel title="About">
        <Facts
          facts={[
            ['Named in grants', <IdText key="name" id={data.name} what="the name" />],
            ['Number', <IdText key="id" id={data.id} what="the number" />],
            ['State', kind === 'group' ? undefined : data.isActive ? 'Active' : 'Deactivated'],
          ]}
        />
      </Panel>
      {kind === 'group' && <MembersPanel group={data} />}
      <GroupsPanel principal={data} />
    </>
  );
}

function PanelHeader({ principal }: { readonly principal: Principal }) {
  const { kind } = principal;
  const [open, setOpen] = useState<'delete' | 'password' | 'token' | undefined>();
  const close = () => setOpen(undefined);
  return (
    <div className={layout.header}>
      <h2 className={layout.title} dir="auto" title={principal.displayName}>
        {principal.displayName}
      </h2>
      <span className={layout.spread} />
      {kind !== 'group' && (
        <Switch
          size="sm"
          label="Active"
          aria-label={`${principal.displayName} is active`}
          checked={principal.isActive}
          onChange={({ currentTarget }) => void activate(principal, currentTarget.checked)}
        />
      )}
      {kind === 'service-principal' && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<KeyRound size={13} aria-hidden />}
          onClick={() => setOpen('token')}
        >
          New token
        </Button>
      )}
      <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Actions of ${principal.displayName}`}
            leftSection={<Ellipsis size={14} aria-hidden />}
          >
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {kind === 'user' && (
            <Menu.Item leftSection={<KeyRound size={14} aria-hidden />} onClick={() => setOpen('password')}>
              Set a password…
            </Menu.Item>
          )}
          <Menu.Item
            color="red"
            leftSection={<Trash2 size={14} aria-hidden />}
            onClick={() => setOpen('delete')}
          >
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === 'password' && <PasswordDialog name={principal.name} onClose={close} />}
      {open === 'token' && <TokenForDialog principal={principal} onClose={close} />}
      {open === 'delete' && <DeleteDialog principal={principal} onClose={close} />}
    </div>
  );
}

async function activate(principal: Principal, isActive: boolean): Promise<void> {
  try {
    await setActive(principal, isActive);
    notify({
      text: `${principal.displayName} ${isActive ? 'may sign in again' : 'is refused everywhere, and keeps what they own'}.`,
      about: `activity of ${principal.id}`,
      undo: () => void setActive(principal, !isActive).catch(notifyFailure),
    });
  } catch (error) {
    notifyFailure(error);
  }
}

function DeleteDialog({
  principal,
  onClose,
}: {
  readonly principal: Principal;
  readonly onClose: () => void;
}) {
  const navigate = useNavigate();
  return (
    <TypedConfirmation
      isOpen
      title={`Delete ${principal.displayName}`}
      word={principal.name}
      action="Delete"
      onConfirm={async () => {
        await deletePrincipal(principal, () => navigate(linkTo(principal.kind)));
        notify({ text: `${principal.displayName} is deleted.` });
      }}
      onClose={onClose}
    >
      <p>
        {principal.kind === 'group'
          ? 'What was granted to it is taken from its members.'
          : 'Their tokens stop working, and what was granted to them is gone.'}{' '}
        What they own goes to the administrators. It does not come back
        {principal.kind === 'group' ? '.' : '; to shut them out for a while, deactivate them instead.'}
      </p>
    </TypedConfirmation>
  );
}
