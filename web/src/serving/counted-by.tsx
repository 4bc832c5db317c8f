import type { ProcessFacts } from '../data/endpoints.ts';
import { renderTime } from '../ui/numbers.ts';
import { TimeText } from '../ui/texts.tsx';

interface CountedByProps {
  readonly process: ProcessFacts;
  /** A sentence without its end: which numbers. */
  readonly what: string;
}

/** Whose numbers they are: each server process counts for itself, from its start on. */
export function CountedBy({ process: { id, counts_since: since, count }, what }: CountedByProps) {
  const title = `Process ${id}, counting since ${renderTime(since)}`;
  return count > 1 ? (
    <span title={title}>
      {what}, as server process <span className="mono">{id.slice(0, 8)}</span> counted them: one of {count}{' '}
      that answer.
    </span>
  ) : (
    <span title={title}>
      {what}; the server counts since its start, <TimeText timeMs={since} />.
    </span>
  );
}
