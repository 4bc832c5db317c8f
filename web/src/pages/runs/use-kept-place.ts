import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

/** What of a page of runs is neither in its address nor on the server. */
export interface KeptPlace {
  readonly selected: ReadonlySet<string>;
  /** The row of the cursor; undefined where it stood in the header or nowhere. */
  readonly row: number | undefined;
}

/** Steps of the history whose places are kept. */
const MOST_KEPT = 30;
const kept = new Map<string, KeptPlace>();

/** The place of this step of the history, if one comes back to it: Back finds what was chosen and where one was. */
export function useKeptPlace(): {
  readonly before: KeptPlace | undefined;
  readonly keep: (place: KeptPlace) => void;
} {
  const key = useLocation({ select: ({ state }) => state.__TSR_key ?? '' });
  const before = useRef<KeptPlace | undefined>(undefined);
  const isFirst = useRef(true);
  if (isFirst.current) {
    isFirst.current = false;
    before.current = kept.get(key);
  }
  const latest = useRef<KeptPlace | undefined>(before.current);
  const write = useRef<(place: KeptPlace) => void>(() => undefined);
  write.current = (place) => {
    latest.current = place;
    if (key === '') return;
    kept.delete(key);
    kept.set(key, place);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  };
  // The address changes with widths and filters: its new step is the same place.
  useEffect(() => {
    if (latest.current !== undefined) write.current(latest.current);
  }, [key]);
  const keep = useRef((place: KeptPlace) => write.current(place));
  return { before: before.current, keep: keep.current };
}
