import { ActionIcon, Button, Group, TextInput, Tooltip } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { notify, notifyFailure } from '../ui/notices.tsx';
import classes from './tag-list.module.css';

/** How tags of a thing are changed on the server. */
export interface TagChanges {
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}

interface TagListProps {
  readonly tags: Readonly<Record<string, string>>;
  readonly changes: TagChanges;
}

/** Tags to be seen, added, changed by adding them again, and removed with a way back. */
export function TagList({ tags, changes }: TagListProps) {
  const [isAdding, setAdding] = useState(false);
  const keys = Object.keys(tags).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const remove = async (key: string) => {
    const value = tags[key] ?? '';
    try {
      await changes.remove(key);
      notify({
        text: `The tag “${shortened(key)}” is removed.`,
        undo: () => void changes.set(key, value).catch(notifyFailure),
      });
    } catch (error) {
      notifyFailure(error);
    }
  };
  return (
    <div className={classes.tags}>
      {keys.map((key) => (
        <span key={key} className={classes.tag} title={`${key}: ${tags[key]}`}>
          <span className={classes.text} dir="auto">
            <span className={classes.key}>{key}</span>
            {tags[key] !== '' && <>: {tags[key]}</>}
          </span>
          <Tooltip label="Remove">
            <ActionIcon
              size={18}
              variant="subtle"
              color="gray"
              aria-label={`Remove the tag ${shortened(key)}`}
              onClick={() => void remove(key)}
            >
              <X size={11} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </span>
      ))}
      {isAdding ? (
        <TagForm changes={changes} onEnd={() => setAdding(false)} />
      ) : (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<Plus size={12} aria-hidden />}
          onClick={() => setAdding(true)}
        >
          Tag
        </Button>
      )}
    </div>
  );
}

function TagForm({ changes, onEnd }: { readonly changes: TagChanges; readonly onEnd: () => void }) {
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await changes.set(key.trim(), value);
      onEnd();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form
      onSubmit={(event) => void submit(event)}
      onKeyDown={({ key: pressed }) => pressed === 'Escape' && onEnd()}
    >
      <Group gap={4} align="flex-start">
        <TextInput
          size="xs"
          aria-label="Name of the tag"
          placeholder="name"
          autoFocus
          value={key}
          error={problem}
          onChange={({ currentTarget }) => setKey(currentTarget.value)}
        />
        <TextInput
          size="xs"
          aria-label="Value of the tag"
          placeholder="value"
          value={value}
          onChange={({ currentTarget }) => setValue(currentTarget.value)}
        />
        <Button type="submit" size="xs" disabled={key.trim() === ''}>
          Save
        </Button>
        <Button size="xs" variant="default" onClick={onEnd}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
