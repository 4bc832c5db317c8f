/** Repeatable random numbers (mulberry32): a failure names the seed that shows it again. */
export interface Random {
  unit(): number;
  below(limit: number): number;
  of<T>(choices: readonly T[]): T;
}

export function randomFrom(seed: number): Random {
  let state = seed;
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(unit() * limit);
  return { unit, below, of: (choices) => choices[below(choices.length)]! };
}
