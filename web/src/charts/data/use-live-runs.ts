import { useQueryClient } from '@tanstack/react-query';
import { useLiveChanges } from '../../data/live.ts';

/** How often a chart takes new points in, at most. */
const POINTS_MS = 400;

/** Calls with the runs whose histories of these metrics have grown. */
export function useLivePoints(
  experimentIds: readonly string[],
  metrics: readonly string[],
  onGrown: (runIds: readonly string[] | 'all') => void,
): void {
  useLiveChanges(
    experimentIds,
    ({ points, isReset }) => {
      if (isReset) onGrown('all');
      const grown = [...points]
        .filter(([, keys]) => metrics.some((key) => keys.has(key)))
        .map(([runId]) => runId);
      if (grown.length > 0) onGrown(grown);
    },
    POINTS_MS,
  );
}

/** Reads the list of runs anew when one begins, ends or changes; the values of charts follow it. */
export function useLiveRunList(experimentIds: readonly string[]): void {
  const client = useQueryClient();
  useLiveChanges(experimentIds, ({ runs, isReset, points }) => {
    if (isReset || runs.size > 0) void client.invalidateQueries({ queryKey: ['runs', 'matching'] });
    if (isReset || points.size > 0) {
      void client.invalidateQueries({ queryKey: ['runs', 'values'] });
      void client.invalidateQueries({ queryKey: ['runs', 'keys'] });
    }
  });
}
