import { UnstyledButton } from '@mantine/core';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { isEqualInAll, type RunKeys } from '../../data/run-table.ts';
import classes from './equal-strip.module.css';

interface EqualStripProps {
  readonly keys: RunKeys;
  /** Column codes that are in the table anyway. */
  readonly columns: readonly string[];
}

const MOST = 100;

/** Params that say the same in every run: told once, not in a column each. */
export function EqualStrip({ keys, columns }: EqualStripProps) {
  const [isOpen, setOpen] = useState(false);
  const shown = new Set(columns);
  const equal = keys.params.keys
    .filter((one) => isEqualInAll(one) && !shown.has(`p.${one.key}`))
    .slice(0, MOST);
  if (equal.length === 0) return null;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <div className={classes.strip} data-open={isOpen || undefined}>
      <UnstyledButton className={classes.label} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Chevron size={13} aria-hidden />
        Equal in all runs ({equal.length})
      </UnstyledButton>
      <dl className={classes.list}>
        {equal.map(({ key, value = '' }) => (
          <div key={key} className={classes.pair} title={`${key} = ${value}`}>
            <dt dir="auto">{key}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
