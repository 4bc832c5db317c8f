import { Button, Checkbox, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Columns3, Search } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { type KeyKind, keysQuery } from '../../data/run-table.ts';
import { ButtonPopover } from '../../ui/button-popover.tsx';
import { renderCount } from '../../ui/numbers.ts';
import { ATTRIBUTES, codeOf, historyColumn, labelOfColumn, parseColumnCode } from './column-codes.ts';
import classes from './columns-panel.module.css';
import { noteOfKey } from './filter/suggestions.ts';

interface ColumnsPanelProps {
  readonly experimentIds: readonly string[];
  /** Column codes that are shown, in their order. */
  readonly columns: readonly string[];
  readonly isUsual: boolean;
  /** Undefined: the usual ones again. */
  readonly onChange: (columns: readonly string[] | undefined) => void;
}

const LISTED = 100;
const TYPING_MS = 150;

/** Chooses columns out of any number of keys by searching them. */
export function ColumnsPanel({ experimentIds, columns, isUsual, onChange }: ColumnsPanelProps) {
  // What was chosen shows at once, and the next choice builds on it: the address follows a moment later.
  const [chosen, setChosen] = useState({ from: columns, to: columns });
  const shown = chosen.from === columns ? chosen.to : columns;
  const choose = (next: readonly string[] | undefined) => {
    setChosen({ from: columns, to: next ?? columns });
    onChange(next);
  };
  return (
    <ButtonPopover
      label="Columns"
      width={380}
      className={classes.dropdown}
      button={
        <Button size="compact-sm" variant="default" leftSection={<Columns3 size={14} aria-hidden />}>
          Columns
        </Button>
      }
    >
      <Chooser experimentIds={experimentIds} columns={shown} isUsual={isUsual} onChange={choose} />
    </ButtonPopover>
  );
}

const SECTIONS: readonly (readonly [KeyKind, string, string])[] = [
  ['metrics', 'm', 'Metrics'],
  ['params', 'p', 'Params'],
  ['tags', 't', 'Tags'],
];

function Chooser({ experimentIds, columns, isUsual, onChange }: ColumnsPanelProps) {
  const [text, setText] = useState('');
  const [contains] = useDebouncedValue(text.trim(), TYPING_MS);
  const { data, isPlaceholderData } = useQuery(keysQuery(experimentIds, contains, LISTED));
  const shown = new Set(columns);
  const toggle = (code: string) =>
    onChange(shown.has(code) ? columns.filter((one) => one !== code) : [...columns, code]);
  const wanted = contains.toLowerCase();
  const attributes = Object.entries(ATTRIBUTES).filter(([, { label }]) =>
    label.toLowerCase().includes(wanted),
  );
  const isNothing =
    data !== undefined &&
    !isPlaceholderData &&
    attributes.length === 0 &&
    SECTIONS.every(([kind]) => data[kind].total === 0);
  return (
    <>
      <TextInput
        size="xs"
        type="search"
        aria-label="Search columns"
        placeholder="Search metrics, params, tags and attributes"
        leftSection={<Search size={14} aria-hidden />}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={classes.lists}>
        {contains === '' && !isUsual && columns.length > 0 && (
          <Section title="Shown" count={`${renderCount(columns.length)}`}>
            {columns.slice(0, LISTED).map((code) => (
              <Choice key={code} code={code} isShown note={kindOf(code)} onToggle={toggle} />
            ))}
          </Section>
        )}
        {SECTIONS.map(([kind, prefix, title]) => {
          const list = data?.[kind];
          if (list === undefined || list.total === 0) return null;
          const rest = list.total - list.keys.length;
          return (
            <Section
              key={kind}
              title={title}
              count={rest > 0 ? `${list.keys.length} of ${renderCount(list.total)}` : renderCount(list.total)}
              action={
                <button
                  type="button"
                  className={classes.all}
                  onClick={() =>
                    onChange([...new Set([...columns, ...list.keys.map(({ key }) => `${prefix}.${key}`)])])
                  }
                >
                  {rest > 0 ? 'Add these' : 'Add all'}
                </button>
              }
            >
              {list.keys.map((one) => {
                const code = `${prefix}.${one.key}`;
                const choice = (
                  <Choice
                    key={one.key}
                    code={code}
                    isShown={shown.has(code)}
                    note={noteOfKey(one)}
                    onToggle={toggle}
                  />
                );
                if (kind !== 'metrics') return choice;
                return (
                  <div key={one.key} className={classes.metric}>
                    {choice}
                    <Histories metric={one.key} shown={shown} onToggle={toggle} />
                  </div>
                );
              })}
              {rest > 0 && (
                <p className={classes.rest}>
                  {renderCount(rest)} more: type a part of the name to find them.
                </p>
              )}
            </Section>
          );
        })}
        {isNothing && (
          <p className={classes.nothing} role="status">
            No metric, param, tag or attribute has “<span dir="auto">{contains}</span>” in its name.
            {/^(min|max|first|low|high|best)/i.test(contains) &&
              ' The lowest, highest and first values of a metric are chosen beside its name.'}
          </p>
        )}
        {attributes.length > 0 && (
          <Section title="Attributes" count={String(attributes.length)}>
            {attributes.map(([key]) => (
              <Choice key={key} code={`a.${key}`} isShown={shown.has(`a.${key}`)} note="" onToggle={toggle} />
            ))}
          </Section>
        )}
      </div>
      <div className={classes.foot}>
        <Button size="compact-sm" variant="subtle" disabled={isUsual} onClick={() => onChange(undefined)}>
          Usual columns
        </Button>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          disabled={columns.length === 0}
          onClick={() => onChange([])}
        >
          None
        </Button>
      </div>
    </>
  );
}

