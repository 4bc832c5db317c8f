import { isBranch, renderScalar } from './lenient-json.ts';

/** One line of a document as a tree. */
export interface JsonRow {
  /** The keys on the way, each escaped as in a JSON pointer: `/a/0`; empty for the document. */
  readonly pointer: string;
  readonly level: number;
  /** Undefined for the document itself. */
  readonly name: string | undefined;
  readonly value: unknown;
  /** Undefined for a value that holds no others. */
  readonly isOpen: boolean | undefined;
  /** Of a value that holds others: how many. */
  readonly count: number;
}

export function jsonRows(
  document: unknown,
  isOpen: (branch: { readonly pointer: string; readonly level: number; readonly count: number }) => boolean,
): readonly JsonRow[] {
  const rows: JsonRow[] = [];
  const add = (value: unknown, name: string | undefined, place: { pointer: string; level: number }): void => {
    const { pointer, level } = place;
    const children = isBranch(value) ? Object.entries(value) : undefined;
    const count = children?.length ?? 0;
    const opened = count > 0 ? isOpen({ pointer, level, count }) : undefined;
    rows.push({ pointer, level, name, value, isOpen: opened, count });
    if (!opened) return;
    for (const [key, child] of children ?? []) {
      add(child, key, {
        pointer: `${pointer}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`,
        level: level + 1,
      });
    }
  };
  add(document, undefined, { pointer: '', level: 0 });
  return rows;
}

const MOST_PREVIEWED = 120;

/** What a closed value is like: `{a, b, …}`, `[12, 14, …]`. */
export function previewOf(value: unknown): string {
  if (!isBranch(value)) return renderScalar(value);
  const parts = Array.isArray(value)
    ? value
        .slice(0, 20)
        .map((one) => (isBranch(one) ? (Array.isArray(one) ? '[…]' : '{…}') : renderScalar(one)))
    : Object.keys(value).slice(0, 20);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const text = parts.join(', ');
  const isCut = text.length > MOST_PREVIEWED || Object.keys(value).length > 20;
  return `${open}${text.slice(0, MOST_PREVIEWED)}${isCut ? ', …' : ''}${close}`;
}
