import { useMediaQuery } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { AuditRecord } from '../../data/audit.ts';
import type { GridColumn } from '../../tables/columns.ts';
import { Grid } from '../../tables/grid.tsx';
import { renderTime } from '../../ui/numbers.ts';
import classes from './audit-page.module.css';
import { OutcomeText } from './outcome-text.tsx';
import { recordKey, thingOf, unnamedOf } from './record-words.ts';

interface AuditGridProps {
  /** Undefined while the first come. */
  readonly records: readonly AuditRecord[] | undefined;
  readonly isStale: boolean;
  readonly opened: string | undefined;
  readonly onOpen: (record: AuditRecord) => void;
  /** The last rows are in view. */
  readonly onEnd: () => void;
}

const WAITING_ROWS = 20;
/** Older records are asked for before the last row is reached. */
const AHEAD = 40;

/** The list stays as it is narrowed. */
const openIn = (record: AuditRecord) =>
  ((before: object) => ({ ...before, open: recordKey(record) })) as never;

const COLUMNS: readonly GridColumn<AuditRecord>[] = [
  {
    id: 'at',
    label: 'When',
    width: 160,
    isPinned: true,
    render: (record) => (
      <Link to="/audit" search={openIn(record)} replace resetScroll={false}>
        <time dateTime={new Date(record.at).toISOString()}>{renderTime(record.at)}</time>
      </Link>
    ),
    textOf: ({ at }) => new Date(at).toISOString(),
  },
  {
    id: 'principal',
    label: 'Who',
    width: 200,
    render: (record) => <Who record={record} />,
    textOf: ({ principal }) => principal,
  },
  {
    id: 'action',
    label: 'Did what',
    width: 176,
    render: ({ action, count }) => (
      <>
        {action}
        {count > 1 && <span className={classes.count}>× {count.toLocaleString('en-US')}</span>}
      </>
    ),
    textOf: ({ action }) => action,
  },
  {
    id: 'thing',
    label: 'With what',
    width: 430,
    render: (record) => (
      <span dir="auto" title={thingOf(record)}>
        {thingOf(record)}
      </span>
    ),
    textOf: thingOf,
  },
  {
    id: 'outcome',
    label: 'Outcome',
    width: 120,
    render: ({ outcome }) => <OutcomeText outcome={outcome} />,
    textOf: ({ outcome }) => outcome,
  },
  {
    id: 'address',
    label: 'From where',
    width: 130,
    render: ({ address }) => <span className="mono">{address}</span>,
    textOf: ({ address }) => address,
  },
];

/** On a phone what was done stands beside when, and nothing is pinned over it. */
const NARROW = '(max-width: 800px)';
const FIRST_ON_A_PHONE: Readonly<Record<string, number>> = { at: 148, action: 144, outcome: 112 };
const PHONE_COLUMNS = [
  ...Object.keys(FIRST_ON_A_PHONE).flatMap((id) => COLUMNS.filter((column) => column.id === id)),
  ...COLUMNS.filter(({ id }) => !Object.hasOwn(FIRST_ON_A_PHONE, id)),
].map((column) => ({ ...column, isPinned: false, width: FIRST_ON_A_PHONE[column.id] ?? column.width }));

/** Records of the log, the newest first. */
export function AuditGrid({ records, isStale, opened, onOpen, onEnd }: AuditGridProps) {
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map());
  const isNarrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const columns = useMemo(
    () =>
      (isNarrow ? PHONE_COLUMNS : COLUMNS).map((column) => ({
        ...column,
        width: widths.get(column.id) ?? column.width,
      })),
    [widths, isNarrow],
  );
  const count = records?.length ?? WAITING_ROWS;
  return (
    <Grid<AuditRecord>
      label="Records of the audit log"
      columns={columns}
      rowCount={count}
      rowAt={(index) => records?.[index]}
      keyOf={recordKey}
      nameOf={(record) => `${record.action} by ${record.principal || unnamedOf(record).label}`}
      isStale={isStale}
      markedKey={opened}
      onOpen={onOpen}
      onWindow={({ endRow }) => {
        if (records !== undefined && endRow + AHEAD >= count) onEnd();
      }}
      onResizeColumn={(id, width) => setWidths(new Map(widths).set(id, width))}
      restorationId="audit"
    />
  );
}

function Who({ record }: { readonly record: AuditRecord }) {
  if (record.principal !== '') return <span dir="auto">{record.principal}</span>;
  const { label, why } = unnamedOf(record);
  return (
    <span className="dim" title={why}>
      {label}
    </span>
  );
}
