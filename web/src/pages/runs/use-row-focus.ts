import { useEffect, useRef } from 'react';

/** A page that is opened with a run beside the table shows where in the table it stands. */
export function useRevealedRun(
  run: string | undefined,
  isReady: boolean,
  reveal: (runId: string) => Promise<void>,
): void {
  const isDone = useRef(run === undefined);
  const latest = useRef(reveal);
  latest.current = reveal;
  useEffect(() => {
    if (isDone.current || !isReady || run === undefined) return;
    isDone.current = true;
    // The run may be in no list, as one of the trash; its details say so.
    latest.current(run).catch(() => undefined);
  }, [run, isReady]);
}

/** Where one comes back to a page, the keyboard stands where it stood. */
export function useReturnToRows(hasRows: boolean, isBack: boolean, restore: () => void): void {
  const isDone = useRef(!isBack);
  const latest = useRef(restore);
  latest.current = restore;
  useEffect(() => {
    if (isDone.current || !hasRows) return;
    isDone.current = true;
    latest.current();
  }, [hasRows]);
}
