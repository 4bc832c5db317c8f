/** Where the keyboard stands: row −1 is the header. */
export interface GridCursor {
  readonly row: number;
  readonly column: number;
}

export interface GridExtent {
  readonly rows: number;
  readonly columns: number;
  /** Rows that are seen at once. */
  readonly page: number;
}

/** A key as a keyboard event tells it. */
export interface PressedKey {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** What a key means in a grid. */
export type GridCommand =
  | { readonly does: 'move'; readonly to: GridCursor; readonly extends: boolean }
  | { readonly does: 'toggle' }
  | { readonly does: 'open' }
  | { readonly does: 'sort'; readonly isAdded: boolean }
  | { readonly does: 'all' }
  | { readonly does: 'none' }
  | { readonly does: 'copy' }
  | { readonly does: 'menu' }
  | { readonly does: 'fold'; readonly isOpen: boolean }
  | { readonly does: 'move-column'; readonly by: -1 | 1 }
  | { readonly does: 'resize-column'; readonly by: number };

const RESIZE_STEP = 16;

/**
 * The keys of the ARIA grid pattern, and Alt with arrows on a header to move a column or, with Shift, to resize it.
 * @returns undefined for keys that the grid leaves to the page.
 */
export function commandOf(
  pressed: PressedKey,
  cursor: GridCursor,
  extent: GridExtent,
  row: { readonly isOpen: boolean | undefined },
): GridCommand | undefined {
  const isControl = pressed.ctrlKey || pressed.metaKey;
  const isHeader = cursor.row < 0;
  if (pressed.altKey) return isHeader ? commandOnColumn(pressed) : undefined;
  if (isControl && pressed.key.toLowerCase() === 'a') return { does: 'all' };
  if (isControl && pressed.key.toLowerCase() === 'c') return isHeader ? undefined : { does: 'copy' };
  switch (pressed.key) {
    case ' ':
      return isHeader ? { does: 'sort', isAdded: pressed.shiftKey } : { does: 'toggle' };
    case 'Enter':
      return isHeader ? { does: 'sort', isAdded: pressed.shiftKey } : { does: 'open' };
    case 'Escape':
      return { does: 'none' };
    case 'ContextMenu':
      return { does: 'menu' };
    case 'F10':
      return pressed.shiftKey ? { does: 'menu' } : undefined;
  }
  if (!isHeader && cursor.column === 0 && row.isOpen !== undefined) {
    if (pressed.key === 'ArrowRight' && !row.isOpen) return { does: 'fold', isOpen: true };
    if (pressed.key === 'ArrowLeft' && row.isOpen) return { does: 'fold', isOpen: false };
  }
  const to = moved(pressed.key, isControl, cursor, extent);
  return to && { does: 'move', to, extends: pressed.shiftKey && !isHeader && to.row !== cursor.row };
}

function commandOnColumn({ key, shiftKey }: PressedKey): GridCommand | undefined {
  const by = key === 'ArrowLeft' ? -1 : key === 'ArrowRight' ? 1 : undefined;
  if (key === 'ArrowDown') return { does: 'menu' };
  if (by === undefined) return undefined;
  return shiftKey ? { does: 'resize-column', by: by * RESIZE_STEP } : { does: 'move-column', by };
}

function moved(
  key: string,
  isControl: boolean,
  { row, column }: GridCursor,
  { rows, columns, page }: GridExtent,
): GridCursor | undefined {
  const at = (nextRow: number, nextColumn: number): GridCursor => ({
    row: Math.max(-1, Math.min(rows - 1, nextRow)),
    column: Math.max(0, Math.min(columns - 1, nextColumn)),
  });
  switch (key) {
    case 'ArrowDown':
      return at(isControl ? rows - 1 : row + 1, column);
    case 'ArrowUp':
      return at(isControl ? 0 : row - 1, column);
    case 'ArrowLeft':
      return at(row, column - 1);
    case 'ArrowRight':
      return at(row, column + 1);
    case 'PageDown':
      return at(row + page, column);
    case 'PageUp':
      return at(Math.max(0, row - page), column);
    case 'Home':
      return isControl ? at(0, 0) : at(row, 0);
    case 'End':
      return isControl ? at(rows - 1, columns - 1) : at(row, columns - 1);
  }
  return undefined;
}
