import { Button } from '@mantine/core';
import type { Experiment } from '@slipway/client';
import { Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { NoteEditor } from '../../ui/note-editor.tsx';
import { notifyFailure } from '../../ui/notices.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import classes from './experiment-note.module.css';
import { NOTE_TAG, saveNote } from './experiment-queries.ts';

const Markdown = lazy(async () => ({ default: (await import('../../viewers/markdown.tsx')).Markdown }));

/** An experiment's tag holds so many characters; the server refuses more. */
const MOST_LETTERS = 5000;

interface ExperimentNoteProps {
  readonly experiment: Experiment;
  readonly onClose: () => void;
}

/** What the experiment is about, in Markdown, to read and to write. */
export function ExperimentNote({ experiment, onClose }: ExperimentNoteProps) {
  const note = experiment.tags[NOTE_TAG] ?? '';
  const [draft, setDraft] = useState<string | undefined>(note === '' ? '' : undefined);
  const [isSaving, setSaving] = useState(false);
  const save = async () => {
    if (draft === undefined) return;
    setSaving(true);
    try {
      await saveNote(experiment, draft);
      setDraft(undefined);
      if (draft === '') onClose();
    } catch (error) {
      notifyFailure(error);
    } finally {
      setSaving(false);
    }
  };
  if (draft === undefined) {
    return (
      <section className={classes.note} aria-label="Description">
        <h2 className="visually-hidden">Description</h2>
        <div {...scrollRegion} className={classes.text} role="region" aria-label="Text of the description">
          <Suspense fallback={<pre className={classes.plain}>{note}</pre>}>
            <Markdown text={note} />
          </Suspense>
        </div>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<Pencil size={13} aria-hidden />}
          onClick={() => setDraft(note)}
        >
          Edit
        </Button>
      </section>
    );
  }
  return (
    <section className={classes.note} aria-label="Description">
      <h2 className="visually-hidden">Description</h2>
      <NoteEditor
        noun="Description"
        text={draft}
        placeholder="What is tried here, on what data, towards what goal"
        mostLetters={MOST_LETTERS}
        isSaving={isSaving}
        onText={setDraft}
        onSave={() => void save()}
        onCancel={() => (note === '' ? onClose() : setDraft(undefined))}
      />
    </section>
  );
}
