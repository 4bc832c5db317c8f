import type { TallyResult } from './tally.ts';

/** The outcome of a verification as a table, one line a kind. */
export function renderTable(results: readonly TallyResult[]): string {
  const rows = results.map((result) => [
    result.kind,
    String(result.sourceCount),
    String(result.targetCount),
    result.sourceDigest.slice(0, 12),
    result.differences === 0 ? 'equal' : `${result.differences} differ`,
  ]);
  const head = ['', 'source', 'here', 'digest', ''];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const render = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 1 || i === 2 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(render).join('\n');
}

/** What differs, by name; empty where nothing does. */
export function renderDifferences(results: readonly TallyResult[]): string {
  return results
    .filter(({ differences }) => differences > 0)
    .map(({ kind, differences, examples }) => {
      const more = differences > examples.length ? `, and ${differences - examples.length} more` : '';
      return `  ${kind}: ${examples.join(', ')}${more}`;
    })
    .join('\n');
}
