import { useRouter } from '@tanstack/react-router';
import { useEffect, useMemo, useRef } from 'react';
import { distinctPlaces, giveColorPlaces } from '../../charts/run-colors.ts';

const OWN: ReadonlyMap<string, number> = new Map();

/**
 * No two of the runs have one colour as long as the page is open. Given while it is drawn, since what lies below takes its
 * colours then; taken back before the next page is drawn.
 */
export function useDistinctColors(runIds: readonly string[]): void {
  const router = useRouter();
  const key = runIds.join();
  const places = useMemo(() => distinctPlaces(key === '' ? [] : key.split(',')), [key]);
  const isLeaving = useRef(false);
  if (!isLeaving.current) giveColorPlaces(places);
  useEffect(() => {
    const stop = router.subscribe('onBeforeNavigate', ({ toLocation }) => {
      isLeaving.current = toLocation.pathname !== '/compare';
      if (isLeaving.current) giveColorPlaces(OWN);
    });
    return () => {
      stop();
      giveColorPlaces(OWN);
    };
  }, [router]);
}
