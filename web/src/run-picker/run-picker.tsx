import { Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Run } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useId, useState } from 'react';
import { findQuery } from '../data/find.ts';
import classes from './run-picker.module.css';
import { type SuggestedRun, useSuggestedRuns } from './suggested-runs.ts';

interface RunPickerProps {
  readonly isOpen: boolean;
  readonly title: string;
  /** The run that another one is wanted for. */
  readonly about: Pick<Run, 'runId' | 'experimentId' | 'metrics' | 'tags'> | undefined;
  /** Those that are there already. */
  readonly taken: readonly string[];
  readonly onPick: (runId: string) => void;
  readonly onClose: () => void;
}

/** Finds a run by its name or the beginning of its id; before anything is typed, those that one would likely want. */
export function RunPicker({ isOpen, title, onClose, ...search }: RunPickerProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={title} size="lg">
      <RunSearch {...search} />
    </Modal>
  );
}

function RunSearch({ about, taken, onPick }: Pick<RunPickerProps, 'about' | 'taken' | 'onPick'>) {
  const [typed, setTyped] = useState('');
  const [wanted] = useDebouncedValue(typed.trim(), 120);
  const [pointed, setPointed] = useState(0);
  const id = useId();
  const suggested = useSuggestedRuns(about, true);
  const found = useQuery(findQuery(wanted));
  const isSuggesting = typed.trim() === '';
  const all: readonly SuggestedRun[] = isSuggesting
    ? (suggested.data ?? [])
    : (found.data?.runs ?? []).map((run) => ({
        runId: run.run_id,
        name: run.run_name,
        why: run.experiment_name,
      }));
  const shown = all.filter(({ runId }) => !taken.includes(runId));
  const place = Math.min(pointed, shown.length - 1);
  const press = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined && shown.length > 0) {
      setPointed((place + step + shown.length) % shown.length);
      event.preventDefault();
    } else if (event.key === 'Enter' && shown[place] !== undefined) {
      onPick(shown[place].runId);
      event.preventDefault();
    }
  };
  const isWaiting = isSuggesting ? suggested.isPending : found.isPending || wanted !== typed.trim();
  return (
    <>
      <TextInput
        role="combobox"
        aria-expanded={shown.length > 0}
        aria-controls={shown.length > 0 ? id : undefined}
        aria-activedescendant={shown[place] && `${id}-${place}`}
        aria-label="Find a run"
        placeholder="Name of a run, or the beginning of its id"
        leftSection={<Search size={14} aria-hidden />}
        value={typed}
        onChange={({ currentTarget }) => {
          setTyped(currentTarget.value);
          setPointed(0);
        }}
        onKeyDown={press}
        data-autofocus
      />
      {shown.length > 0 && (
        <div id={id} role="listbox" aria-label="Runs" className={classes.list}>
          {shown.map((run, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and takes the keys
            <div
              key={run.runId}
              id={`${id}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === place}
              className={classes.run}
              onClick={() => onPick(run.runId)}
              onPointerMove={() => setPointed(i)}
            >
              <span className={classes.name} dir="auto" title={run.name}>
                {run.name}
              </span>
              <span className={classes.why} title={run.why} dir="auto">
                {run.why}
              </span>
              <span className={classes.id}>{run.runId.slice(0, 8)}</span>
            </div>
          ))}
        </div>
      )}
      {shown.length === 0 && (
        <p className={classes.nothing} role="status">
          {isWaiting
            ? 'Looking…'
            : isSuggesting
              ? 'Type the name of a run.'
              : `No other run has “${typed.trim()}” in its name.`}
        </p>
      )}
    </>
  );
}
