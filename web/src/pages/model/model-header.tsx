import { ActionIcon, Button, Group, Menu, Modal, TextInput } from '@mantine/core';
import type { RegisteredModel } from '@slipway/client';
import { useNavigate } from '@tanstack/react-router';
import { AtSign, Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { queryClient } from '../../data/query-client.ts';
import { client } from '../../data/server.ts';
import { Note } from '../../registry/note.tsx';
import { refreshModel } from '../../registry/registry-changes.ts';
import { TagList } from '../../registry/tag-list.tsx';
import { TypedConfirmation } from '../../registry/typed-confirmation.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { CopyButton, TimeText } from '../../ui/texts.tsx';
import classes from './model-page.module.css';

interface ModelHeaderProps {
  readonly model: RegisteredModel;
  /** Undefined as long as there is no version that an alias could point at. */
  readonly onAlias: (() => void) | undefined;
}

export function ModelHeader({ model, onAlias }: ModelHeaderProps) {
  const { name } = model;
  const [dialog, setDialog] = useState<'rename' | 'delete' | undefined>();
  const navigate = useNavigate();
  const close = () => setDialog(undefined);
  useShortcut('e', 'Rename this model', () => setDialog('rename'));
  const changes = {
    async set(key: string, value: string) {
      await client.registeredModels.setTag(name, { key, value });
      await refreshModel(name);
    },
    async remove(key: string) {
      await client.registeredModels.deleteTag(name, key);
      await refreshModel(name);
    },
  };
  return (
    <header className={classes.header}>
      <div className={classes.titleLine}>
        <h1 className={classes.title} dir="auto" title={name}>
          {name}
        </h1>
        <CopyButton text={name} label="Copy the name" />
        <span className={classes.spread} />
        <span className={classes.times}>
          Created <TimeText timeMs={model.createdAtMs} />, changed <TimeText timeMs={model.updatedAtMs} />
        </span>
        {onAlias !== undefined && (
          <Button size="xs" leftSection={<AtSign size={14} aria-hidden />} onClick={onAlias}>
            Set an alias
          </Button>
        )}
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="default" size={30} aria-label="Actions of this model">
              <Ellipsis size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<Pencil size={14} aria-hidden />} onClick={() => setDialog('rename')}>
              Rename
            </Menu.Item>
            <Menu.Item
              color="red"
              leftSection={<Trash2 size={14} aria-hidden />}
              onClick={() => setDialog('delete')}
            >
              Delete
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <TagList tags={model.tags} changes={changes} />
      <Note
        text={model.description}
        whenEmpty="No description yet: what it predicts, from what, and who answers for it."
        onSave={async (description) => {
          await client.registeredModels.update(name, { description });
          await refreshModel(name);
        }}
      />
      <RenameDialog name={name} isOpen={dialog === 'rename'} onClose={close} />
      <TypedConfirmation
        isOpen={dialog === 'delete'}
        title="Delete this model"
        word={name}
        action="Delete for good"
        onClose={close}
        onConfirm={async () => {
          await client.registeredModels.delete(name);
          // Left before anything asks for it again.
          await navigate({ to: '/models' });
          queryClient.removeQueries({ queryKey: ['model', name] });
          await queryClient.invalidateQueries({ queryKey: ['models'] });
        }}
      >
        Its name, all versions, aliases and tags go at once and do not come back. Runs and the files that they
        logged stay.
      </TypedConfirmation>
    </header>
  );
}

function RenameDialog({
  name,
  isOpen,
  onClose,
}: {
  readonly name: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Rename this model">
      <RenameForm name={name} onClose={onClose} />
    </Modal>
  );
}

function RenameForm({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [typed, setTyped] = useState(name);
  const [problem, setProblem] = useState<string | undefined>();
  const navigate = useNavigate();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await client.registeredModels.rename(name, typed);
      onClose();
      await navigate({ to: '/models/$name', params: { name: typed }, replace: true });
      await refreshModel(typed);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <TextInput
        label="Name"
        description={`Code that loads models:/${name}/… finds nothing from then on; versions, aliases and tags go along.`}
        value={typed}
        error={problem}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        data-autofocus
      />
      <Group justify="flex-end" gap="sm" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={typed.trim() === '' || typed === name}>
          Rename
        </Button>
      </Group>
    </form>
  );
}
