import type { Transaction } from '../db/port.ts';

/** A trace that pages may show is new, has changed in what it says or what is said about it, or is gone. */
export interface TraceChange {
  readonly kind: 'trace';
  readonly experimentNo: number;
  /** The trace's id. */
  readonly subject: string;
  readonly keys: readonly string[];
}

export type OnTraceChange = (change: TraceChange) => void;

/** Tells of a trace once the transaction is durable; nothing when it is rolled back. */
export function tellAfterCommit(
  tx: Transaction,
  onChange: OnTraceChange,
  trace: { readonly experiment_no: number; readonly trace_id: string },
): void {
  const change: TraceChange = {
    kind: 'trace',
    experimentNo: trace.experiment_no,
    subject: trace.trace_id,
    keys: [],
  };
  tx.afterCommit(() => onChange(change));
}
