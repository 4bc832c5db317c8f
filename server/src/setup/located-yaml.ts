import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type AppError, invalidArgument } from '../kernel/errors.ts';

/** A value of a YAML file that knows where it stands: every complaint names file, line and field. */
export interface Located {
  /** `catalogs[0].schemas[1].name`; empty for the whole file. */
  readonly field: string;
  complain(what: string): AppError;
  /** Text as it stands; numbers and dates that were meant as text too. */
  text(): string;
  /** One of the words, in any case. */
  word<Word extends string>(words: readonly Word[]): Word;
  wholeNumber(range: { readonly min: number; readonly max: number }): number;
  items(): readonly Located[];
  /** By field; each is one of `known`. */
  members(known: readonly string[]): Members;
}

export interface Members {
  optional(field: string): Located | undefined;
  /** @throws AppError InvalidArgument where it is not there. */
  required(field: string): Located;
  /** The items of a list that may be left out. */
  list(field: string): readonly Located[];
}

/** Names for files and fields in complaints. */
interface Place {
  readonly file: string;
  readonly lines: LineCounter;
}

/**
 * Reads a YAML 1.2 file: no tags of JavaScript, no merge keys, no anchors that blow up.
 * @throws AppError InvalidArgument for what is no YAML, or holds a key twice.
 */
export function parseYaml(text: string, file: string): Located {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw invalidArgument(`${file}:${line}:${col}: ${error.message}`, { field: file });
  }
  return locate(document.contents, { field: '', offset: 0, place: { file, lines } });
}

interface Spot {
  readonly field: string;
  readonly offset: number;
  readonly place: Place;
}

function locate(node: unknown, spot: Spot): Located {
  const { field, place } = spot;
  const offset = startOf(node) ?? spot.offset;
  const complain = (what: string): AppError => {
    const { line } = place.lines.linePos(offset);
    return invalidArgument(`${place.file}:${line}: ${field === '' ? '' : `${field}: `}${what}`, { field });
  };
  const scalar = (): unknown => (isScalar(node) ? node.value : undefined);
  return {
    field,
    complain,
    text() {
      const value = scalar();
      if (typeof value === 'string') {
        if (value.trim() === '') throw complain('expected a text, not an empty one.');
        return value;
      }
      if (typeof value === 'number' || typeof value === 'bigint')
        return isScalar(node) ? (node.source ?? String(value)) : '';
      throw complain('expected a text.');
    },
    word(words) {
      const value = scalar();
      const known = words.find(
        (word) => typeof value === 'string' && word.toLowerCase() === value.toLowerCase(),
      );
      if (known === undefined) throw complain(`expected one of ${words.join(', ')}.`);
      return known;
    },
    wholeNumber({ min, max }) {
      const value = scalar();
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
        throw complain(`expected a whole number from ${min} to ${max}.`);
      return value;
    },
    items() {
      if (!isSeq(node)) throw complain('expected a list.');
      return node.items.map((item, i) => locate(item, { field: `${field}[${i}]`, offset, place }));
    },
    members(known) {
      if (!isMap(node)) throw complain(`expected fields: ${known.join(', ')}.`);
      const found = new Map<string, Located>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        const inner = field === '' ? name : `${field}.${name}`;
        const member = locate(value, { field: inner, offset: startOf(key) ?? offset, place });
        if (!known.includes(name))
          throw locate(key, { field: inner, offset, place }).complain(
            `unknown field; expected one of ${known.join(', ')}.`,
          );
        // A field without a value says nothing.
        if (value !== null && !(isScalar(value) && value.value === null)) found.set(name, member);
      }
      return {
        optional: (name) => found.get(name),
        required(name) {
          const member = found.get(name);
          if (member === undefined) throw complain(`the field '${name}' is missing.`);
          return member;
        },
        list: (name) => found.get(name)?.items() ?? [],
      };
    },
  };
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range))
    return undefined;
  const [start] = node.range as readonly unknown[];
  return typeof start === 'number' ? start : undefined;
}
