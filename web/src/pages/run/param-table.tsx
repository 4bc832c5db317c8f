import type { Run } from '@slipway/client';
import { useMemo, useState } from 'react';
import { CopyButton } from '../../ui/texts.tsx';
import { FilterField } from './filter-field.tsx';
import { Panel } from './panel.tsx';
import classes from './param-table.module.css';
import { type TableColumn, VirtualTable } from './virtual-table.tsx';

type ParamRow = readonly [key: string, value: string];

const COLUMNS: readonly TableColumn<ParamRow>[] = [
  {
    label: 'Param',
    track: 'minmax(120px, 1fr)',
    render: ([key]) => (
      <span title={key} dir="auto">
        {key}
      </span>
    ),
  },
  {
    label: 'Value',
    track: 'minmax(160px, 2fr)',
    render: ([key, value]) => (
      <span className={classes.value}>
        <span className={classes.text} title={value} dir="auto">
          {value.slice(0, 500)}
        </span>
        <span className={classes.copy}>
          <CopyButton text={value} label={`Copy ${key}`} />
        </span>
      </span>
    ),
  },
];

const names = new Intl.Collator('en', { numeric: true });

export function ParamTable({ run }: { readonly run: Run }) {
  const [words, setWords] = useState('');
  const all = useMemo(
    () => Object.entries(run.params).sort(([a], [b]) => names.compare(a, b)) as readonly ParamRow[],
    [run.params],
  );
  const rows = useMemo(() => {
    const wanted = words.toLowerCase();
    return all.filter(
      ([key, value]) => key.toLowerCase().includes(wanted) || value.toLowerCase().includes(wanted),
    );
  }, [all, words]);
  if (all.length === 0) return null;
  return (
    <Panel
      title="Params"
      count={all.length}
      tools={<FilterField label="Find params" value={words} onChange={setWords} />}
    >
      {rows.length === 0 ? (
        <p className="dim">No param or value holds “{words}”.</p>
      ) : (
        <VirtualTable label="Params" columns={COLUMNS} rows={rows} keyOf={([key]) => key} />
      )}
    </Panel>
  );
}
