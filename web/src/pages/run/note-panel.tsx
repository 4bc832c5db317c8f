import { Button, SegmentedControl, Skeleton, Textarea } from '@mantine/core';
import type { Run } from '@slipway/client';
import { Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { ConflictNotice } from './conflict-notice.tsx';
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
  if (isEditing) return <NoteEditor run={run} onEnd={() => setEditing(false)} />;
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

function NoteEditor({ run, onEnd }: { readonly run: Run; readonly onEnd: () => void }) {
  const draft = useTagDraft(run, NOTE_TAG);
  const [way, setWay] = useState('write');
  const { text, theirs } = draft;
  const isTooLong = text.length > MOST_LETTERS;
  const save = async () => {
    if (!isTooLong && (await draft.save())) onEnd();
  };
  return (
    <Panel
      title="Note"
      tools={
        <SegmentedControl
          size="xs"
          aria-label="Write or look"
          data={[
            { value: 'write', label: 'Write' },
            { value: 'preview', label: 'Preview' },
          ]}
          value={way}
          onChange={setWay}
        />
      }
    >
      {way === 'write' ? (
        <Textarea
          aria-label="Note in Markdown"
          autosize
          minRows={6}
          maxRows={24}
          autoFocus
          dir="auto"
          value={text}
          error={isTooLong && `A note holds ${MOST_LETTERS.toLocaleString('en-US')} characters.`}
          onChange={(event) => draft.setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save();
            if (event.key === 'Escape' && text === (run.tags[NOTE_TAG] ?? '')) onEnd();
          }}
        />
      ) : (
        <div className={classes.note}>
          <Suspense fallback={null}>
            <Markdown text={text} />
          </Suspense>
        </div>
      )}
      {theirs !== undefined && (
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
      )}
      <div className={classes.foot}>
        <Button
          size="compact-sm"
          loading={draft.isSaving}
          disabled={theirs !== undefined || isTooLong}
          onClick={() => void save()}
        >
          Save
        </Button>
        <Button size="compact-sm" variant="default" onClick={onEnd}>
          Cancel
        </Button>
        <span className={classes.count}>
          {text.length.toLocaleString('en-US')} of {MOST_LETTERS.toLocaleString('en-US')}
        </span>
      </div>
    </Panel>
  );
}