function Section({
  title,
  count,
  action,
  children,
}: {
  readonly title: string;
  readonly count: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section aria-label={title}>
      <h3 className={classes.sectionTitle}>
        {title} <span className={classes.count}>{count}</span>
        {action}
      </h3>
      {children}
    </section>
  );
}

const HISTORIES = [
  ['min', 'Lowest'],
  ['max', 'Highest'],
  ['first', 'First'],
] as const;

/** What can be drawn from the history of a metric, beside its latest value. */
function Histories({
  metric,
  shown,
  onToggle,
}: {
  readonly metric: string;
  readonly shown: ReadonlySet<string>;
  readonly onToggle: (code: string) => void;
}) {
  return (
    <span className={classes.histories}>
      {HISTORIES.map(([fn, words]) => {
        const code = codeOf(historyColumn({ fn, key: metric }));
        return (
          <button
            key={fn}
            type="button"
            className={classes.history}
            aria-pressed={shown.has(code)}
            aria-label={`${words} value of ${metric}`}
            title={`${words} value of ${metric}`}
            onClick={() => onToggle(code)}
          >
            {fn}
          </button>
        );
      })}
    </span>
  );
}

interface ChoiceProps {
  readonly code: string;
  readonly isShown: boolean;
  readonly note: string;
  readonly onToggle: (code: string) => void;
}

function Choice({ code, isShown, note, onToggle }: ChoiceProps) {
  const column = parseColumnCode(code);
  if (column === undefined) return null;
  const label = labelOfColumn(column);
  return (
    <Checkbox
      size="xs"
      className={classes.choice}
      checked={isShown}
      onChange={() => onToggle(code)}
      label={
        <span className={classes.choiceLabel} title={label}>
          <span className={classes.key} dir="auto">
            {label}
          </span>
          {note !== '' && <span className={classes.note}>{note}</span>}
        </span>
      }
    />
  );
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  m: 'metric',
  s: 'history',
  h: 'metric',
  p: 'param',
  t: 'tag',
  a: 'attribute',
};

const kindOf = (code: string) => KIND_WORDS[code[0] ?? ''] ?? '';
