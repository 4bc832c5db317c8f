import { CloseButton } from '@mantine/core';
import { useEffect, useSyncExternalStore } from 'react';
import classes from './notices.module.css';

/** A short word at the foot of the page: what was done, and the way back; or what could not be done. */
export interface Notice {
  readonly text: string;
  readonly tone?: 'plain' | 'failed';
  /** What was changed: an earlier notice about the same goes, for its way back would no longer lead where it says. */
  readonly about?: string;
  /** The way back, offered for some seconds. */
  readonly undo?: () => void;
}

interface Shown extends Notice {
  readonly id: number;
}

const SHOWN_MS = 8000;
const MOST = 4;

let shown: readonly Shown[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function change(next: readonly Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

const dismiss = (id: number) => change(shown.filter((notice) => notice.id !== id));

/** Shows a notice until it is closed or its time is over; failures stay until they are closed. */
export function notify(notice: Notice): void {
  const others = notice.about === undefined ? shown : shown.filter(({ about }) => about !== notice.about);
  change([...others, { ...notice, id: nextId++ }].slice(-MOST));
}

/** For the `catch` of an action: says what went wrong. */
export function notifyFailure(error: unknown): void {
  notify({ text: error instanceof Error ? error.message : String(error), tone: 'failed' });
}

export function Notices() {
  const notices = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    <section className={classes.notices} aria-label="Notices" aria-live="polite">
      {notices.map((notice) => (
        <NoticeBar key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function NoticeBar({ notice }: { readonly notice: Shown }) {
  const { id, text, tone, undo } = notice;
  useEffect(() => {
    if (tone === 'failed') return;
    const timer = setTimeout(() => dismiss(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, tone]);
  return (
    <div className={classes.notice} data-tone={tone} role={tone === 'failed' ? 'alert' : undefined}>
      <span>{text}</span>
      {undo && (
        <button
          type="button"
          className={classes.undo}
          onClick={() => {
            dismiss(id);
            undo();
          }}
        >
          Undo
        </button>
      )}
      <CloseButton size="sm" aria-label="Close this notice" onClick={() => dismiss(id)} />
    </div>
  );
}
