import { Button, Menu, Skeleton, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Ellipsis, Pencil, Plus, SquareArrowOutUpRight, Trash2, UserRound } from 'lucide-react';
import { useState } from 'react';
import { deleteContainer, objectQuery, renameObject } from '../../data/catalog.ts';
import { explanationQuery } from '../../data/grants.ts';
import { RequestError } from '../../data/request-error.ts';
import { labelOf, parentOf, registryName, type Securable } from '../../data/securables.ts';
import layout from '../../identity/list-detail.module.css';
import { TypedConfirmation } from '../../registry/typed-confirmation.tsx';
import { NameDialog } from '../../ui/name-dialog.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { CopyButton } from '../../ui/texts.tsx';
import { CatalogIcon } from './catalog-icon.tsx';
import { type CatalogSearch, linkTo } from './catalog-search.ts';
import { CreateDialog } from './create-dialog.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { OwnerDialog } from './owner-dialog.tsx';
import { RightsTab } from './rights-tab.tsx';

interface ObjectPanelProps {
  readonly on: Securable;
  readonly search: CatalogSearch;
  readonly onSearch: (search: CatalogSearch) => void;
}

type Open = 'schema' | 'rename' | 'owner' | 'delete';

/** One thing of the catalog: what it is, and who may do what with it. */
export function ObjectPanel({ on, search, onSearch }: ObjectPanelProps) {
  const isMetastore = on.type === 'metastore';
  const { data, error, refetch } = useQuery({ ...objectQuery(on), enabled: !isMetastore });
  const manages = useQuery(explanationQuery(on, { action: `${on.type}.manage` })).data?.allowed ?? false;
  const creates =
    useQuery({ ...explanationQuery(on, { action: 'catalog.create-schema' }), enabled: on.type === 'catalog' })
      .data?.allowed ?? false;
  const [open, setOpen] = useState<Open | undefined>();
  const close = () => setOpen(undefined);
  if (error !== null && data === undefined) {
    if (error instanceof RequestError && error.status === 404)
      return (
        <EmptyState title={`There is no such ${on.type}`}>
          <p>
            Nothing is called “<span dir="auto">{on.name}</span>” that you may see. It may have been renamed
            or deleted.
          </p>
        </EmptyState>
      );
    return (
      <ErrorNotice error={error} what={`The ${on.type} could not be read`} onRetry={() => void refetch()} />
    );
  }
  const tab = isMetastore ? 'rights' : (search.tab ?? 'overview');
  return (
    <>
      <div className={layout.header}>
        <CatalogIcon type={on.type} size={18} />
        <h2 className={layout.title} dir="auto" title={on.name}>
          {labelOf(on)}
        </h2>
        {!isMetastore && <CopyButton text={on.name} label="Copy the full name" />}
        <span className={layout.spread} />
        {on.type === 'model' && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<SquareArrowOutUpRight size={13} aria-hidden />}
            renderRoot={(props) => (
              <Link {...props} to="/models/$name" params={{ name: registryName(on.name) }} />
            )}
          >
            Versions
          </Button>
        )}
        {creates && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Plus size={13} aria-hidden />}
            onClick={() => setOpen('schema')}
          >
            New schema
          </Button>
        )}
        {manages && !isMetastore && <Actions on={on} onOpen={setOpen} />}
      </div>
      <Tabs
        value={tab}
        onChange={(next) => onSearch({ on: search.on, ...(next === 'rights' && { tab: 'rights' }) })}
      >
        <Tabs.List aria-label="Parts of the catalog's entry">
          {!isMetastore && <Tabs.Tab value="overview">Overview</Tabs.Tab>}
          <Tabs.Tab value="rights">Rights</Tabs.Tab>
        </Tabs.List>
      </Tabs>
      {tab === 'overview' &&
        (data === undefined ? (
          <Skeleton height={160} radius={6} />
        ) : (
          <OverviewTab on={on} object={data} manages={manages} />
        ))}
      {tab === 'rights' && <RightsTab on={on} manages={manages} search={search} onSearch={onSearch} />}
      {open === 'schema' && <CreateDialog type="schema" catalog={on.name} onClose={close} />}
      {open === 'rename' && <RenameDialog on={on} onClose={close} />}
      {open === 'owner' && <OwnerDialog on={on} owner={data?.owner ?? ''} onClose={close} />}
      {open === 'delete' && <DeleteDialog on={on} onClose={close} />}
    </>
  );
}

function Actions({ on, onOpen }: { readonly on: Securable; readonly onOpen: (open: Open) => void }) {
  const isContainer = on.type === 'catalog' || on.type === 'schema';
  return (
    <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`Actions of ${on.name}`}
          leftSection={<Ellipsis size={14} aria-hidden />}
        >
          Actions
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<UserRound size={14} aria-hidden />} onClick={() => onOpen('owner')}>
          Change the owner…
        </Menu.Item>
        {isContainer && (
          <Menu.Item leftSection={<Pencil size={14} aria-hidden />} onClick={() => onOpen('rename')}>
            Rename…
          </Menu.Item>
        )}
        {isContainer && (
          <Menu.Item
            color="red"
            leftSection={<Trash2 size={14} aria-hidden />}
            onClick={() => onOpen('delete')}
          >
            Delete…
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function RenameDialog({ on, onClose }: { readonly on: Securable; readonly onClose: () => void }) {
  const navigate = useNavigate();
  const before = labelOf(on);
  const rename = async (name: string) => {
    const show = (renamed: Securable) => navigate({ ...linkTo(renamed), replace: true });
    await renameObject(on, name, async (renamed) => {
      await show(renamed);
      notify({
        text: `“${before}” is called “${name}” now.`,
        undo: () => void renameObject(renamed, before, show).catch(notifyFailure),
      });
    });
  };
  return (
    <NameDialog
      title={`Rename ${on.type} ${before}`}
      description="All in it is called by the new name at once; programs that use the old one find nothing."
      name={before}
      maxLength={255}
      verbOf={() => 'Rename'}
      onName={rename}
      onClose={onClose}
    />
  );
}

function DeleteDialog({ on, onClose }: { readonly on: Securable; readonly onClose: () => void }) {
  const navigate = useNavigate();
  return (
    <TypedConfirmation
      isOpen
      title={`Delete ${on.type} ${on.name}`}
      word={on.name}
      action={`Delete ${on.type}`}
      onConfirm={async () => {
        const above = parentOf(on);
        await deleteContainer(on, async () => {
          await navigate(
            above === undefined || above.type === 'metastore' ? { to: '/catalog' } : linkTo(above),
          );
          notify({ text: `The ${on.type} ${on.name} is deleted.` });
        });
      }}
      onClose={onClose}
    >
      <p>
        {on.type === 'catalog' ? 'Its schemas, and all' : 'All'} models with their versions, tables and
        volumes with their files that are in it go with it, also those that you do not see, and all rights on
        them. None of it comes back.
      </p>
    </TypedConfirmation>
  );
}
