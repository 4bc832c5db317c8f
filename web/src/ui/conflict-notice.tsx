import { Button } from '@mantine/core';
import { GitMerge } from 'lucide-react';
import classes from './conflict-notice.module.css';

interface ConflictNoticeProps {
  /** `This note`, `This tag`. */
  readonly what: string;
  /** Null where they removed it. */
  readonly theirs: string | null;
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
  /** Puts both into the draft, to be merged by hand. */
  readonly onKeepBoth?: () => void;
}

/** Two people edited the same: what the other one wrote, and what can be done. Nothing is lost until one decides. */
export function ConflictNotice({ what, theirs, onKeepMine, onTakeTheirs, onKeepBoth }: ConflictNoticeProps) {
  return (
    <div className={classes.conflict} role="alert">
      <div className={classes.words}>
        <GitMerge size={15} aria-hidden />
        <span>
          {theirs === null
            ? `${what} was removed by somebody else while you were editing it. Yours is still here, and not saved yet.`
            : `${what} was changed by somebody else while you were editing it. Yours is still here, and not saved yet. Theirs:`}
        </span>
      </div>
      {theirs !== null && (
        <pre className={classes.theirs} dir="auto">
          {theirs === '' ? '(empty)' : theirs}
        </pre>
      )}
      <div className={classes.choices}>
        <Button size="compact-sm" variant="default" onClick={onKeepMine}>
          Replace theirs by mine
        </Button>
        {onKeepBoth !== undefined && theirs !== null && (
          <Button size="compact-sm" variant="default" onClick={onKeepBoth}>
            Edit both together
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={onTakeTheirs}>
          Keep theirs
        </Button>
      </div>
    </div>
  );
}
