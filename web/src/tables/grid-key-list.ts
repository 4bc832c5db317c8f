import { useMemo } from 'react';
import { type Shortcut, useListedKeys } from '../ui/shortcuts.ts';

/** What a grid lets people do. */
export interface GridAbilities {
  readonly canSelect: boolean;
  readonly canOpen: boolean;
  readonly canSort: boolean;
  readonly hasCellMenu: boolean;
  readonly hasColumnMenu: boolean;
  readonly canMoveColumns: boolean;
  readonly canResizeColumns: boolean;
}

/** Puts the keys that `commandOf` understands, and the right mouse button, into the list of shortcuts. */
export function useGridKeyList(abilities: GridAbilities): void {
  const key = JSON.stringify(abilities);
  useListedKeys(
    'In the table',
    useMemo(() => keysOf(abilities), [key]),
  );
}

function keysOf(abilities: GridAbilities): readonly Shortcut[] {
  const list: readonly (readonly [boolean, string, string])[] = [
    [
      true,
      'arrowup arrowdown arrowleft arrowright',
      'Go from cell to cell; above the first row is the header',
    ],
    [abilities.canOpen, 'enter', 'Open the row'],
    [abilities.canSelect, 'space', 'Select the row'],
    [abilities.canSelect, 'shift+arrowdown', 'Select the next row too'],
    [abilities.canSelect, 'mod+a', 'Select all rows'],
    [true, 'mod+c', 'Copy the cell'],
    [abilities.hasCellMenu, 'shift+f10', 'Filter by the cell, copy it'],
    [abilities.hasCellMenu, 'right-click', 'Filter by the cell, copy it'],
    [abilities.canSort, 'enter', 'On a header: sort by the column'],
    [abilities.canSort, 'shift+enter', 'On a header: sort by the column too'],
    [abilities.hasColumnMenu, 'alt+arrowdown', 'On a header: what can be done with the column'],
    [abilities.canMoveColumns, 'alt+arrowleft alt+arrowright', 'On a header: move the column'],
    [abilities.canResizeColumns, 'alt+shift+arrowleft alt+shift+arrowright', 'On a header: narrower, wider'],
  ];
  return list.filter(([isThere]) => isThere).map(([, keys, does]) => ({ keys, does }));
}
