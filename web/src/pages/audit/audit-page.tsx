import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Download, Lock, RotateCw, ScrollText } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  type AuditOutcome,
  type AuditRecord,
  auditQuery,
  EXPORT_ADDRESS,
  OUTCOMES,
  readAgain,
  recordQuery,
} from '../../data/audit.ts';
import { useIsAdmin } from '../../data/session.ts';
import layout from '../../identity/list-detail.module.css';
import { PrincipalField } from '../../identity/principal-field.tsx';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { AuditGrid } from './audit-grid.tsx';
import classes from './audit-page.module.css';
import { type AuditAddress, readAuditAddress, searchOf } from './audit-search.ts';
import { RecordPanel } from './record-panel.tsx';
import { placeOf, recordKey } from './record-words.ts';
import { Verification } from './verification.tsx';

const TYPING_MS = 300;

/** Who did what, when, and whether it was let; and whether the log is whole. */
export function AuditPage() {
  const address: Record<string, unknown> = useSearch({ strict: false });
  const search = useMemo(() => readAuditAddress(address), [address]);
  useCrumbs([{ label: 'Audit' }]);
  const navigate = useNavigate();
  const isAdmin = useIsAdmin();
  const change = (part: Partial<AuditAddress>) =>
    void navigate({
      to: '/audit',
      // Two fields may change before the page is drawn again.
      search: ((before: object) => ({ ...before, ...part })) as never,
      replace: true,
    });
  const asked = useMemo(() => searchOf(search), [search]);
  // Whoever manages a thing reads what was done with it; the whole log is for administrators.
  const mayRead = isAdmin === true || (isAdmin === false && asked.securable !== undefined);
  const { data, error, isPlaceholderData, hasNextPage, isFetching, fetchNextPage, refetch } =
    useInfiniteQuery({ ...auditQuery(asked), enabled: mayRead });
  const records = useMemo(() => data?.pages.flatMap((page) => page.records), [data]);
  const listed = records?.find((record) => recordKey(record) === search.open);
  const isElsewhere = mayRead && records !== undefined && listed === undefined;
  const alone = useQuery(recordQuery(isElsewhere ? placeOf(search.open) : undefined, asked.securable));
  const opened = listed ?? alone.data ?? undefined;
  const isNarrowed = Object.values(asked).some((each) => each !== undefined);
  return (
    <div className={classes.page} data-open={opened !== undefined || undefined}>
      <div className={layout.toolbar}>
        <h1>Audit</h1>
        <span className={layout.spread} />
        {isAdmin && <Verification />}
        {isAdmin && (
          <Button
            size="xs"
            variant="default"
            component="a"
            href={EXPORT_ADDRESS}
            download="audit.jsonl"
            leftSection={<Download size={14} aria-hidden />}
          >
            Export the whole log
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<RotateCw size={14} aria-hidden />}
          onClick={() => void readAgain(asked)}
        >
          Refresh
        </Button>
      </div>
      <Filters search={search} onChange={change} />
      {error !== null && (
        <div className={layout.inset}>
          <ErrorNotice error={error} what="The log could not be read" onRetry={() => void refetch()} />
        </div>
      )}
      <div className={classes.body}>
        {isAdmin === false && !mayRead ? (
          <EmptyState icon={Lock} title="The whole log is for administrators">
            <p>
              What was done with a thing that you manage, you read as well: name it under “With what”, or
              follow “What was done with it” among its rights in the catalog.
            </p>
          </EmptyState>
        ) : records === undefined && error !== null ? null : records?.length === 0 ? (
          <EmptyState icon={ScrollText} title={isNarrowed ? 'No record matches' : 'Nothing is on record yet'}>
            <p>
              {isNarrowed
                ? 'Names of people and things are asked for whole; an action may be its beginning: “model”.'
                : 'With --auth every change, login and reading of a model’s files is written down.'}
            </p>
          </EmptyState>
        ) : (
          <AuditGrid
            records={records}
            isStale={isPlaceholderData}
            opened={search.open}
            onOpen={(record) => change({ open: recordKey(record) })}
            onEnd={() => {
              if (hasNextPage && !isFetching) void fetchNextPage();
            }}
          />
        )}
        {opened !== undefined && (
          <RecordPanel record={opened} onSearch={change} onClose={() => change({ open: undefined })} />
        )}
      </div>
      <footer className={classes.footer}>{describe(records, hasNextPage)}</footer>
    </div>
  );
}

function describe(records: readonly AuditRecord[] | undefined, hasMore: boolean): string {
  if (records === undefined || records.length === 0) return '';
  const count = records.length.toLocaleString('en-US');
  return hasMore
    ? `The newest ${count} records; older ones come as you scroll`
    : `${count} record${records.length === 1 ? '' : 's'}`;
}

interface FiltersProps {
  readonly search: AuditAddress;
  readonly onChange: (part: Partial<AuditAddress>) => void;
}

function Filters({ search, onChange }: FiltersProps) {
  return (
    <search className={classes.filters} aria-label="Narrow the log">
      <Typed field="principal" label="Who" value={search.principal} onChange={onChange} />
      <Typed
        field="action"
        label="Did what"
        placeholder="model.promote, login, grants"
        value={search.action}
        onChange={onChange}
      />
      <Typed
        field="securable"
        label="With what"
        placeholder="model:prod.ml.fraud_score"
        value={search.securable}
        onChange={onChange}
      />
      <Select
        size="xs"
        label="Outcome"
        clearable
        placeholder="Any"
        clearButtonProps={{ 'aria-label': 'Any outcome' }}
        data={OUTCOMES.map((outcome) => ({ value: outcome, label: outcome }))}
        value={search.outcome ?? null}
        onChange={(outcome) => onChange({ outcome: (outcome ?? undefined) as AuditOutcome | undefined })}
      />
      <TextInput
        type="date"
        size="xs"
        label="From the day"
        value={search.from ?? ''}
        onChange={({ currentTarget }) => onChange({ from: currentTarget.value || undefined })}
      />
      <TextInput
        type="date"
        size="xs"
        label="To the day"
        value={search.to ?? ''}
        onChange={({ currentTarget }) => onChange({ to: currentTarget.value || undefined })}
      />
    </search>
  );
}

interface TypedProps {
  readonly field: 'principal' | 'action' | 'securable';
  readonly label: string;
  readonly placeholder?: string;
  readonly value: string | undefined;
  readonly onChange: (part: Partial<AuditAddress>) => void;
}

/** What is typed is asked for once typing rests; back and forward change it as well. */
function Typed({ field, label, placeholder, value = '', onChange }: TypedProps) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const send = useDebouncedCallback((next: string) => {
    sent.current = next.trim();
    onChange({ [field]: sent.current || undefined });
  }, TYPING_MS);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  const change = (next: string) => {
    setText(next);
    send(next);
  };
  if (field === 'principal') return <PrincipalField label={label} size="xs" value={text} onChange={change} />;
  return (
    <TextInput
      size="xs"
      label={label}
      placeholder={placeholder}
      dir="auto"
      value={text}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  );
}
