import { invalidArgument } from '../kernel/errors.ts';
import type { Requirement } from './environments.ts';

/** A line of a requirements file, and where it stands. */
export interface SourceLine {
  /** For messages: `requirements.txt`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

export type JudgedLine =
  | { readonly kind: 'requirement'; readonly requirement: Requirement }
  /** `code/fraud-1.0-py3-none-any.whl`: a path as the file has it, below the model's folder. */
  | { readonly kind: 'wheel'; readonly path: string }
  /** `-r requirements.txt`, the one reference that MLflow itself writes. */
  | { readonly kind: 'requirements-file' }
  /** `-c constraints.txt`, which MLflow writes as well. */
  | { readonly kind: 'constraints-file' };

const MAX_LINES = 5000;
const MAX_LINE_CHARACTERS = 2000;
const NAME = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*/;
const EXTRA = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** One clause of PEP 440, without blanks. */
const CLAUSE = /^(?:===|==|~=|!=|<=|>=|<|>)[A-Za-z0-9](?:[A-Za-z0-9.!+*_-]*[A-Za-z0-9*])?$/;
const MARKER_TOKEN =
  /^\s*(?:[()]|===|==|~=|!=|<=|>=|<|>|not\s+in\b|in\b|and\b|or\b|"[^"\\]*"|'[^'\\]*'|(?:python_version|python_full_version|os_name|os\.name|sys_platform|sys\.platform|platform_release|platform_system|platform_version|platform_machine|platform_python_implementation|implementation_name|implementation_version|extra)\b)/;
const WHEEL = /^(?:code|wheels)\/(?:[A-Za-z0-9][A-Za-z0-9._+-]*\/)*[A-Za-z0-9][A-Za-z0-9._+-]*\.whl$/;

/** As PEP 503 compares names. */
export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/**
 * The lines of a requirements file: comments and blanks gone, continued lines joined, as pip does.
 * @throws AppError InvalidArgument for a file that is too long
 */
export function splitRequirementsFile(file: string, text: string): SourceLine[] {
  const raw = text.split(/\r\n|\r|\n/);
  if (raw.length > MAX_LINES)
    throw invalidArgument(`${file} has ${raw.length} lines; at most ${MAX_LINES} are read.`);
  const lines: SourceLine[] = [];
  let joined = '';
  let first = 0;
  for (const [index, part] of raw.entries()) {
    if (joined === '') first = index + 1;
    if (part.endsWith('\\') && index + 1 < raw.length) {
      joined += part.slice(0, -1);
      continue;
    }
    const line = (joined + part).replace(/(^|\s)#.*$/, '').trim();
    joined = '';
    if (line !== '') lines.push({ file, line: first, text: line });
  }
  return lines;
}

/**
 * Judges one line. What is no plain requirement is refused: options, addresses and paths would let a model's files
 * say where code comes from, or run it.
 * @throws AppError InvalidArgument, naming the file, the line and what is wrong with it
 */
export function judgeLine(source: SourceLine): JudgedLine {
  const { text } = source;
  const refuse = (why: string) =>
    invalidArgument(`${source.file}, line ${source.line}: '${shorten(text)}' is refused: ${why}`);
  if (text.length > MAX_LINE_CHARACTERS) throw refuse(`it has more than ${MAX_LINE_CHARACTERS} characters.`);
  // Every control character, a line break above all: what is written anew must be one line.
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text.replaceAll('\t', ' '))) throw refuse('it holds a control character.');
  const file = /^(?:-(r|c)|--(requirement|constraint))[\s=]+(?:\.\/)?([a-z]+\.txt)$/.exec(text);
  if (file !== null) {
    const [, short, long, name] = file;
    if ((short ?? long)!.startsWith('r') && name === 'requirements.txt') return { kind: 'requirements-file' };
    if ((short ?? long)!.startsWith('c') && name === 'constraints.txt') return { kind: 'constraints-file' };
  }
  if (text.startsWith('-'))
    throw refuse(
      /^--?(?:i|f|(?:extra-)?index-url|find-links)\b/.test(text)
        ? 'a model does not choose the package index; whoever runs the server sets it with --python-index.'
        : 'options are not for a model to set.',
    );
  const plain = text.startsWith('./') ? text.slice(2) : text;
  if (WHEEL.test(plain)) return { kind: 'wheel', path: plain };
  if (/(^|\s)--/.test(text)) throw refuse('options are not for a model to set.');
  if (/@|:\/\/|^[a-z+]+:/i.test(text))
    throw refuse('packages come from the package index only, not from an address.');
  if (/^[./~\\]|^[A-Za-z]:[\\/]|[\\/]|\.whl\b/.test(text))
    throw refuse('of files, only wheels in the folders code/ and wheels/ of the model are installed.');
  return { kind: 'requirement', requirement: readRequirement(text, refuse) };
}

function readRequirement(text: string, refuse: (why: string) => Error): Requirement {
  const [head, ...markers] = text.split(';');
  const marker = markers.join(';').trim();
  const name = NAME.exec(head!);
  if (name === null) throw refuse('it does not begin with the name of a package.');
  const extras = (name[2] ?? '')
    .split(',')
    .map((extra) => extra.trim())
    .filter((extra) => extra !== '');
  const wrongExtra = extras.find((extra) => !EXTRA.test(extra));
  if (wrongExtra !== undefined) throw refuse(`'${wrongExtra}' is not the name of an extra.`);
  const rest = head!.slice(name[0].length).trim();
  const bare = /^\((.*)\)$/.exec(rest)?.[1] ?? rest;
  const clauses =
    bare === '' ? [] : bare.split(',').map((clause) => clause.trim().replace(/^([=~!<>]+)\s+/, '$1'));
  const wrong = clauses.find((clause) => !CLAUSE.test(clause));
  if (wrong !== undefined)
    throw refuse(wrong === '' ? 'a version is missing.' : `'${wrong}' is not a version, as in '==1.2.3'.`);
  if (markers.length > 0 && !isMarker(marker))
    throw refuse(`'${shorten(marker)}' is not a condition, as in 'python_version < "3.12"'.`);
  return {
    name: normaliseName(name[1]!),
    extras: extras.map(normaliseName).sort(),
    specifier: clauses.join(','),
    marker: markers.length > 0 ? marker : undefined,
  };
}

/** Whether the text is made of the words of PEP 508's conditions alone; `uv` judges their order. */
function isMarker(text: string): boolean {
  let rest = text;
  while (rest.trim() !== '') {
    const token = MARKER_TOKEN.exec(rest);
    if (token === null) return false;
    rest = rest.slice(token[0].length);
  }
  return text.trim() !== '';
}

/** The line as `uv` is given it, and as messages name it. */
export function renderRequirement({ name, extras, specifier, marker }: Requirement): string {
  const list = extras.length > 0 ? `[${extras.join(',')}]` : '';
  return `${name}${list}${specifier}${marker === undefined ? '' : ` ; ${marker}`}`;
}

function shorten(text: string): string {
  // A terminal and a page show the message: what is not printable is not echoed.
  const printable = text.replaceAll(/\p{Cc}/gu, '·');
  return printable.length > 120 ? `${printable.slice(0, 117)}…` : printable;
}
