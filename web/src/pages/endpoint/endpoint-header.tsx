import { ActionIcon, Button, Menu } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { changeEndpointTags, deleteEndpoint, type EndpointDetails } from '../../data/endpoints.ts';
import facts from '../../registry/facts-page.module.css';
import { TagList } from '../../registry/tag-list.tsx';
import { TypedConfirmation } from '../../registry/typed-confirmation.tsx';
import { stateOf } from '../../serving/endpoint-state.ts';
import { notify } from '../../ui/notices.tsx';
import { renderWhole } from '../../ui/numbers.ts';
import { Status } from '../../ui/status.tsx';
import { CopyButton } from '../../ui/texts.tsx';
import classes from './endpoint-page.module.css';

interface EndpointHeaderProps {
  readonly endpoint: EndpointDetails;
  readonly address: string;
  readonly onUpdate: () => void;
  /** It is being deleted, or is not after all. */
  readonly onGoing: (isGoing: boolean) => void;
}

/** What the endpoint is called, how it is, and what can be done with it. */
export function EndpointHeader({ endpoint, address, onUpdate, onGoing }: EndpointHeaderProps) {
  const { name, tags, update, permission_level: level } = endpoint;
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const manages = level === 'CAN_MANAGE';
  return (
    <header className={classes.header}>
      <div className={facts.header}>
        <h1 className={facts.title} title={name}>
          {name}
        </h1>
        <CopyButton text={name} label="Copy the name" />
        <Status status={stateOf(endpoint)} />
        <span className={facts.spread} />
        {manages && (
          <>
            <Button
              size="xs"
              leftSection={<Pencil size={14} aria-hidden />}
              disabled={update === 'IN_PROGRESS'}
              title={update === 'IN_PROGRESS' ? 'Another configuration is on its way' : undefined}
              onClick={onUpdate}
            >
              Update…
            </Button>
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <ActionIcon variant="default" size={30} aria-label="Actions of this endpoint">
                  <Ellipsis size={16} aria-hidden />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  color="red"
                  leftSection={<Trash2 size={14} aria-hidden />}
                  onClick={() => setDeleting(true)}
                >
                  Delete…
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        )}
      </div>
      <div className={classes.address}>
        <span className="mono" title={address}>
          {address}
        </span>
        <CopyButton text={address} label="Copy the address that programs ask" />
      </div>
      {manages ? (
        <TagList
          tags={Object.fromEntries(tags.map(({ key, value }) => [key, value]))}
          changes={{
            set: (key, value) => changeEndpointTags(name, { set: { [key]: value } }),
            remove: (key) => changeEndpointTags(name, { remove: [key] }),
          }}
        />
      ) : (
        tags.length > 0 && (
          <ul className={classes.tags} aria-label="Tags">
            {tags.map(({ key, value }) => (
              <li key={key} dir="auto">
                <span className="dim">{key}</span>
                {value !== '' && `: ${value}`}
              </li>
            ))}
          </ul>
        )
      )}
      <TypedConfirmation
        isOpen={isDeleting}
        title={`Delete ${name}`}
        word={name}
        action="Delete for good"
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          // Nothing asks for it again from here on.
          onGoing(true);
          try {
            await deleteEndpoint(name, async () => navigate({ to: '/endpoints' }));
          } catch (error) {
            onGoing(false);
            throw error;
          }
          notify({ text: `The endpoint ${name} is deleted.` });
        }}
      >
        <ul className={classes.breaks}>
          {whatBreaks(endpoint, address).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </TypedConfirmation>
    </header>
  );
}

function whatBreaks(endpoint: EndpointDetails, address: string): readonly string[] {
  const { recent, active, table, processes } = endpoint;
  const asked =
    recent.requests === 0
      ? 'This server process answered none in the last 5 minutes.'
      : `This server process answered ${renderWhole(recent.requests)} in the last 5 minutes.`;
  return [
    `Every program that asks ${address} gets an error from then on. ${asked}`,
    ...(active === undefined || processes.length === 0
      ? []
      : [`The processes of ${active.entities.map(({ name }) => name).join(', ')} end.`]),
    ...(table === undefined ? [] : [`The table ${table.name} stays, with its rows; nothing is added to it.`]),
    'Its configurations, its tags and the permissions on it go and do not come back.',
    'The models stay; their versions can be deleted again.',
  ];
}
