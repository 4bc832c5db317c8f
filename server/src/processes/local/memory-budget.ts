/** A replica that lives, as far as memory is concerned. */
export interface Holder {
  readonly id: string;
  readonly bytes: number;
  /** Whether it may be ended: its set allows it, and nothing is with it. */
  readonly idle: boolean;
  /** When it last had something to do; any clock. */
  readonly lastUsedMs: number;
}

export type BudgetDecision =
  | { readonly kind: 'start' }
  /** These go first, the longest unused before others. */
  | { readonly kind: 'evict'; readonly ids: readonly string[] }
  | { readonly kind: 'wait' };

/** Whether something that needs `neededBytes` may start beside what lives. What is larger than all alone may have all. */
export function decideStart(
  holders: readonly Holder[],
  neededBytes: number,
  budgetBytes: number,
): BudgetDecision {
  const used = holders.reduce((sum, { bytes }) => sum + bytes, 0);
  let excess = used + Math.min(neededBytes, budgetBytes) - budgetBytes;
  if (excess <= 0) return { kind: 'start' };
  const ids: string[] = [];
  const idle = holders.filter((holder) => holder.idle).toSorted((a, b) => a.lastUsedMs - b.lastUsedMs);
  for (const holder of idle) {
    ids.push(holder.id);
    excess -= holder.bytes;
    if (excess <= 0) return { kind: 'evict', ids };
  }
  return { kind: 'wait' };
}
