import { keepPreviousData, QueryClient } from '@tanstack/react-query';
import { whenReturned } from './connection.ts';

/**
 * What the server said, kept for the pages. Old data stays on the screen while new data comes; live events, not time,
 * say when something is out of date.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 10 * 60_000,
      placeholderData: keepPreviousData,
      // The client of the server's API tries again by itself, with growing waits.
      retry: false,
      refetchOnWindowFocus: false,
    },
  },
});

// Nobody has to try again: what failed meanwhile is read, and what was missed as well.
whenReturned(() => void queryClient.invalidateQueries());
