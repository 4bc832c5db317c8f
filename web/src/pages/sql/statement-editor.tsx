import { type Ref, useId } from 'react';
import type { ErrorPlace } from './error-place.ts';
import classes from './sql-page.module.css';

interface StatementEditorProps {
  readonly text: string;
  /** Marked, with a line under it. */
  readonly mistake: ErrorPlace | undefined;
  readonly isWrong: boolean;
  readonly input: Ref<HTMLTextAreaElement>;
  readonly onText: (text: string) => void;
  readonly onRun: () => void;
}

/** A field for a statement, as high as its lines; ⌘↵ or Ctrl+Enter runs it. */
export function StatementEditor({ text, mistake, isWrong, input, onText, onRun }: StatementEditorProps) {
  const hintId = useId();
  return (
    <div className={classes.editor} data-wrong={isWrong || undefined}>
      <div className={classes.mirror} aria-hidden>
        {mistake === undefined ? (
          text
        ) : (
          <>
            {text.slice(0, mistake.from)}
            <mark>{text.slice(mistake.from, mistake.to) || ' '}</mark>
            {text.slice(mistake.to)}
          </>
        )}
        {/* The last line has its height also while it is empty. */}
        {'\u200b'}
      </div>
      <textarea
        ref={input}
        className={classes.input}
        aria-label="Statement"
        aria-invalid={isWrong}
        aria-describedby={hintId}
        placeholder="SELECT run_id, status FROM system.mlflow.runs"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        value={text}
        onChange={({ currentTarget }) => onText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          onRun();
        }}
      />
      <span id={hintId} className="visually-hidden">
        Ctrl Enter runs it.
      </span>
    </div>
  );
}
