import { isBranch } from './lenient-json.ts';

/** A notebook as far as it is shown. */
export interface Notebook {
  readonly language: string;
  readonly cells: readonly NotebookCell[];
}

export interface NotebookCell {
  readonly kind: 'markdown' | 'code' | 'raw';
  readonly source: string;
  /** `1`, as in `In [1]`. */
  readonly count: string | undefined;
  readonly outputs: readonly CellOutput[];
}

export type CellOutput =
  | { readonly is: 'text'; readonly text: string; readonly isError: boolean }
  | { readonly is: 'picture'; readonly url: string }
  | { readonly is: 'page'; readonly html: string; readonly text: string | undefined };

type Mapping = Readonly<Record<string, unknown>>;

/** Reads a notebook of format 3 to 4. @throws Error for another document */
export function readNotebook(document: unknown): Notebook {
  const root = mapping(document);
  const worksheet = mapping(list(root.worksheets)[0]);
  const cells = list(root.cells ?? worksheet.cells);
  if (cells.length === 0 && root.cells === undefined) throw new Error('it has no cells');
  const language = mapping(mapping(root.metadata).language_info).name;
  return { language: typeof language === 'string' ? language : 'python', cells: cells.map(readCell) };
}

function readCell(value: unknown): NotebookCell {
  const cell = mapping(value);
  const type = cell.cell_type;
  const count = cell.execution_count ?? cell.prompt_number;
  return {
    kind: type === 'markdown' || type === 'code' ? type : type === 'heading' ? 'markdown' : 'raw',
    source: joined(cell.source ?? cell.input),
    count: typeof count === 'number' ? String(count) : undefined,
    outputs: list(cell.outputs).flatMap(readOutput),
  };
}

/** Terminals' colours, which mean nothing here. */
// The escape character is written as a code, so that the expression holds no control character itself.
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g');

function readOutput(value: unknown): CellOutput[] {
  const output = mapping(value);
  if (output.output_type === 'stream') {
    return [
      { is: 'text', text: joined(output.text).replace(ESCAPES, ''), isError: output.name === 'stderr' },
    ];
  }
  if (output.output_type === 'error' || output.output_type === 'pyerr') {
    const trace = list(output.traceback).join('\n');
    const text = trace || `${String(output.ename)}: ${String(output.evalue)}`;
    return [{ is: 'text', text: text.replace(ESCAPES, ''), isError: true }];
  }
  const data = mapping(output.data ?? output);
  for (const type of ['image/png', 'image/jpeg', 'image/gif', 'image/webp']) {
    const picture = data[type];
    if (picture === undefined) continue;
    const base64 = joined(picture).replace(/\s/g, '');
    if (/^[\w+/=]+$/.test(base64)) return [{ is: 'picture', url: `data:${type};base64,${base64}` }];
  }
  if (data['image/svg+xml'] !== undefined) {
    // As a picture nothing of it runs.
    const svg = encodeURIComponent(joined(data['image/svg+xml']));
    return [{ is: 'picture', url: `data:image/svg+xml;charset=utf-8,${svg}` }];
  }
  const text = data['text/plain'] === undefined ? undefined : joined(data['text/plain']);
  if (data['text/html'] !== undefined) return [{ is: 'page', html: joined(data['text/html']), text }];
  return text === undefined ? [] : [{ is: 'text', text: text.replace(ESCAPES, ''), isError: false }];
}

/** Notebooks keep texts as one string or as a list of lines. */
const joined = (value: unknown): string =>
  Array.isArray(value) ? value.map(String).join('') : typeof value === 'string' ? value : '';

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const mapping = (value: unknown): Mapping => (isBranch(value) && !Array.isArray(value) ? value : {});
