/**
 * The pattern of a SHOW statement: `*` and `%` stand for any characters, `|` separates patterns, case does not count.
 * An underscore is itself: names are full of them.
 */
export function matcherOf(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const alternatives = pattern
    .toLowerCase()
    .split('|')
    .map((alternative) => alternative.trim().split(/[*%]+/));
  return (name) => alternatives.some((pieces) => matches(name.toLowerCase(), pieces));
}

/** By pieces and not by a regular expression, whose time could be the caller's choice. */
function matches(name: string, pieces: readonly string[]): boolean {
  const [first, ...rest] = pieces as [string, ...string[]];
  if (rest.length === 0) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop()!;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
