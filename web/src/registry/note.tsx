import { Button, Group, Textarea } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { notifyFailure } from '../ui/notices.tsx';
import classes from './note.module.css';

const Markdown = lazy(() =>
  import('../viewers/markdown.tsx').then((module) => ({ default: module.Markdown })),
);

interface NoteProps {
  readonly text: string;
  /** What stands there as long as there is no text. */
  readonly whenEmpty: string;
  readonly onSave: (text: string) => Promise<void>;
}

/** A description in Markdown, edited in place. */
export function Note({ text, whenEmpty, onSave }: NoteProps) {
  const [draft, setDraft] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await onSave(draft ?? '');
      setDraft(undefined);
    } catch (error) {
      notifyFailure(error);
    } finally {
      setBusy(false);
    }
  };
  if (draft !== undefined) {
    return (
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Textarea
          aria-label="Description"
          description="Markdown"
          autosize
          minRows={3}
          maxRows={20}
          autoFocus
          value={draft}
          onChange={({ currentTarget }) => setDraft(currentTarget.value)}
        />
        <Group gap="sm">
          <Button type="submit" size="xs" loading={isBusy}>
            Save
          </Button>
          <Button size="xs" variant="default" onClick={() => setDraft(undefined)}>
            Cancel
          </Button>
        </Group>
      </form>
    );
  }
  return (
    <div className={classes.note}>
      {text === '' ? (
        <span className="dim">{whenEmpty}</span>
      ) : (
        <Suspense fallback={<div dir="auto">{text}</div>}>
          <Markdown text={text} />
        </Suspense>
      )}
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        leftSection={<Pencil size={12} aria-hidden />}
        onClick={() => setDraft(text)}
      >
        {text === '' ? 'Describe it' : 'Edit'}
      </Button>
    </div>
  );
}
