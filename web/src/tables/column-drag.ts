import { type PointerEvent, useState } from 'react';
import { type ColumnPlaces, clampWidth } from './columns.ts';

/** A header that is being carried: the line shows where it would stand. */
export interface ColumnDrag {
  readonly id: string;
  /** The column before which it would stand; undefined for the end. */
  readonly before: string | undefined;
  /** The place of the line, in pixels from the left edge of the grid. */
  readonly lineAt: number;
  readonly isPinned: boolean;
}

/** A press that moves less far is a click. */
const THRESHOLD_PX = 5;

/** Carrying headers with the pointer, within the pinned ones or within the others. */
export function useColumnDrag<Row>(
  places: ColumnPlaces<Row>,
  onMove: ((id: string, before: string | undefined) => void) | undefined,
) {
  const [drag, setDrag] = useState<ColumnDrag | undefined>();

  function start(event: PointerEvent<HTMLElement>, id: string, header: HTMLElement): void {
    if (onMove === undefined || event.button !== 0 || event.pointerType === 'touch') return;
    const startX = event.clientX;
    const controller = new AbortController();
    const { signal } = controller;
    let current: ColumnDrag | undefined;
    const follow = (moved: globalThis.PointerEvent) => {
      if (current === undefined && Math.abs(moved.clientX - startX) < THRESHOLD_PX) return;
      current = dropAt(places, id, moved.clientX - header.getBoundingClientRect().left);
      setDrag(current);
    };
    const end = (isDropped: boolean) => {
      controller.abort();
      setDrag(undefined);
      if (current === undefined) return;
      // The click that ends a drag does not sort.
      window.addEventListener('click', (click) => click.stopPropagation(), { capture: true, once: true });
      if (isDropped) onMove(id, current.before);
    };
    window.addEventListener('pointermove', follow, { signal });
    window.addEventListener('pointerup', () => end(true), { signal });
    window.addEventListener('pointercancel', () => end(false), { signal });
    window.addEventListener('keydown', (key) => key.key === 'Escape' && end(false), { signal });
  }

  return { drag, start };
}

function dropAt<Row>(places: ColumnPlaces<Row>, id: string, x: number): ColumnDrag | undefined {
  const { placed, pinnedCount } = places;
  const own = placed.find(({ column }) => column.id === id);
  if (own === undefined) return undefined;
  const isPinned = own.position < pinnedCount;
  const peers = placed.filter(
    ({ column, position }) => !column.isFixed && position < pinnedCount === isPinned,
  );
  const before = peers.find(({ column, left }) => x < left + column.width / 2);
  const last = peers.at(-1);
  const lineAt = before?.left ?? (last === undefined ? 0 : last.left + last.column.width);
  return { id, before: before?.column.id, lineAt, isPinned };
}

/** Drags the edge of a header; tells the width as it goes. */
export function startResize(
  event: PointerEvent<HTMLElement>,
  width: number,
  onResize: (width: number) => void,
): void {
  if (event.button !== 0) return;
  event.preventDefault();
  event.stopPropagation();
  const startX = event.clientX;
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => {
    controller.abort();
    window.addEventListener('click', (click) => click.stopPropagation(), { capture: true, once: true });
  };
  window.addEventListener('pointermove', (moved) => onResize(clampWidth(width + moved.clientX - startX)), {
    signal,
  });
  window.addEventListener('pointerup', end, { signal });
  window.addEventListener('pointercancel', end, { signal });
}
