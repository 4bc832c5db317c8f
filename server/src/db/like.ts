/**
 * Case-insensitive LIKE over all of Unicode (SQLite's own folds ASCII only, PostgreSQL's follows a locale).
 * `%` stands for any text, `_` for one character; there is no escape character, as in MLflow.
 * Time is at most pattern length × text length: one remembered `%` to go back to, never a tree of choices.
 */
export function unicodeIlike(pattern: string, text: string): boolean {
  const p = Array.from(pattern.toLowerCase());
  const t = Array.from(text.toLowerCase());
  let pi = 0;
  let ti = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (ti < t.length) {
    if (pi < p.length && p[pi] === '%') {
      starAt = pi;
      pi += 1;
      resumeAt = ti;
    } else if (pi < p.length && (p[pi] === '_' || p[pi] === t[ti])) {
      pi += 1;
      ti += 1;
    } else if (starAt >= 0) {
      resumeAt += 1;
      ti = resumeAt;
      pi = starAt + 1;
    } else {
      return false;
    }
  }
  while (p[pi] === '%') pi += 1;
  return pi === p.length;
}
