import { Button, Textarea } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import classes from './note-editor.module.css';
import { scrollRegion } from './scroll-region.ts';
import { SegmentedControl } from './segmented-control.tsx';

const Markdown = lazy(async () => ({ default: (await import('../viewers/markdown.tsx')).Markdown }));

interface NoteEditorProps {
  /** What is written: "Note", "Description". */
  readonly noun: string;
  readonly text: string;
  readonly placeholder?: string;
  /** More the server refuses; unlimited without it. */
  readonly mostLetters?: number;
  readonly minRows?: number;
  readonly isSaving: boolean;
  /** What must be decided before the text is saved; the text stays. */
  readonly conflict?: ReactNode;
  readonly onText: (text: string) => void;
  readonly onSave: () => void;
  readonly onCancel: () => void;
}

const count = (letters: number) => letters.toLocaleString('en-US');

/** Markdown that is being written, or looked at as it will be: saved by a button or by Ctrl Enter. */
export function NoteEditor(props: NoteEditorProps) {
  const { noun, text, mostLetters = Number.POSITIVE_INFINITY, minRows = 4, conflict } = props;
  const [way, setWay] = useState('write');
  const isTooLong = text.length > mostLetters;
  const canSave = !isTooLong && !conflict;
  return (
    <div className={classes.editor}>
      <span>
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
      </span>
      {way === 'write' ? (
        <Textarea
          aria-label={`${noun} in Markdown`}
          placeholder={props.placeholder}
          autosize
          minRows={minRows}
          maxRows={24}
          autoFocus
          dir="auto"
          value={text}
          error={isTooLong && `It holds ${count(mostLetters)} characters.`}
          onChange={(event) => props.onText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && canSave) props.onSave();
          }}
        />
      ) : (
        <section {...scrollRegion} className={classes.preview} aria-label={`${noun} as it will be`}>
          <Suspense fallback={null}>
            <Markdown text={text} />
          </Suspense>
        </section>
      )}
      {conflict}
      <div className={classes.foot}>
        <Button size="compact-sm" loading={props.isSaving} disabled={!canSave} onClick={props.onSave}>
          Save
        </Button>
        <Button size="compact-sm" variant="default" onClick={props.onCancel}>
          Cancel
        </Button>
        {Number.isFinite(mostLetters) && (
          <span className={classes.count}>
            {count(text.length)} of {count(mostLetters)}
          </span>
        )}
      </div>
    </div>
  );
}
