/**
 * @typedef {object} ImportStatement
 * @property {string} specifier what stands between the quotes
 * @property {number} line counted from 1
 * @property {boolean} typeOnly marked `import type` or `export type`
 * @property {boolean} dynamic `import('…')`, in code or in a type
 */

// A clause is names, braces, commas and stars: nothing else can stand between the keyword and `from`.
const STATIC = /(?<![\w$.])(import|export)(\s+type)?(\s[\w$\s,*{}]*?|\s*[{*][\w$\s,*{}]*?)from\s*(?=['"])/g;
const SIDE_EFFECT = /(?<![\w$.])import\s*(?=['"])/g;
const CALL = /(?<![\w$.])(import|require)\s*\(\s*(?=['"`])/g;

/**
 * Every import and re-export of a TypeScript or JavaScript source, in the order of the text.
 * @param {string} source
 * @returns {ImportStatement[]}
 */
export function importStatements(source) {
  const code = maskText(source);
  /** @type {Array<ImportStatement & {at: number}>} */
  const found = [];
  const add = (
    /** @type {RegExpExecArray} */ match,
    /** @type {boolean} */ typeOnly,
    /** @type {boolean} */ dynamic,
  ) => {
    const quoteAt = match.index + match[0].length;
    const end = code.indexOf(code.charAt(quoteAt), quoteAt + 1);
    const line = source.slice(0, match.index).split('\n').length;
    found.push({ specifier: source.slice(quoteAt + 1, end), line, typeOnly, dynamic, at: match.index });
  };
  for (const match of code.matchAll(STATIC)) add(match, match[2] !== undefined, false);
  for (const match of code.matchAll(SIDE_EFFECT)) add(match, false, false);
  for (const match of code.matchAll(CALL)) add(match, false, true);
  return found.sort((a, b) => a.at - b.at).map(({ at: _, ...statement }) => statement);
}

/**
 * Whether a source does nothing but pass on what other files export.
 * @param {string} source
 */
export function isBarrel(source) {
  const code = maskText(source);
  if (!/\bexport\b[^;]*\bfrom\s*['"]/.test(code)) return false;
  const rest = code.replaceAll(/\b(import|export)\b[\w$\s,*{}]*?(from\s*)?(['"])[^'"]*\3\s*;?/g, '');
  return rest.trim() === '';
}

/**
 * The source with comments and the insides of strings, templates and regular expressions blanked out. Length,
 * quotes and line ends stay, so positions hold in both texts.
 * @param {string} source
 */
export function maskText(source) {
  const out = source.split('');
  const blank = (/** @type {number} */ from, /** @type {number} */ to) => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  /** For each open `${`, how many braces are open inside it. @type {number[]} */
  const substitutions = [];
  let previous = '';
  let at = 0;
  if (source.startsWith('#!')) {
    at = endOfLine(source, 0);
    blank(0, at);
  }
  while (at < source.length) {
    const char = source.charAt(at);
    const two = source.slice(at, at + 2);
    if (two === '//' || two === '/*') {
      const end = two === '//' ? endOfLine(source, at) : endOfBlock(source, at);
      blank(at, end);
      at = end;
    } else if (char === "'" || char === '"') {
      const end = endOfQuoted(source, at, char);
      blank(at + 1, end - 1);
      at = end;
      previous = char;
    } else if (char === '`' || (char === '}' && substitutions.at(-1) === 0)) {
      if (char === '}') substitutions.pop();
      const end = endOfTemplatePart(source, at + 1);
      if (source.slice(end - 2, end) === '${') substitutions.push(0);
      blank(at + 1, end - 1);
      at = end;
      previous = source.charAt(end - 1) === '`' ? '`' : '(';
    } else if (char === '/' && startsRegex(previous)) {
      const end = endOfRegex(source, at);
      blank(at + 1, end - 1);
      at = end;
      previous = '/';
    } else if (/[\w$]/.test(char)) {
      const word = /^[\w$]+/.exec(source.slice(at, at + 200))?.[0] ?? char;
      at += word.length;
      previous = word;
    } else {
      const open = substitutions.length - 1;
      if (open >= 0 && char === '{') substitutions[open] = (substitutions[open] ?? 0) + 1;
      if (open >= 0 && char === '}') substitutions[open] = (substitutions[open] ?? 0) - 1;
      if (!/\s/.test(char)) previous = char;
      at++;
    }
  }
  return out.join('');
}

const WORDS_BEFORE_A_VALUE = new Set(
  'return typeof case in of do else void delete instanceof new throw await yield'.split(' '),
);

/**
 * A slash divides after a value and opens a regular expression elsewhere. After `)` and `}` both occur; division is
 * what this code base writes there.
 * @param {string} previous the token before the slash
 */
function startsRegex(previous) {
  if (previous === '' || WORDS_BEFORE_A_VALUE.has(previous)) return true;
  return !/[\w$)\]}'"`/]$/.test(previous);
}

/** @param {string} source @param {number} at */
function endOfLine(source, at) {
  const end = source.indexOf('\n', at);
  return end < 0 ? source.length : end;
}

/** @param {string} source @param {number} at */
function endOfBlock(source, at) {
  const end = source.indexOf('*/', at + 2);
  return end < 0 ? source.length : end + 2;
}

/** @param {string} source @param {number} at @param {string} quote */
function endOfQuoted(source, at, quote) {
  for (let i = at + 1; i < source.length; i++) {
    const char = source.charAt(i);
    if (char === '\\') i++;
    else if (char === quote || char === '\n') return i + 1;
  }
  return source.length;
}

/** The end of template text: behind its closing backtick or behind the `${` that interrupts it. @param {string} source @param {number} from */
function endOfTemplatePart(source, from) {
  for (let i = from; i < source.length; i++) {
    const char = source.charAt(i);
    if (char === '\\') i++;
    else if (char === '`') return i + 1;
    else if (char === '$' && source.charAt(i + 1) === '{') return i + 2;
  }
  return source.length;
}

/** @param {string} source @param {number} at */
function endOfRegex(source, at) {
  let inClass = false;
  for (let i = at + 1; i < source.length; i++) {
    const char = source.charAt(i);
    if (char === '\\') i++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '\n' || (char === '/' && !inClass)) return i + 1;
  }
  return source.length;
}
