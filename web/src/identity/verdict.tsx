import { CircleCheck, CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import classes from './verdict.module.css';

/** Yes or no, in colour, shape and words. */
export function Verdict({ isGood, children }: { readonly isGood: boolean; readonly children: ReactNode }) {
  const Icon = isGood ? CircleCheck : CircleX;
  return (
    <p className={classes.verdict} data-tone={isGood ? 'ok' : 'failed'} role="status">
      <Icon size={16} aria-hidden />
      <span>{children}</span>
    </p>
  );
}
