import { Button } from '@mantine/core';
import { ChevronDown, ChevronUp, Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { ConflictNotice } from '../ui/conflict-notice.tsx';
import { NoteEditor } from '../ui/note-editor.tsx';
import { notifyFailure } from '../ui/notices.tsx';
import classes from './note.module.css';
import { useSize } from './use-size.ts';

const Markdown = lazy(() =>
  import('../viewers/markdown.tsx').then((module) => ({ default: module.Markdown })),
);

interface NoteProps {
  readonly text: string;
  /** What stands there as long as there is no text. */
  readonly whenEmpty: string;
  readonly onSave: (text: string) => Promise<void>;
}

/** Longer texts show their beginning, until all of them is asked for. */
const FOLDED_PX = 120;
/** A fold that hides less than this is not worth it. */
const LEAST_HIDDEN_PX = 40;

/** A description in Markdown, edited in place. */
export function Note({ text, whenEmpty, onSave }: NoteProps) {
  /** The text when editing began, to see whether somebody else has changed it since. */
  const [editedFrom, setEditedFrom] = useState<string | undefined>();
  if (editedFrom !== undefined) {
    return (
      <NoteForm
        from={editedFrom}
        theirs={text}
        onSave={onSave}
        onSeen={() => setEditedFrom(text)}
        onEnd={() => setEditedFrom(undefined)}
      />
    );
  }
  return (
    <div className={classes.note}>
      {text === '' ? <div className="dim">{whenEmpty}</div> : <Folded text={text} />}
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        className={classes.edit}
        leftSection={<Pencil size={12} aria-hidden />}
        onClick={() => setEditedFrom(text)}
      >
        {text === '' ? 'Describe it' : 'Edit the description'}
      </Button>
    </div>
  );
}

function Folded({ text }: { readonly text: string }) {
  const [content, { height }] = useSize();
  const [isOpen, setOpen] = useState(false);
  const isLong = height > FOLDED_PX + LEAST_HIDDEN_PX;
  return (
    <>
      <div className={classes.text} data-folded={(isLong && !isOpen) || undefined}>
        <div ref={content}>
          <Suspense
            fallback={
              <div className={classes.plain} dir="auto">
                {text}
              </div>
            }
          >
            <Markdown text={text} />
          </Suspense>
        </div>
      </div>
      {isLong && (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          className={classes.edit}
          aria-expanded={isOpen}
          leftSection={isOpen ? <ChevronUp size={12} aria-hidden /> : <ChevronDown size={12} aria-hidden />}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Show less' : 'Show all of it'}
        </Button>
      )}
    </>
  );
}

interface NoteFormProps {
  readonly from: string;
  /** The text as it is on the server now. */
  readonly theirs: string;
  readonly onSave: (text: string) => Promise<void>;
  /** What somebody else wrote may be replaced. */
  readonly onSeen: () => void;
  readonly onEnd: () => void;
}

function NoteForm({ from, theirs, onSave, onSeen, onEnd }: NoteFormProps) {
  const [draft, setDraft] = useState(from);
  const [isBusy, setBusy] = useState(false);
  const isOvertaken = theirs !== from;
  const save = async () => {
    setBusy(true);
    try {
      await onSave(draft);
      onEnd();
    } catch (error) {
      notifyFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={classes.note}>
      <NoteEditor
        noun="Description"
        text={draft}
        isSaving={isBusy}
        conflict={
          isOvertaken && (
            <ConflictNotice
              what="This description"
              theirs={theirs}
              onKeepMine={onSeen}
              onTakeTheirs={onEnd}
              onKeepBoth={() => {
                setDraft(`${theirs}\n\n---\n\n${draft}`);
                onSeen();
              }}
            />
          )
        }
        onText={setDraft}
        onSave={() => void save()}
        onCancel={onEnd}
      />
    </div>
  );
}
