/** What could stand at a place of a filter. */
export type Expected =
  | { readonly kind: 'field' }
  /** Between the brackets of a function over a metric's history; `closes` is what has to follow the metric. */
  | { readonly kind: 'metric'; readonly closes: ')' | ',' }
  /** Behind the metric in the brackets. */
  | { readonly kind: 'close'; readonly closes: ')' | ',' }
  /** The step that `at` wants. */
  | { readonly kind: 'step' }
  | { readonly kind: 'operator'; readonly field: string }
  | { readonly kind: 'value'; readonly field: string; readonly isList: boolean }
  | { readonly kind: 'connective' };

export interface CompletionPlace {
  readonly expected: Expected;
  /** What has been typed of it so far, and where it starts; completing replaces `from`…`to`. */
  readonly typed: string;
  readonly from: number;
  readonly to: number;
}

export interface Token {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const TOKEN = /'(?:[^'\\]|\\.)*'?|[()]|,|[=!<>~]+|(?:[^\s'(),=!<>~`"]|`[^`]*`?|"[^"]*"?)+/gy;
const HISTORY = /^(?:min|max|first|last|count|at)$/i;
const CONNECTIVE = /^(?:and|or)$/i;

/** Cuts a filter into words, quotes and signs; never fails, as people are still typing. */
export function cut(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at += 1;
      continue;
    }
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text)?.[0] ?? text[at]!;
    tokens.push({ text: found, from: at, to: at + found.length });
    at += found.length;
  }
  return tokens;
}

/** What is expected where the caret stands. */
export function completionAt(text: string, caret: number): CompletionPlace {
  const tokens = cut(text.slice(0, caret));
  const last = tokens.at(-1);
  // A word that the caret still touches is being typed; a sign or a closed quote is whole.
  const isTyping = last !== undefined && last.to === caret && !isWhole(last.text);
  const before = isTyping ? tokens.slice(0, -1) : tokens;
  const from = isTyping ? last.from : caret;
  const rest = isTyping ? (/^[^\s()=!<>,]*/.exec(text.slice(caret))?.[0].length ?? 0) : 0;
  return {
    expected: expectedAfter(before),
    typed: isTyping ? last.text : '',
    from,
    to: caret + rest,
  };
}

function isWhole(token: string): boolean {
  if (/^(?:[(),]|[=!<>~]+)$/.test(token)) return true;
  return token.length > 1 && token.startsWith("'") && token.endsWith("'");
}

function expectedAfter(tokens: readonly Token[]): Expected {
  let state: Expected = { kind: 'field' };
  let field = '';
  for (let i = 0; i < tokens.length; i++) {
    const { text } = tokens[i]!;
    switch (state.kind) {
      case 'field': {
        if (text === '(' || /^not$/i.test(text)) break;
        if (HISTORY.test(text) && tokens[i + 1]?.text === '(') {
          const close = tokens.findIndex((token, j) => j > i && token.text === ')');
          if (close === -1) return expectedInCall(text, tokens.slice(i + 2));
          i = close;
          field = 'metrics.';
        } else field = text;
        state = { kind: 'operator', field };
        break;
      }
      case 'operator':
        if (/^null$/i.test(text)) state = { kind: 'connective' };
        else if (/^(?:is|not)$/i.test(text)) state = { kind: 'operator', field };
        else state = { kind: 'value', field, isList: /^in$/i.test(text) };
        break;
      case 'value':
        if (text === '(' || text === ',') break;
        if (text === ')') state = { kind: 'connective' };
        else if (!state.isList) state = { kind: 'connective' };
        break;
      case 'connective':
        if (CONNECTIVE.test(text)) state = { kind: 'field' };
        break;
    }
  }
  return state;
}

/** @param inside what stands behind the opening bracket */
function expectedInCall(fn: string, inside: readonly Token[]): Expected {
  const closes = /^at$/i.test(fn) ? ',' : ')';
  if (inside.length === 0) return { kind: 'metric', closes };
  if (inside.length === 1) return { kind: 'close', closes };
  return closes === ',' && inside.length === 2 ? { kind: 'step' } : { kind: 'close', closes: ')' };
}

const NUMBER_OPERATORS = ['=', '!=', '>', '>=', '<', '<='];
const TEXT_OPERATORS = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN', 'IS NULL', 'IS NOT NULL'];

export const operatorsOf = (field: string): readonly string[] =>
  isNumberField(field) ? NUMBER_OPERATORS : TEXT_OPERATORS;

export const isNumberField = (field: string) =>
  /^metrics?\./i.test(field) ||
  /^(?:(?:attributes?|attr|run)\.)?(?:start_time|end_time|created)$/i.test(field);
