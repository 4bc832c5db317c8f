import { CircleCheck, CircleDashed, CircleX, type LucideIcon, OctagonX, ShieldX } from 'lucide-react';
import type { AuditOutcome } from '../../data/audit.ts';
import classes from './audit-page.module.css';

interface Look {
  readonly tone: 'ok' | 'warning' | 'failed' | 'waiting';
  readonly icon: LucideIcon;
  /** What the word means. */
  readonly meaning: string;
}

const LOOKS: Readonly<Record<AuditOutcome, Look>> = {
  succeeded: { tone: 'ok', icon: CircleCheck, meaning: 'It was done' },
  denied: { tone: 'failed', icon: ShieldX, meaning: 'The right for it was missing' },
  refused: { tone: 'warning', icon: OctagonX, meaning: 'The request was at fault' },
  failed: { tone: 'failed', icon: CircleX, meaning: 'The server was at fault' },
  attempted: { tone: 'waiting', icon: CircleDashed, meaning: 'It began; another record tells how it ended' },
};

export function OutcomeText({ outcome }: { readonly outcome: AuditOutcome }) {
  const { tone, icon: Icon, meaning } = LOOKS[outcome];
  return (
    <span className={classes.outcome} data-tone={tone} title={meaning}>
      <Icon size={14} aria-hidden />
      {outcome}
    </span>
  );
}
