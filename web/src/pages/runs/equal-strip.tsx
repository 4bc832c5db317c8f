import { UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { askWindow, type RunKeys, type RunTreeQuery } from '../../data/run-table.ts';
import classes from './equal-strip.module.css';

interface EqualStripProps {
  readonly query: RunTreeQuery;
  readonly keys: RunKeys;
  /** Column codes that are in the table anyway. */
  readonly columns: readonly string[];
}

const MOST = 100;

/** Params that say the same in every run: told once, not in a column each. */
export function EqualStrip({ query, keys, columns }: EqualStripProps) {
  const [isOpen, setOpen] = useState(false);
  const shown = new Set(columns);
  const equal = keys.params.keys
    .filter(({ key, varies }) => !varies && !shown.has(`p.${key}`))
    .slice(0, MOST)
    .map(({ key }) => key);
  const { experimentIds } = query;
  const { data } = useQuery({
    queryKey: ['runs', 'equal', experimentIds, equal],
    queryFn: ({ signal }) =>
      askWindow(
        {
          experimentIds,
          filter: '',
          orderBy: [],
          viewType: 'ALL',
          isNested: false,
          expanded: [],
        },
        { columns: equal.map((key) => `params.${key}`), offset: 0, limit: 50 },
        signal,
      ),
    enabled: equal.length > 0,
  });
  if (equal.length === 0) return null;
  const textOf = (key: string) => {
    const found = data?.columns?.[`params.${key}`]?.find((cell) => cell !== null);
    return found === undefined ? '…' : String(found);
  };
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <div className={classes.strip} data-open={isOpen || undefined}>
      <UnstyledButton className={classes.label} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Chevron size={13} aria-hidden />
        Equal in all runs ({equal.length})
      </UnstyledButton>
      <dl className={classes.list}>
        {equal.map((key) => (
          <div key={key} className={classes.pair} title={`${key} = ${textOf(key)}`}>
            <dt dir="auto">{key}</dt>
            <dd dir="auto">{textOf(key).slice(0, 200)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
