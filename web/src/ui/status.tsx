import {
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleMinus,
  CirclePause,
  CircleX,
  type LucideIcon,
  OctagonX,
  TriangleAlert,
} from 'lucide-react';
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
  STARTING: { tone: 'running', word: 'Starting', icon: CircleDot },
  UPDATING: { tone: 'running', word: 'Updating', icon: CircleDot },
  CREATING: { tone: 'running', word: 'Starting', icon: CircleDot },
  ROLLING: { tone: 'running', word: 'Coming up', icon: CircleDot },
  ACTIVE: { tone: 'ok', word: 'Answers now', icon: CircleCheck },
  RETIRED: { tone: 'waiting', word: 'Replaced', icon: CircleMinus },
  CANCELED: { tone: 'waiting', word: 'Canceled', icon: CircleMinus },
  ABORTED: { tone: 'waiting', word: 'Not brought up', icon: CircleMinus },
  RECOVERING: { tone: 'warning', word: 'Recovering', icon: TriangleAlert },
  UPDATE_FAILED: { tone: 'warning', word: 'Update failed', icon: TriangleAlert },
  SCALED_TO_ZERO: { tone: 'waiting', word: 'Scaled to zero', icon: CirclePause },
  ANSWERED: { tone: 'ok', word: 'Answered', icon: CircleCheck },
  NOTHING_SERVED: { tone: 'waiting', word: 'Serves nothing', icon: CircleDashed },
};

/** The state of a run, a logged model, a version or an endpoint: colour, shape and, unless there is no room, the word. */
export function Status({ status, isShort = false }: { readonly status: string; readonly isShort?: boolean }) {
  const { tone, word, icon: Icon } = LOOKS[status] ?? { tone: 'waiting', word: status, icon: CircleDashed };
  return (
    <span className={classes.status} data-tone={tone} title={word}>
      <Icon size={14} aria-hidden />
      <span className={isShort ? 'visually-hidden' : undefined}>{word}</span>
    </span>
  );
}
