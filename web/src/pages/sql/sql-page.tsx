import { Button, Skeleton } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Play, Square, SquareTerminal } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useAskedWho } from '../../data/session.ts';
import { MOST_ROWS, runStatement, type StatementResult } from '../../data/statements.ts';
import { useCrumbs } from '../../ui/crumbs.tsx';
import { renderDuration } from '../../ui/numbers.ts';
import { renderKeys, useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import type { TableData } from '../../viewers/table-data.ts';
import { type ErrorPlace, placeIn } from './error-place.ts';
import classes from './sql-page.module.css';
import { StatementEditor } from './statement-editor.tsx';

const loadGrid = async () => ({ default: (await import('../../viewers/data-grid.tsx')).DataGrid });
const DataGrid = lazy(loadGrid);

/** What became of a statement. */
interface Outcome {
  readonly statement: string;
  readonly result?: StatementResult;
  readonly error?: unknown;
  readonly tookMs: number;
}

const TYPING_MS = 400;
/** Longer statements do not fit into an address. */
const MOST_SAVED = 4000;

const EXAMPLES = [
  'SHOW CATALOGS',
  'SELECT status, count(*) AS runs FROM system.mlflow.runs GROUP BY status',
  'SHOW GRANTS ON CATALOG workspace',
];

/** Statements over runs, models and rights, under the reader's own rights. */
export function SqlPage() {
  const address: Record<string, unknown> = useSearch({ strict: false });
  const saved = typeof address.q === 'string' ? address.q : '';
  useCrumbs([{ label: 'SQL' }]);
  // Nothing else is asked before a statement runs, and whoever is to sign in should not write it in vain.
  useAskedWho(true);
  const navigate = useNavigate();
  const [text, setText] = useState(saved);
  const sent = useRef(saved);
  const input = useRef<HTMLTextAreaElement>(null);
  const { outcome, startedAt, run, cancel } = useStatement();
  const send = useDebouncedCallback((q: string) => {
    if (q.length > MOST_SAVED) return;
    sent.current = q;
    void navigate({ to: '/sql', search: (q === '' ? {} : { q }) as never, replace: true });
  }, TYPING_MS);
  // Back and forward change the statement as well.
  useEffect(() => {
    if (saved === sent.current) return;
    sent.current = saved;
    setText(saved);
  }, [saved]);
  const change = (next: string) => {
    setText(next);
    send(next);
  };
  useShortcut('/', 'Write a statement', () => input.current?.focus());
  const isBusy = startedAt !== undefined;
  const statement = text.trim();
  const start = () => statement !== '' && !isBusy && run(text);
  // What was said of another statement says nothing of this one.
  const mistake =
    outcome?.error !== undefined && outcome.statement === text
      ? placeIn(messageOf(outcome.error), text)
      : undefined;
  const isWrong = outcome?.error !== undefined && outcome.statement === text;
  return (
    <div className={classes.page}>
      <div className={classes.toolbar}>
        <h1>SQL</h1>
        <span className={classes.spread} />
        {isBusy && (
          <Button size="xs" variant="default" leftSection={<Square size={13} aria-hidden />} onClick={cancel}>
            Cancel
          </Button>
        )}
        <Button
          size="xs"
          loading={isBusy}
          disabled={statement === ''}
          leftSection={<Play size={13} aria-hidden />}
          title={`${renderKeys('mod+enter')} in the statement`}
          onClick={start}
        >
          Run
        </Button>
      </div>
      <div className={classes.top}>
        <StatementEditor
          text={text}
          mistake={mistake}
          isWrong={isWrong}
          input={input}
          onText={change}
          onRun={start}
        />
        {isWrong && (
          <Mistake error={outcome.error} place={mistake} onGo={(place) => goTo(input.current, place)} />
        )}
      </div>
      <div className={classes.result} data-stale={isBusy || undefined}>
        <Result outcome={outcome} onExample={change} />
      </div>
      <footer className={classes.footer}>
        {isBusy && <Running since={startedAt} />}
        <span role="status">{isBusy ? '' : describe(outcome)}</span>
      </footer>
    </div>
  );
}

/** One statement at a time; leaving the page cancels it. */
function useStatement() {
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const [startedAt, setStartedAt] = useState<number | undefined>();
  const controller = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const run = (statement: string) => {
    const current = new AbortController();
    controller.current = current;
    const begin = performance.now();
    setStartedAt(Date.now());
    // Comes while the statement runs; where it does not, the result says so itself.
    loadGrid().catch(() => undefined);
    const end = (part: Pick<Outcome, 'result' | 'error'>) => {
      setStartedAt(undefined);
      if (!current.signal.aborted) setOutcome({ statement, ...part, tookMs: performance.now() - begin });
    };
    runStatement(statement, current.signal).then(
      (result) => end({ result }),
      (error: unknown) => end({ error }),
    );
  };
  return { outcome, startedAt, run, cancel: () => controller.current?.abort() };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function goTo(input: HTMLTextAreaElement | null, { from, to }: ErrorPlace): void {
  input?.focus();
  input?.setSelectionRange(from, to);
}

/** The line that a message draws stands in the field, with its mark. */
function withoutDrawing(error: unknown): unknown {
  const message = messageOf(error);
  const drawing = message.search(/\s*^LINE \d+: /m);
  return drawing < 0 ? error : new Error(message.slice(0, drawing));
}

interface MistakeProps {
  readonly error: unknown;
  readonly place: ErrorPlace | undefined;
  readonly onGo: (place: ErrorPlace) => void;
}

function Mistake({ error, place, onGo }: MistakeProps) {
  return (
    <div className={classes.mistake}>
      <ErrorNotice error={withoutDrawing(error)} what="The statement was not run to its end" />
      {place !== undefined && (
        <Button size="compact-sm" variant="default" onClick={() => onGo(place)}>
          Go to line {place.line}, column {place.column}
        </Button>
      )}
    </div>
  );
}

interface ResultProps {
  readonly outcome: Outcome | undefined;
  readonly onExample: (statement: string) => void;
}

function Result({ outcome, onExample }: ResultProps) {
  const result = outcome?.result;
  const table = useMemo(() => result && tableOf(result), [result]);
  if (outcome === undefined)
    return (
      <EmptyState icon={SquareTerminal} title="Ask in SQL">
        <p>
          Statements read runs, params, metrics and models from <code>system.mlflow</code>, and manage
          catalogs and grants. You see what your rights show you.
        </p>
        <div className={classes.examples}>
          {EXAMPLES.map((example) => (
            <Button
              key={example}
              className={classes.example}
              size="compact-sm"
              variant="subtle"
              onClick={() => onExample(example)}
            >
              <code>{example}</code>
            </Button>
          ))}
        </div>
      </EmptyState>
    );
  if (result === undefined || table === undefined) return null;
  if (result.columns.length === 0) return <p className={classes.done}>Done; there is nothing to show.</p>;
  if (result.rows.length === 0) return <p className={classes.done}>The result has no rows.</p>;
  return (
    <Suspense fallback={<Skeleton height={112} m={24} width="auto" />}>
      <DataGrid key={outcome.statement} label="Result" table={table} />
    </Suspense>
  );
}

const tableOf = ({ columns, rows }: StatementResult): TableData => ({
  columns: columns.map(({ name }, i) => ({ name, values: rows.map((row) => row[i] ?? null) })),
  rowCount: rows.length,
});

function describe(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '';
  const took = `in ${renderDuration(outcome.tookMs)}`;
  if (outcome.result === undefined) return `Failed ${took}`;
  const { rows, isCut } = outcome.result;
  if (isCut)
    return `The first ${MOST_ROWS.toLocaleString('en-US')} rows ${took}; a LIMIT or a filter shows others`;
  return `${rows.length.toLocaleString('en-US')} row${rows.length === 1 ? '' : 's'} ${took}`;
}

function Running({ since }: { readonly since: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, []);
  return <>Running for {renderDuration(Math.max(0, now - since))}</>;
}
