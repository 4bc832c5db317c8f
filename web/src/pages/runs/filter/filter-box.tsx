import { ActionIcon, Loader } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Filter, ListPlus, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { RequestError } from '../../../data/request-error.ts';
import { keysQuery, type RunKeys } from '../../../data/run-table.ts';
import { isUnreachable } from '../../../data/unreachable.ts';
import { notify } from '../../../ui/notices.tsx';
import { useShortcut } from '../../../ui/shortcuts.ts';
import { Tooltip } from '../../../ui/tooltip.tsx';
import { completionAt } from './completion.ts';
import { adviseOn, type FilterRemedy } from './filter-advice.ts';
import classes from './filter-box.module.css';
import { FilterNote } from './filter-problem.tsx';
import {
  type Suggestion,
  suggestClosing,
  suggestConnectives,
  suggestFields,
  suggestMetrics,
  suggestOperators,
  suggestValues,
  typedKey,
  typedMetricKey,
  valuesOf,
} from './suggestions.ts';
import { useUnknownFields } from './use-unknown-fields.ts';

interface FilterBoxProps {
  readonly experimentIds: readonly string[];
  /** The filter in force. */
  readonly filter: string;
  /** Why the filter in force could not be answered, if so. */
  readonly error: unknown;
  readonly isBusy: boolean;
  /** The first keys of the experiments. */
  readonly keys: RunKeys | undefined;
  /** @throws RequestError when the filter cannot be understood; nothing has changed then. */
  readonly onFilter: (filter: string) => Promise<void>;
  readonly onBuild: () => void;
  /** The keyboard goes back to where the rows are. */
  readonly onLeave: () => void;
  /** Whether the box holds a filter that cannot be used, while the rows are still those of the one before. */
  readonly onAstray: (isAstray: boolean) => void;
}

const TYPING_MS = 120;

