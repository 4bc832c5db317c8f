import { ActionIcon, Button } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { notify, notifyFailure } from '../ui/notices.tsx';
import { TagForm } from '../ui/tag-form.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
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
        <TagForm onAdd={(key, value) => changes.set(key, value)} onEnd={() => setAdding(false)} />
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

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
