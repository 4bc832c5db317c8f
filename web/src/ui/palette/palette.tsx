import { Modal, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import {
  AtSign,
  Boxes,
  FlaskConical,
  ListFilter,
  type LucideIcon,
  PanelsTopLeft,
  Play,
  Search,
  Waypoints,
  Zap,
} from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useState } from 'react';
import { endpointListQuery } from '../../data/endpoints.ts';
import { findQuery } from '../../data/find.ts';
import { homeQuery } from '../../data/home.ts';
import { serverUrl } from '../../data/server.ts';
import { useIsAdmin, useIsSignedIn } from '../../data/session.ts';
import { notify } from '../notices.tsx';
import { ErrorNotice } from '../states.tsx';
import { Status } from '../status.tsx';
import { type Entry, type EntryIcon, groupsOf } from './entries.ts';
import classes from './palette.module.css';

interface PaletteProps {
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
  /** What was typed before this was there; taken once. */
  readonly typedAhead: RefObject<string>;
}

const ICONS: Readonly<Record<EntryIcon, LucideIcon>> = {
  page: PanelsTopLeft,
  experiment: FlaskConical,
  run: Play,
  model: Boxes,
  endpoint: Waypoints,
  alias: AtSign,
  all: ListFilter,
  action: Zap,
};
const TYPING_MS = 120;

/** Search over everything and commands, by keyboard: the list stands below the field and follows it. */
export default function Palette({ onClose, onShortcuts, typedAhead }: PaletteProps) {
  const router = useRouter();
  const [text, setText] = useState(() => typedAhead.current);
  useEffect(() => {
    typedAhead.current = '';
  }, [typedAhead]);
  const [typed] = useDebouncedValue(text.trim(), TYPING_MS);
  const [chosen, setChosen] = useState(0);
  const { data: found, error, isFetching } = useQuery(findQuery(typed));
  const { data: home } = useQuery(homeQuery(undefined));
  const { data: endpoints } = useQuery({
    ...endpointListQuery,
    refetchInterval: false,
    enabled: typed !== '',
  });
  const actions = useActions(onShortcuts);
  const isAdmin = useIsAdmin();
  const isSignedIn = useIsSignedIn();
  const groups = groupsOf({
    text: text.trim(),
    found: typed === '' || text.trim() === '' ? undefined : found,
    endpoints: endpoints?.endpoints.map(({ name }) => name) ?? [],
    recent: home?.experiments ?? [],
    actions,
    isAdmin: isAdmin === true && isSignedIn,
  });
  const entries = groups.flatMap((group) => group.entries);
  const current = Math.min(chosen, entries.length - 1);
  const choose = (entry: Entry | undefined, inNewTab = false) => {
    if (entry === undefined) return;
    if (inNewTab && entry.link !== undefined) {
      window.open(router.buildLocation(entry.link).href, '_blank', 'noopener');
      return;
    }
    onClose();
    if (entry.link !== undefined) void router.navigate(entry.link);
    else entry.run?.();
  };
  const press = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () => setChosen((current + 1) % entries.length),
      ArrowUp: () => setChosen((current + entries.length - 1) % entries.length),
      Enter: () => choose(entries[current], event.metaKey || event.ctrlKey),
    };
    const move = moves[event.key];
    if (move === undefined || entries.length === 0 || event.nativeEvent.isComposing) return;
    event.preventDefault();
    move();
  };
  useEffect(() => {
    document.getElementById(`palette-entry-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  let place = -1;
  return (
    <Modal.Root opened onClose={onClose} size={640} yOffset="12vh" classNames={{ content: classes.palette }}>
      <Modal.Overlay />
      <Modal.Content aria-label="Search and commands">
        <div className={classes.field}>
          <Search size={16} aria-hidden />
          <input
            data-autofocus
            role="combobox"
            aria-expanded
            aria-controls="palette-entries"
            aria-activedescendant={entries.length > 0 ? `palette-entry-${current}` : undefined}
            aria-label="Search and commands"
            placeholder="Experiments, runs, models, endpoints by name or id; pages; commands"
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={({ currentTarget }) => {
              setText(currentTarget.value);
              setChosen(0);
            }}
            onKeyDown={press}
          />
        </div>
        {error && (
          <div className={classes.error}>
            <ErrorNotice error={error} what="Nothing could be looked for" />
          </div>
        )}
        <div
          id="palette-entries"
          role="listbox"
          aria-label="Results"
          aria-busy={isFetching}
          className={classes.list}
        >
          {groups.map(({ label, entries: ofGroup }) => (
            <div key={label} role="group" aria-label={label}>
              <div className={classes.group} aria-hidden>
                {label}
              </div>
              {ofGroup.map((entry) => {
                place += 1;
                const index = place;
                return (
                  <EntryRow
                    key={entry.id}
                    entry={entry}
                    index={index}
                    isChosen={index === current}
                    onPoint={() => setChosen(index)}
                    onChoose={(inNewTab) => choose(entry, inNewTab)}
                  />
                );
              })}
            </div>
          ))}
        </div>
        {entries.length === 0 && (
          <p className={classes.nothing} role="status">
            {isFetching || typed !== text.trim()
              ? 'Looking …'
              : 'Nothing has that in its name, and no id begins so. Runs are looked for by name among the newest 100,000.'}
          </p>
        )}
      </Modal.Content>
    </Modal.Root>
  );
}

function useActions(onShortcuts: () => void): readonly Entry[] {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  const copyAddress = async () => {
    await navigator.clipboard.writeText(serverUrl);
    notify({ text: `Copied ${serverUrl}` });
  };
  return [
    {
      id: 'theme',
      label: isDark ? 'Light theme' : 'Dark theme',
      icon: 'action',
      run: () => setColorScheme(isDark ? 'light' : 'dark'),
    },
    {
      id: 'address',
      label: 'Copy the tracking URI',
      hint: serverUrl,
      icon: 'action',
      run: () => void copyAddress(),
    },
    { id: 'shortcuts', label: 'List of shortcuts', icon: 'action', run: onShortcuts },
  ];
}

interface EntryRowProps {
  readonly entry: Entry;
  readonly index: number;
  readonly isChosen: boolean;
  readonly onPoint: () => void;
  readonly onChoose: (inNewTab: boolean) => void;
}

function EntryRow({ entry, index, isChosen, onPoint, onChoose }: EntryRowProps) {
  const Icon = ICONS[entry.icon];
  return (
    <button
      id={`palette-entry-${index}`}
      type="button"
      role="option"
      aria-selected={isChosen}
      tabIndex={-1}
      className={classes.entry}
      onMouseMove={onPoint}
      onClick={(event) => onChoose(event.metaKey || event.ctrlKey)}
    >
      {entry.status === undefined ? <Icon size={14} aria-hidden /> : <Status status={entry.status} isShort />}
      <span className={classes.label} dir="auto">
        {entry.label}
      </span>
      {entry.hint !== undefined && (
        <span className={classes.hint} dir="auto">
          {entry.hint}
        </span>
      )}
    </button>
  );
}
