import { invalidArgument } from '../kernel/errors.ts';

const LANGUAGES = ['PYTHON', 'SQL', 'SCALA', 'R'] as const;
type Language = (typeof LANGUAGES)[number];

/** A file as it is; a notebook as the text of its language, or as Jupyter has it. */
export type WorkspaceForm =
  | { readonly kind: 'FILE' }
  | { readonly kind: 'NOTEBOOK'; readonly language: Language; readonly format: 'SOURCE' | 'JUPYTER' };

export const FILE: WorkspaceForm = { kind: 'FILE' };
const JUPYTER: WorkspaceForm = { kind: 'NOTEBOOK', language: 'PYTHON', format: 'JUPYTER' };

/** By the ending of its name: the language and how its comments begin. */
const ENDINGS: Readonly<Record<string, readonly [Language, comment: string]>> = {
  '.py': ['PYTHON', '#'],
  '.sql': ['SQL', '--'],
  '.scala': ['SCALA', '//'],
  '.r': ['R', '#'],
};

/** As many bytes as the first line of a notebook has at most, and a byte order mark. */
export const FIRST_LINE_BYTES = 64;

/**
 * What a file becomes: a notebook, under a name without its ending, where it is one of Jupyter's, or where its first line
 * says so in a comment (contract of the CLI, section 1).
 * @param beginning the first bytes of the file, `FIRST_LINE_BYTES` of them where there are so many
 */
export function recognize(
  name: string,
  beginning: Uint8Array,
): { readonly name: string; readonly form: WorkspaceForm } {
  const [, base = name, ending = ''] = /^(.+)(\.[^.]+)$/s.exec(name) ?? [];
  if (ending.toLowerCase() === '.ipynb') return { name: base, form: JUPYTER };
  const known = Object.hasOwn(ENDINGS, ending.toLowerCase()) ? ENDINGS[ending.toLowerCase()] : undefined;
  if (known === undefined) return { name, form: FILE };
  const [language, comment] = known;
  const [line = ''] = Buffer.from(beginning)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .split(/\r?\n/, 1);
  return line.trimEnd() === `${comment} Databricks notebook source`
    ? { name: base, form: { kind: 'NOTEBOOK', language, format: 'SOURCE' } }
    : { name, form: FILE };
}

/** What a caller asks for by name. @throws AppError InvalidArgument */
export function formOf(format: string, language: string | undefined): WorkspaceForm | 'AUTO' {
  switch (format.toUpperCase()) {
    case 'AUTO':
      return 'AUTO';
    case 'RAW':
      return FILE;
    case 'JUPYTER':
      return JUPYTER;
    case '':
    case 'SOURCE': {
      const known = LANGUAGES.find((name) => name === language?.toUpperCase());
      if (known !== undefined) return { kind: 'NOTEBOOK', language: known, format: 'SOURCE' };
      throw invalidArgument(`The format SOURCE needs a language: one of ${LANGUAGES.join(', ')}.`, {
        field: 'language',
      });
    }
  }
  throw invalidArgument(
    `The format '${format.slice(0, 50)}' is not supported: use AUTO, SOURCE, RAW or JUPYTER.`,
    {
      field: 'format',
    },
  );
}
