import type { Run } from '@slipway/client';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { RequestError } from '../../data/request-error.ts';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { editTag } from './run-actions.ts';

export interface TagDraft {
  readonly text: string;
  readonly isSaving: boolean;
  /** Somebody else changed the tag since the editing began: what it is now; null where it was removed. */
  readonly theirs: string | null | undefined;
  setText(text: string): void;
  /** Takes note of their value, so that saving replaces it knowingly. */
  acceptTheirs(): void;
  /** @returns whether it was saved; a conflict shows as `theirs`, and the draft stays. */
  save(): Promise<boolean>;
}

/**
 * A value of a tag while it is edited. It is saved only over the value that the editor has seen: what somebody else
 * wrote meanwhile is shown beside the draft, and neither is lost.
 */
export function useTagDraft(run: Run, key: string): TagDraft {
  const queries = useQueryClient();
  const current = run.tags[key];
  const [seen, setSeen] = useState(current);
  const [text, setText] = useState(current ?? '');
  const [isSaving, setSaving] = useState(false);
  // The same words from two people are no conflict.
  const hasChanged = current !== seen && current !== text;
  const save = async (): Promise<boolean> => {
    if (hasChanged) return false;
    setSaving(true);
    try {
      await editTag(queries, run.runId, { key, value: text, seen });
      offerUndo(text);
      return true;
    } catch (error) {
      if (!isConflict(error)) notifyFailure(error);
      return false;
    } finally {
      setSaving(false);
    }
  };
  const offerUndo = (saved: string) => {
    if (saved === seen) return;
    notify({
      text: key === NOTE_TAG ? 'The note is saved.' : `The tag “${shortened(key)}” is saved.`,
      undo: () => {
        editTag(queries, run.runId, { key, value: seen, seen: saved }).catch(notifyFailure);
      },
    });
  };
  return {
    text,
    isSaving,
    theirs: hasChanged ? (current ?? null) : undefined,
    setText,
    acceptTheirs: () => setSeen(current),
    save,
  };
}

export const NOTE_TAG = 'mlflow.note.content';

const MOST_LETTERS = 60;
export const shortened = (text: string): string =>
  text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;

const isConflict = (error: unknown): boolean =>
  error instanceof RequestError && error.code === 'RESOURCE_CONFLICT';
