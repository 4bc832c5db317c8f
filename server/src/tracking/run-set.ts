/**
 * Runs by their numbers, in an order. What is known of many runs is kept in arrays by the run's place in it, which is
 * smaller and faster than objects by a factor of ten.
 */
export interface RunSet {
  readonly runNos: Float64Array;
  /** The place of a run; -1 for one that is not in the set. */
  placeOf(runNo: number): number;
}

/** Numbers that are spread thinner than this are found by a map, not by a table. */
const SPREAD = 16;

/** @param runNos each at most once. */
export function createRunSet(runNos: Float64Array): RunSet {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const runNo of runNos) {
    if (runNo < low) low = runNo;
    if (runNo > high) high = runNo;
  }
  const span = high - low + 1;
  if (runNos.length > 0 && span <= SPREAD * runNos.length + 1024) {
    const places = new Int32Array(span).fill(-1);
    for (let place = 0; place < runNos.length; place += 1) places[runNos[place]! - low] = place;
    return {
      runNos,
      placeOf: (runNo) => (runNo >= low && runNo <= high ? places[runNo - low]! : -1),
    };
  }
  const places = new Map<number, number>();
  for (let place = 0; place < runNos.length; place += 1) places.set(runNos[place]!, place);
  return { runNos, placeOf: (runNo) => places.get(runNo) ?? -1 };
}
