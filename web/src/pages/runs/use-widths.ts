import { useDebouncedCallback } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { RunsState } from './runs-search.ts';

const SETTLE_MS = 300;
const NONE: ReadonlyMap<string, number> = new Map();

/** Widths of columns: they follow the pointer at once, and the address when it rests. */
export function useWidths(state: RunsState, adjust: (change: Partial<RunsState>) => void) {
  const [dragged, setDragged] = useState(NONE);
  const widths = useMemo(() => new Map([...state.widths, ...dragged]), [state.widths, dragged]);
  const keep = useDebouncedCallback((next: ReadonlyMap<string, number>) => {
    adjust({ widths: next });
    setDragged(NONE);
  }, SETTLE_MS);
  const resize = (id: string, width: number) => {
    const next = new Map([...widths, [id, width]]);
    setDragged(next);
    keep(next);
  };
  return { widths, resize };
}