/** The language of filters, with what could come next; Enter filters. */
export function FilterBox(props: FilterBoxProps) {
  const { experimentIds, filter, error, isBusy, keys, onFilter, onBuild, onAstray } = props;
  const input = useRef<HTMLInputElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const listId = useId();
  const [text, setText] = useState(filter);
  const [caret, setCaret] = useState(filter.length);
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState<number | undefined>();
  const [refused, setRefused] = useState<{ readonly text: string; readonly error: unknown } | undefined>();
  const [isChecking, setChecking] = useState(false);
  const pendingCaret = useRef<number | undefined>(undefined);

  // Clicks on values, views, back and forward change the filter as well.
  useEffect(() => {
    setText(filter);
    setRefused(undefined);
  }, [filter]);
  useLayoutEffect(() => {
    const at = pendingCaret.current;
    if (at === undefined) return;
    pendingCaret.current = undefined;
    input.current?.setSelectionRange(at, at);
  });
  useShortcut('/', 'Filter the runs', () => {
    input.current?.focus();
    input.current?.select();
  });

  const place = useMemo(() => completionAt(text, Math.min(caret, text.length)), [text, caret]);
  const suggestions = useSuggestions(experimentIds, place, isOpen);
  const shown = isOpen ? suggestions : [];

  const problem = refused?.text === text ? refused.error : text === filter ? error : undefined;
  const at = problem instanceof RequestError ? problem.position : undefined;
  const advice =
    problem == null
      ? undefined
      : adviseOn(
          text,
          { message: problem instanceof Error ? problem.message : String(problem), position: at },
          keys,
        );
  const doubt = useUnknownFields(experimentIds, filter, keys);
  const isAstray = advice !== undefined && text !== filter;
  useEffect(() => onAstray(isAstray), [isAstray, onAstray]);

  async function apply(next: string): Promise<void> {
    setOpen(false);
    setChosen(undefined);
    setChecking(true);
    try {
      await onFilter(next.trim());
      setRefused(undefined);
    } catch (caught) {
      // Where no server answers, nothing is known of the filter: it stays as it is typed.
      if (isUnreachable(caught)) notify({ text: 'The server does not answer. The filter is not used yet.' });
      else setRefused({ text: next, error: caught });
    } finally {
      setChecking(false);
    }
  }

  function remedy({ from, to, by }: FilterRemedy): void {
    const mended = text.slice(0, from) + by + text.slice(to);
    setText(mended);
    setCaret(mended.length);
    input.current?.focus();
    void apply(mended);
  }

  function accept({ text: suggested, goesOn, closes }: Suggestion): void {
    const opens = suggested.endsWith('(');
    // A bracket that ends the function goes to the metric before it.
    const isClosing = place.expected.kind === 'close';
    const before = isClosing ? text.slice(0, place.from).trimEnd() : text.slice(0, place.from);
    const rest = text.slice(place.to);
    const isClosed = closes !== undefined && rest.trimStart().startsWith(closes);
    const word = closes === undefined ? suggested : `${suggested}${closes}`;
    const after = isClosed ? rest.trimStart().slice(1) : rest;
    const needsSpace =
      !opens && !after.startsWith(' ') && !(after.startsWith(')') && place.expected.kind === 'field');
    const completed = `${word}${needsSpace ? ' ' : ''}`;
    setText(before + completed + after);
    const next = before.length + completed.length + (needsSpace || opens ? 0 : 1);
    pendingCaret.current = Math.min(next, (before + completed + after).length);
    setCaret(pendingCaret.current);
    setChosen(undefined);
    setOpen(goesOn);
    input.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const picked = chosen === undefined ? undefined : shown[chosen];
    switch (event.key) {
      case 'Enter':
        event.preventDefault();
        if (picked) accept(picked);
        else void apply(text);
        return;
      case 'Tab':
        if (shown.length === 0 || event.shiftKey) return;
        event.preventDefault();
        accept(picked ?? shown[0]!);
        return;
      case 'ArrowDown':
      case 'ArrowUp': {
        event.preventDefault();
        if (!isOpen) setOpen(true);
        if (shown.length === 0) return;
        const step = event.key === 'ArrowDown' ? 1 : -1;
        const from = chosen ?? (step > 0 ? -1 : shown.length);
        setChosen((from + step + shown.length) % shown.length);
        return;
      }
      case 'Escape':
        // The page has a use of its own for this key.
        event.preventDefault();
        event.stopPropagation();
        if (shown.length > 0) {
          setOpen(false);
          setChosen(undefined);
        } else if (text !== filter) setText(filter);
        else props.onLeave();
        return;
    }
  }

  const follow = () => {
    const element = input.current;
    if (element === null) return;
    setCaret(element.selectionStart ?? element.value.length);
    if (mirror.current) mirror.current.scrollLeft = element.scrollLeft;
  };

  return (
    <search
      className={classes.whole}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}
    >
      <div className={classes.box} data-failed={problem != null || undefined}>
        <Filter size={14} aria-hidden className={classes.icon} />
        <div className={classes.field}>
          <div ref={mirror} className={classes.mirror} aria-hidden>
            {at !== undefined && <Underlined text={text} at={at} />}
          </div>
          <input
            ref={input}
            className={classes.input}
            role="combobox"
            aria-label="Filter"
            aria-expanded={shown.length > 0}
            aria-controls={shown.length > 0 ? listId : undefined}
            aria-autocomplete="list"
            aria-activedescendant={chosen === undefined ? undefined : `${listId}-${chosen}`}
            aria-invalid={problem != null || undefined}
            aria-describedby={problem != null ? `${listId}-problem` : undefined}
            placeholder="min(metrics.val_loss) < 0.2 AND params.model = 'xgboost'"
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setOpen(true);
              setChosen(undefined);
              follow();
            }}
            onSelect={follow}
            onScroll={follow}
            onClick={() => setOpen(true)}
            onKeyDown={onKeyDown}
          />
        </div>
        {(isBusy || isChecking) && <Loader size={14} color="gray" aria-label="Filtering" />}
        {text !== '' && (
          <Tooltip label="Clear the filter">
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label="Clear the filter"
              onClick={() => {
                setText('');
                void apply('');
                input.current?.focus();
              }}
            >
              <X size={14} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label="Build a condition">
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label="Build a condition"
            onClick={onBuild}
          >
            <ListPlus size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </div>
      {advice !== undefined && (
        <FilterNote id={`${listId}-problem`} advice={advice} kind="mistake" onRemedy={remedy} />
      )}
      {doubt !== undefined && text === filter && advice === undefined && (
        <FilterNote advice={doubt} kind="doubt" onRemedy={remedy} />
      )}
      {shown.length > 0 && (
        <SuggestionList id={listId} suggestions={shown} chosen={chosen} onAccept={accept} />
      )}
      {text !== filter && problem == null && !isChecking && shown.length === 0 && (
        <p className={classes.hint}>Enter filters, Esc takes it back</p>
      )}
    </search>
  );
}

