import { useEffect, useRef, useSyncExternalStore } from 'react';

/** A key that does something on the page that is shown. */
export interface Shortcut {
  /** `k`, `?`, `mod+k` (⌘ on a Mac, Ctrl elsewhere), `shift+arrowdown`, `g then m` is written `g m`. */
  readonly keys: string;
  readonly does: string;
  /** The part of the page that has to have the focus; anywhere without it. */
  readonly where?: string;
}

interface Registered extends Shortcut {
  /** Absent where the part of the page sees to its keys itself. */
  readonly run?: (event: KeyboardEvent) => void;
}

/** Two keys of a sequence belong together when they follow within this time. */
const SEQUENCE_MS = 900;
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

let registered: readonly Registered[] = [];
const listeners = new Set<() => void>();
let previous = { key: '', at: 0 };

/** Binds keys while the calling component is shown. Keys that a text field or an open dialog needs stay theirs. */
export function useShortcut(keys: string, does: string, run: (event: KeyboardEvent) => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const entry: Registered = { keys, does, run: (event) => latest.current(event) };
    change([...registered, entry]);
    return () => change(registered.filter((one) => one !== entry));
  }, [keys, does]);
}

/**
 * Tells, while the calling component is shown, of keys that it sees to itself: they are in the list and nowhere else. `keys`
 * keeps its identity while it says the same. `right-click` stands for the mouse.
 */
export function useListedKeys(where: string, keys: readonly Shortcut[]): void {
  useEffect(() => {
    const entries = keys.map((one): Registered => ({ ...one, where }));
    change([...registered, ...entries]);
    return () => change(registered.filter((one) => !entries.includes(one)));
  }, [where, keys]);
}

/** Every shortcut of the page that is shown, for the list that `?` opens. */
export function useShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => registered,
  );
}

/** `mod+k` as the keyboard at hand names it. */
export function renderKeys(keys: string): string {
  return keys
    .split('+')
    .map((key) => {
      if (key === 'mod') return isMac ? '⌘' : 'Ctrl';
      if (key === 'shift') return isMac ? '⇧' : 'Shift';
      if (key === 'alt') return isMac ? '⌥' : 'Alt';
      if (/^f\d+$/.test(key)) return key.toUpperCase();
      return NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
    })
    .join(isMac ? '' : ' ');
}

const NAMES: Readonly<Record<string, string>> = {
  arrowdown: '↓',
  arrowup: '↑',
  arrowleft: '←',
  arrowright: '→',
  backspace: '⌫',
  enter: '↵',
  escape: 'Esc',
  space: 'Space',
  'right-click': 'Right-click',
  ' ': 'Space',
};

function change(next: readonly Registered[]): void {
  registered = next;
  for (const listener of listeners) listener();
}

/** What opens over a page and is closed by Esc. */
const POPUPS = '[role="dialog"], [role="menu"]';
/** The press that a popup has closed itself by: seen before anything can act on it. */
let closedPopup: KeyboardEvent | undefined;
window.addEventListener(
  'keydown',
  (event) => {
    closedPopup = event.key === 'Escape' && document.querySelector(POPUPS) !== null ? event : undefined;
  },
  { capture: true },
);

window.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event === closedPopup) return;
  const pressed = nameOf(event);
  const needsModifier = takesKey(event.target, pressed) || document.querySelector('[role="dialog"]') !== null;
  if (needsModifier && !pressed.startsWith('mod+')) return;
  const sequence = event.timeStamp - previous.at < SEQUENCE_MS ? `${previous.key} ${pressed}` : pressed;
  previous = { key: pressed, at: event.timeStamp };
  // The newest wins: a page's own key goes before the frame's.
  const found =
    registered.findLast(({ keys, run }) => run !== undefined && keys === sequence) ??
    registered.findLast(({ keys, run }) => run !== undefined && keys === pressed);
  if (found?.run === undefined) return;
  event.preventDefault();
  found.run(event);
});

function nameOf(event: KeyboardEvent): string {
  const key = event.key.toLowerCase();
  const modifier = (isMac ? event.metaKey : event.ctrlKey) ? 'mod+' : '';
  // A question mark needs shift on most keyboards and is named by itself.
  const shift = event.shiftKey && key.length > 1 ? 'shift+' : '';
  return `${modifier}${shift}${key}`;
}

/** Whether the key is of use to the field that has the focus: letters are of none to a checkbox. */
function takesKey(target: EventTarget | null, pressed: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && /^(checkbox|radio)$/.test(target.type)) {
    return /^( |enter|(shift\+)?arrow\w+)$/.test(pressed);
  }
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
