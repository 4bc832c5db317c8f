/** Columns of numbers, one value a run, and what they are to explain. */
export interface Table {
  readonly features: readonly Float64Array[];
  readonly target: Float64Array;
}

export interface ForestResult {
  /** By feature: how much the error grows, in variances of the target, when its values are shuffled among runs. */
  readonly importance: readonly number[];
  /** The share of the variance that the forest explains of runs which it has not seen; below 0 it knows nothing. */
  readonly explained: number;
}

const TREES = 80;
const LEAF = 3;
const MOST_DEPTH = 14;

type Tree =
  | { readonly value: number }
  | { readonly feature: number; readonly at: number; readonly left: Tree; readonly right: Tree };

/**
 * Permutation importance in a random forest, measured on the runs that each tree was not grown from (Breiman 2001, section
 * 10); splits at random places of all features (Geurts, Ernst and Wehenkel 2006). The same table gives the same answer.
 */
export function measureImportance({ features, target }: Table): ForestResult {
  const count = target.length;
  const random = createRandom(count * 31 + features.length);
  const total = varianceOf(target, Array.from(target.keys()));
  const importance = new Float64Array(features.length);
  const sums = new Float64Array(count);
  const votes = new Uint32Array(count);
  let measured = 0;
  for (let t = 0; t < TREES; t += 1) {
    const drawn = Array.from({ length: count }, () => Math.floor(random() * count));
    const seen = new Set(drawn);
    const unseen = Array.from(target.keys()).filter((run) => !seen.has(run));
    if (unseen.length < 2) continue;
    const tree = grow({ features, target }, { runs: drawn, depth: 0, random });
    const value = (run: number, shuffled: number, other: number) =>
      predict(tree, (feature) => features[feature]![feature === shuffled ? other : run]!);
    let error = 0;
    for (const run of unseen) {
      const guess = value(run, -1, run);
      sums[run] = sums[run]! + guess;
      votes[run] = votes[run]! + 1;
      error += (guess - target[run]!) ** 2;
    }
    for (const f of features.keys()) {
      const order = shuffle(unseen, random);
      let shuffledError = 0;
      for (const [i, run] of unseen.entries())
        shuffledError += (value(run, f, order[i]!) - target[run]!) ** 2;
      importance[f] = importance[f]! + (shuffledError - error) / unseen.length;
    }
    measured += 1;
  }
  let error = 0;
  let known = 0;
  for (const [run, vote] of votes.entries()) {
    if (vote === 0) continue;
    error += (sums[run]! / vote - target[run]!) ** 2;
    known += 1;
  }
  const scale = total * Math.max(1, measured);
  return {
    importance: Array.from(importance, (sum) => (scale === 0 ? 0 : Math.max(0, sum / scale))),
    explained: total === 0 || known === 0 ? 0 : 1 - error / known / total,
  };
}

interface Growth {
  readonly runs: readonly number[];
  readonly depth: number;
  readonly random: () => number;
}

function grow(table: Table, { runs, depth, random }: Growth): Tree {
  const { features, target } = table;
  const mean = runs.reduce((sum, run) => sum + target[run]!, 0) / runs.length;
  if (runs.length < 2 * LEAF || depth >= MOST_DEPTH) return { value: mean };
  let best: { feature: number; at: number; left: number[]; right: number[]; gain: number } | undefined;
  const whole = varianceOf(target, runs) * runs.length;
  if (whole === 0) return { value: mean };
  for (const [feature, values] of features.entries()) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const run of runs) {
      low = Math.min(low, values[run]!);
      high = Math.max(high, values[run]!);
    }
    if (low === high) continue;
    const at = low + random() * (high - low);
    const left = runs.filter((run) => values[run]! <= at);
    const right = runs.filter((run) => values[run]! > at);
    if (left.length < LEAF || right.length < LEAF) continue;
    const gain = whole - varianceOf(target, left) * left.length - varianceOf(target, right) * right.length;
    if (best === undefined || gain > best.gain) best = { feature, at, left, right, gain };
  }
  if (best === undefined || best.gain <= 0) return { value: mean };
  return {
    feature: best.feature,
    at: best.at,
    left: grow(table, { runs: best.left, depth: depth + 1, random }),
    right: grow(table, { runs: best.right, depth: depth + 1, random }),
  };
}

function predict(tree: Tree, read: (feature: number) => number): number {
  let node = tree;
  while ('feature' in node) node = read(node.feature) <= node.at ? node.left : node.right;
  return node.value;
}

function varianceOf(values: Float64Array, runs: readonly number[]): number {
  let sum = 0;
  for (const run of runs) sum += values[run]!;
  const mean = sum / runs.length;
  let squares = 0;
  for (const run of runs) squares += (values[run]! - mean) ** 2;
  return squares / runs.length;
}

function shuffle(runs: readonly number[], random: () => number): number[] {
  const result = [...runs];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** Mulberry32: small, even, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Spearman's rank correlation; ties share their mean rank. NaN where either column is constant. */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const mean = (x.length + 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i += 1) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

function ranksOf(values: Float64Array): Float64Array {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end + 1 < order.length && values[order[end + 1]!] === values[order[i]!]) end += 1;
    for (let j = i; j <= end; j += 1) ranks[order[j]!] = (i + end) / 2 + 1;
    i = end + 1;
  }
  return ranks;
}