interface SuggestionListProps {
  readonly id: string;
  readonly suggestions: readonly Suggestion[];
  readonly chosen: number | undefined;
  readonly onAccept: (suggestion: Suggestion) => void;
}

function SuggestionList({ id, suggestions, chosen, onAccept }: SuggestionListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen !== undefined) list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <div ref={list} id={id} role="listbox" aria-label="What could come here" className={classes.list}>
      {suggestions.map((suggestion, i) => (
        <div
          key={suggestion.text}
          id={`${id}-${i}`}
          role="option"
          tabIndex={-1}
          aria-selected={i === chosen}
          className={classes.option}
          // The text keeps the focus.
          onMouseDown={(event) => {
            event.preventDefault();
            onAccept(suggestion);
          }}
        >
          <span className={classes.word} dir="auto">
            {suggestion.text}
          </span>
          <span className={classes.note}>{suggestion.note}</span>
        </div>
      ))}
    </div>
  );
}

/** The text once more, unseen, with a wave under the word where the mistake is. */
function Underlined({ text, at }: { readonly text: string; readonly at: number }) {
  const from = Math.min(at, Math.max(0, text.length - 1));
  const word = /^(?:\s+$|[^\s()]+|.)/.exec(text.slice(from))?.[0] ?? ' ';
  return (
    <>
      {text.slice(0, from)}
      <span className={classes.wave}>{word}</span>
      {text.slice(from + word.length)}
    </>
  );
}

const NOTHING: readonly Suggestion[] = [];
const NO_VALUES: readonly string[] = [];

/** Where names of fields stand, the part of the key that has been typed. */
const KEYS_TYPED: Readonly<Record<string, (typed: string) => string>> = {
  field: typedKey,
  metric: typedMetricKey,
};

function useSuggestions(
  experimentIds: readonly string[],
  place: ReturnType<typeof completionAt>,
  isOpen: boolean,
): readonly Suggestion[] {
  const { expected } = place;
  const [typed] = useDebouncedValue(place.typed, TYPING_MS);
  const keys = useQuery({
    ...keysQuery(experimentIds, KEYS_TYPED[expected.kind]?.(typed) ?? '', 40),
    enabled: isOpen && expected.kind in KEYS_TYPED,
  });
  const field = expected.kind === 'value' ? expected.field : '';
  // All of a field's values at once: what is typed of one only narrows them.
  const values = useQuery({
    queryKey: ['runs', 'suggested', experimentIds, field],
    queryFn: ({ signal }) => valuesOf(experimentIds, field, signal),
    enabled: isOpen && expected.kind === 'value',
    placeholderData: undefined,
    staleTime: 60_000,
  });
  if (!isOpen) return NOTHING;
  switch (expected.kind) {
    case 'field':
      return suggestFields(place.typed, keys.data).filter(({ text }) => text !== place.typed);
    case 'metric':
      return suggestMetrics(place.typed, keys.data, expected.closes);
    case 'close':
      return place.typed === '' ? suggestClosing(expected.closes) : NOTHING;
    case 'step':
      return NOTHING;
    case 'operator':
      return suggestOperators(expected.field, place.typed);
    case 'value':
      return suggestValues(values.data ?? NO_VALUES, place.typed).filter(({ text }) => text !== place.typed);
    case 'connective':
      return suggestConnectives(place.typed);
  }
}
