/** Which runs of a list stand under which, by their places in it. */
export interface RunTree {
  readonly roots: readonly number[];
  /** The children of a place, in the list's order; absent for one that has none. */
  readonly children: ReadonlyMap<number, readonly number[]>;
}

/** Rows as they are shown: places in the list, with how deep each stands. */
export interface ShownRows {
  readonly places: Uint32Array;
  readonly depths: Uint16Array;
}

/** Nobody indents further, and a chain of parents may be as long as there are runs. */
const MAX_DEPTH = 65_535;

/**
 * @param parents for each place that of the run's parent; -1 where that is not in the list.
 * Runs that are each other's ancestors have no root above them: the first of such a circle is one.
 */
export function growTree(parents: Int32Array): RunTree {
  const children = new Map<number, number[]>();
  const roots: number[] = [];
  const isRoot = firstOfCircles(parents);
  for (let place = 0; place < parents.length; place += 1) {
    const parent = parents[place]!;
    if (parent < 0 || isRoot.has(place)) roots.push(place);
    else {
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [place]);
      else siblings.push(place);
    }
  }
  return { roots, children };
}

function firstOfCircles(parents: Int32Array): ReadonlySet<number> {
  const first = new Set<number>();
  /** 0: not seen, else the number of the walk that has seen it. */
  const seenIn = new Uint32Array(parents.length);
  for (let start = 0; start < parents.length; start += 1) {
    let place = start;
    while (place >= 0 && seenIn[place] === 0) {
      seenIn[place] = start + 1;
      place = parents[place]!;
    }
    if (place < 0 || seenIn[place] !== start + 1) continue;
    // Back at a place of this very walk: the circle goes round from here.
    let lowest = place;
    for (let at = parents[place]!; at !== place; at = parents[at]!) if (at < lowest) lowest = at;
    first.add(lowest);
  }
  return first;
}

/** The rows that are shown when only the children of places that pass `isOpen` are. */
export function flatten(tree: RunTree, isOpen: (place: number) => boolean): ShownRows {
  const places: number[] = [];
  const depths: number[] = [];
  // A stack of lists instead of recursion: how deep runs nest is the caller's choice.
  const stack: { readonly list: readonly number[]; next: number }[] = [{ list: tree.roots, next: 0 }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const place = top.list[top.next];
    if (place === undefined) {
      stack.pop();
      continue;
    }
    top.next += 1;
    places.push(place);
    depths.push(Math.min(stack.length - 1, MAX_DEPTH));
    const below = tree.children.get(place);
    if (below !== undefined && isOpen(place)) stack.push({ list: below, next: 0 });
  }
  return { places: Uint32Array.from(places), depths: Uint16Array.from(depths) };
}
