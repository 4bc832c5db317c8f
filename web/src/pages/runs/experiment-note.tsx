import { Button, SegmentedControl, Textarea } from '@mantine/core';
import type { Experiment } from '@slipway/client';
import { Pencil } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
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
  const [way, setWay] = useState('write');
  const [isSaving, setSaving] = useState(false);
  const save = async () => {
    if (draft === undefined || draft.length > MOST_LETTERS) return;
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
  const rendered = (text: string) => (
    <Suspense fallback={<pre className={classes.plain}>{text}</pre>}>
      <Markdown text={text} />
    </Suspense>
  );
  if (draft === undefined) {
    return (
      <section className={classes.note} aria-label="Description">
        <h2 className="visually-hidden">Description</h2>
        <div {...scrollRegion} className={classes.text} role="region" aria-label="Text of the description">
          {rendered(note)}
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
    <section className={classes.editor} aria-label="Description">
      <h2 className="visually-hidden">Description</h2>
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
      {way === 'write' ? (
        <Textarea
          aria-label="Description in Markdown"
          placeholder="What is tried here, on what data, towards what goal"
          autosize
          minRows={4}
          maxRows={12}
          autoFocus
          dir="auto"
          value={draft}
          error={
            draft.length > MOST_LETTERS &&
            `A description holds ${MOST_LETTERS.toLocaleString('en-US')} characters.`
          }
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save();
          }}
        />
      ) : (
        <div className={classes.text}>{rendered(draft)}</div>
      )}
      <div className={classes.buttons}>
        <Button size="compact-sm" loading={isSaving} onClick={() => void save()}>
          Save
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => (note === '' ? onClose() : setDraft(undefined))}
        >
          Cancel
        </Button>
      </div>
    </section>
  );
}
