import type Connection from 'better-sqlite3';
import { parsePattern } from '../../filters/pattern.ts';
import { compilePattern, type PatternMatcher } from '../../filters/pattern-matcher.ts';

/** Compiled patterns kept: more than one filter is likely to have. */
const KEPT = 32;

/** Adds `matches_pattern(text, pattern)` to a connection: see `Dialect.matches`. */
export function registerPatterns(connection: Connection.Database): void {
  const compiled = new Map<string, PatternMatcher>();
  const matcherOf = (pattern: string): PatternMatcher => {
    let matcher = compiled.get(pattern);
    if (matcher === undefined) {
      if (compiled.size >= KEPT) compiled.clear();
      matcher = compilePattern(parsePattern(pattern));
      compiled.set(pattern, matcher);
    }
    return matcher;
  };
  connection.function('matches_pattern', { deterministic: true }, (text: unknown, pattern: unknown) =>
    typeof pattern === 'string' && typeof text === 'string' ? Number(matcherOf(pattern)(text)) : null,
  );
}
