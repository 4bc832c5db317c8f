/** Where in a statement something is wrong, in characters from 0 on. */
export interface ErrorPlace {
  readonly from: number;
  readonly to: number;
  /** Both from 1 on. */
  readonly line: number;
  readonly column: number;
}

/**
 * The place that a message tells: "Line 2, column 8: …", or a query's "LINE 2: SELECT x" with a caret below what is
 * wrong. Undefined for a message without one.
 */
export function placeIn(message: string, statement: string): ErrorPlace | undefined {
  const told = /^(?:\[\w+\] )?Line (\d+), column (\d+):/.exec(message);
  if (told !== null) return placeAt(statement, Number(told[1]), Number(told[2]));
  const drawn = /^LINE (\d+): (.*)\n( *)\^/m.exec(message);
  if (drawn === null) return undefined;
  const [whole, line = '1', shown = '', blanks = ''] = drawn;
  const prefix = whole.indexOf(shown);
  // Long lines are shown in part, from an ellipsis on.
  const inShown = blanks.length - prefix;
  const text = statement.split('\n')[Number(line) - 1] ?? '';
  const part = shown.replace(/^\.\.\./, '').replace(/\.\.\.$/, '');
  const start = startOf(part, text);
  if (inShown < 0 || start < 0) return undefined;
  return placeAt(statement, Number(line), start + inShown - (shown.startsWith('...') ? 3 : 0) + 1);
}

/** Where the part of a line begins in it; −1 where it is not there. The server has blanks for the catalog in `system.mlflow`. */
function startOf(part: string, line: string): number {
  const exact = line.indexOf(part);
  if (exact >= 0) return exact;
  const fits = (start: number) => {
    for (let i = 0; i < part.length; i++) if (part[i] !== ' ' && part[i] !== line[start + i]) return false;
    return true;
  };
  for (let start = 0; start + part.length <= line.length; start++) if (fits(start)) return start;
  return -1;
}

function placeAt(statement: string, line: number, column: number): ErrorPlace | undefined {
  const lines = statement.split('\n');
  if (line < 1 || line > lines.length) return undefined;
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const from = Math.min(statement.length, before + column - 1);
  const word = /^[\w.`"']+/.exec(statement.slice(from))?.[0].length ?? 1;
  return { from, to: Math.min(statement.length, from + word), line, column };
}
