import { Button, Skeleton } from '@mantine/core';
import type { Run } from '@slipway/client';
import { Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { ConflictNotice } from '../../ui/conflict-notice.tsx';
import { NoteEditor } from '../../ui/note-editor.tsx';
import classes from './note-panel.module.css';
import { Panel } from './panel.tsx';
import { NOTE_TAG, useTagDraft } from './use-tag-draft.ts';

const Markdown = lazy(async () => ({ default: (await import('../../viewers/markdown.tsx')).Markdown }));

/** A tag holds so many characters; the server refuses more. */
const MOST_LETTERS = 8000;

/** What people say about the run, in Markdown. */
export function NotePanel({ run }: { readonly run: Run }) {
  const [isEditing, setEditing] = useState(false);
  const note = run.tags[NOTE_TAG] ?? '';
  const canEdit = run.lifecycleStage === 'active';
  if (isEditing) return <NoteDraft run={run} onEnd={() => setEditing(false)} />;
  if (note === '') {
    if (!canEdit) return null;
    return (
      <button type="button" className={classes.invitation} onClick={() => setEditing(true)}>
        <Pencil size={14} aria-hidden /> Add a note: what you tried, what you saw, what comes next
      </button>
    );
  }
  return (
    <Panel
      title="Note"
      tools={
        canEdit && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            leftSection={<Pencil size={13} aria-hidden />}
            onClick={() => setEditing(true)}
          >
            Edit
          </Button>
        )
      }
    >
      <div className={classes.note}>
        <Suspense fallback={<Skeleton height={72} />}>
          <Markdown text={note} />
        </Suspense>
      </div>
    </Panel>
  );
}

function NoteDraft({ run, onEnd }: { readonly run: Run; readonly onEnd: () => void }) {
  const draft = useTagDraft(run, NOTE_TAG);
  const { text, theirs } = draft;
  const save = async () => {
    if (await draft.save()) onEnd();
  };
  return (
    <Panel title="Note">
      <NoteEditor
        noun="Note"
        text={text}
        mostLetters={MOST_LETTERS}
        minRows={6}
        isSaving={draft.isSaving}
        conflict={
          theirs !== undefined && (
            <ConflictNotice
              what="This note"
              theirs={theirs}
              onKeepMine={draft.acceptTheirs}
              onTakeTheirs={onEnd}
              onKeepBoth={() => {
                draft.setText(`${theirs ?? ''}\n\n---\n\n${text}`);
                draft.acceptTheirs();
              }}
            />
          )
        }
        onText={draft.setText}
        onSave={() => void save()}
        onCancel={onEnd}
      />
    </Panel>
  );
}
