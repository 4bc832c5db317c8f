import type { PlacedColumn } from './columns.ts';

/** Of an element in the body: its row, and its column unless it is the check box or an action. */
export function placeOf(element: HTMLElement): { row: number; column: number | undefined } | undefined {
  const row = element.closest<HTMLElement>('[data-index]')?.dataset.index;
  const column = element.closest<HTMLElement>('[data-position]')?.dataset.position;
  if (row === undefined) return undefined;
  return { row: Number(row), column: column === undefined ? undefined : Number(column) };
}

interface RevealedCell {
  readonly top: number | undefined;
  readonly rowHeight: number;
  readonly headerHeight: number;
  readonly place: PlacedColumn<never> | undefined;
  readonly isPinned: boolean;
  readonly pinnedWidth: number;
}

/** Scrolls as little as is needed to see the cell whole. */
export function reveal(element: HTMLElement | null, cell: RevealedCell): void {
  if (element === null) return;
  const { top, place } = cell;
  if (top !== undefined) {
    const bottom = top + cell.rowHeight - (element.clientHeight - cell.headerHeight);
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop) element.scrollTop = bottom;
  }
  if (place === undefined || cell.isPinned) return;
  const left = place.left - cell.pinnedWidth;
  const right = place.left + place.column.width - element.clientWidth;
  if (left < element.scrollLeft) element.scrollLeft = left;
  else if (right > element.scrollLeft) element.scrollLeft = Math.min(left, right);
}

const CELL_PADDING = 20;

/** As wide as the widest of the column's cells in the document. */
export function fitWidth(element: HTMLElement | null, position: number): number {
  const cells = element?.querySelectorAll(`[data-position="${position}"]`) ?? [];
  const header = element?.querySelectorAll('[role="columnheader"]') ?? [];
  const range = document.createRange();
  let widest = 0;
  for (const cell of [...cells, ...header]) {
    if (!(cell instanceof HTMLElement)) continue;
    if (cell.role === 'columnheader' && !cell.id.endsWith(`-${position}`)) continue;
    range.selectNodeContents(cell);
    const inner = [...cell.children].map((child) => child.scrollWidth);
    widest = Math.max(widest, range.getBoundingClientRect().width, ...inner);
  }
  return widest + CELL_PADDING;
}

/** Where a row is on the screen, as far as the grid shows it. */
export function rectOfRow(element: HTMLElement | null, index: number): DOMRect | undefined {
  const row = element?.querySelector(`[data-index="${index}"]`)?.getBoundingClientRect();
  if (element === null || row === undefined) return undefined;
  const frame = element.getBoundingClientRect();
  return new DOMRect(frame.left, row.top, frame.width, row.height);
}
