/**
 * LIKE and ILIKE: `%` stands for any text, `_` for one character (a code point); there is no escape character, as in
 * MLflow. ILIKE folds all of Unicode. Time is at most pattern × text: one remembered `%` to go back to, never a tree of
 * choices.
 */
export function matchesLike(pattern: string, text: string, caseSensitive: boolean): boolean {
  const p = Array.from(caseSensitive ? pattern : pattern.toLowerCase());
  const t = Array.from(caseSensitive ? text : text.toLowerCase());
  let pi = 0;
  let ti = 0;
  let percentAt = -1;
  let resumeAt = 0;
  while (ti < t.length) {
    if (p[pi] === '%') {
      percentAt = pi;
      pi += 1;
      resumeAt = ti;
    } else if (pi < p.length && (p[pi] === '_' || p[pi] === t[ti])) {
      pi += 1;
      ti += 1;
    } else if (percentAt >= 0) {
      resumeAt += 1;
      ti = resumeAt;
      pi = percentAt + 1;
    } else {
      return false;
    }
  }
  while (p[pi] === '%') pi += 1;
  return pi === p.length;
}
