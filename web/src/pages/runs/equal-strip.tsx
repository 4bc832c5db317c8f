import { UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { askWindow, type RunKeys, type RunTreeQuery, type RunWindow } from '../../data/run-table.ts';
import classes from './equal-strip.module.css';
import { writeCondition } from './filter/conditions.ts';

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
    queryFn: ({ signal }) => readEqual(experimentIds, equal, signal),
    enabled: equal.length > 0,
  });
  if (equal.length === 0) return null;
  const textOf = (key: string) => data?.get(key) ?? '…';
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

const FIRST_RUNS = 50;
const MOST_SOUGHT = 20;

/** The one value of each param; for those that the first runs have not, of the first run that has it. */
async function readEqual(
  experimentIds: readonly string[],
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const ask = (wanted: readonly string[], filter: string, limit: number) =>
    askWindow(
      { experimentIds, filter, orderBy: [], viewType: 'ALL', isNested: false, expanded: [] },
      { columns: wanted.map((key) => `params.${key}`), offset: 0, limit },
      signal,
    );
  const found = new Map<string, string>();
  const take = ({ columns }: RunWindow) => {
    for (const [name, cells] of Object.entries(columns ?? {})) {
      const value = cells.find((cell) => cell !== null);
      if (value !== undefined) found.set(name.slice('params.'.length), String(value));
    }
  };
  take(await ask(keys, '', FIRST_RUNS));
  const rest = keys.filter((key) => !found.has(key)).slice(0, MOST_SOUGHT);
  const windows = await Promise.all(
    rest.flatMap((key) => {
      const condition = writeCondition({ kind: 'p', key }, 'IS NOT NULL', '');
      return condition === undefined ? [] : [ask([key], condition, 1)];
    }),
  );
  windows.forEach(take);
  return found;
}
