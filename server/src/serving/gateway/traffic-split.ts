/**
 * Shares requests by whole percents. Equal seeds give equal sequences.
 * @param weights of the entities, in order; those that sum to nothing give the first all
 * @returns a function that gives the index of the entity for the next request
 */
export function createTrafficSplit(weights: readonly number[], seed: number): () => number {
  const bounds: number[] = [];
  let total = 0;
  for (const weight of weights) {
    total += weight;
    bounds.push(total);
  }
  // A generator of Marsaglia's never leaves zero.
  let state = seed >>> 0 || 0x9e3779b9;
  return () => {
    if (bounds.length <= 1 || total === 0) return 0;
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    const point = Math.floor((state / 4_294_967_296) * total);
    let index = 0;
    while (point >= bounds[index]!) index += 1;
    return index;
  };
}
