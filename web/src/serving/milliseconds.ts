import { renderDuration } from '../ui/numbers.ts';

/** Times of answers: `0.42 ms`, `12.5 ms`, `1.2 s`. */
export const renderMs = (ms: number): string =>
  ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : renderDuration(ms);
