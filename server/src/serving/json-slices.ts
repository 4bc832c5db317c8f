import { internal } from '../kernel/errors.ts';

/**
 * The parts of a JSON text as they stand there, without reading them: a number keeps its digits, `1.0` stays `1.0`.
 * The text is one that we wrote or had parsed: it is not judged.
 */

/** The elements of an array. */
export function sliceArray(text: string): string[] {
  const start = skipSpace(text, 0);
  if (text[start] !== '[') throw notSliceable(text);
  return sliceList(text, start);
}

/** The members of an object, in their order. */
export function sliceObject(text: string): [key: string, value: string][] {
  const start = skipSpace(text, 0);
  if (text[start] !== '{') throw notSliceable(text);
  return sliceList(text, start).map((member) => {
    const end = endOfString(member, 0);
    const colon = skipSpace(member, end);
    return [JSON.parse(member.slice(0, end)) as string, member.slice(skipSpace(member, colon + 1))];
  });
}

/** What stands between commas from an opening bracket to its closing one. */
function sliceList(text: string, open: number): string[] {
  const parts: string[] = [];
  let from = skipSpace(text, open + 1);
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (character === '[' || character === '{') depth += 1;
    else if (depth === 0 && (character === ',' || character === ']' || character === '}')) {
      const part = text.slice(from, at).trim();
      if (part !== '' || character === ',') parts.push(part);
      if (character !== ',') return parts;
      from = skipSpace(text, at + 1);
    } else if (character === ']' || character === '}') depth -= 1;
    at += 1;
  }
  throw notSliceable(text);
}

/** @param start of its opening quote @returns where it is over */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  throw notSliceable(text);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

const notSliceable = (text: string) =>
  internal('The answer of a model is not in the form that was expected.', {
    details: { text: text.slice(0, 200) },
  });
