import { CircleCheck, CircleDashed, CircleDot, CircleX, type LucideIcon, OctagonX } from 'lucide-react';
import classes from './status.module.css';

type Tone = 'running' | 'ok' | 'warning' | 'failed' | 'waiting';

interface Look {
  readonly tone: Tone;
  readonly word: string;
  readonly icon: LucideIcon;
}

const LOOKS: Readonly<Record<string, Look>> = {
  RUNNING: { tone: 'running', word: 'Running', icon: CircleDot },
  SCHEDULED: { tone: 'waiting', word: 'Scheduled', icon: CircleDashed },
  FINISHED: { tone: 'ok', word: 'Finished', icon: CircleCheck },
  FAILED: { tone: 'failed', word: 'Failed', icon: CircleX },
  KILLED: { tone: 'warning', word: 'Killed', icon: OctagonX },
  READY: { tone: 'ok', word: 'Ready', icon: CircleCheck },
  PENDING_REGISTRATION: { tone: 'waiting', word: 'Pending', icon: CircleDashed },
  FAILED_REGISTRATION: { tone: 'failed', word: 'Failed', icon: CircleX },
  PENDING: { tone: 'waiting', word: 'Pending', icon: CircleDashed },
};

/** The state of a run, a logged model or a version: colour, shape and, unless there is no room, the word. */
export function Status({ status, isShort = false }: { readonly status: string; readonly isShort?: boolean }) {
  const { tone, word, icon: Icon } = LOOKS[status] ?? { tone: 'waiting', word: status, icon: CircleDashed };
  return (
    <span className={classes.status} data-tone={tone} title={word}>
      <Icon size={14} aria-hidden />
      <span className={isShort ? 'visually-hidden' : undefined}>{word}</span>
    </span>
  );
}
