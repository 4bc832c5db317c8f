import type { Trace } from '@slipway/client';
import { Status } from '../../ui/status.tsx';

/** A trace's state in the words and colours of a run's. */
const STATUSES: Readonly<Record<Trace['state'], string>> = {
  OK: 'FINISHED',
  ERROR: 'FAILED',
  IN_PROGRESS: 'RUNNING',
  STATE_UNSPECIFIED: 'Unknown',
};

export function TraceState({ state }: { readonly state: Trace['state'] }) {
  return <Status status={STATUSES[state]} />;
}
