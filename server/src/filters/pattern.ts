import { invalidArgument } from '../kernel/errors.ts';

/**
 * A regular expression of RLIKE: what both engines can promise to match in linear time and with the same answer. No
 * groups are captured, so there are no references back, and nothing looks ahead or behind.
 */
export interface Pattern {
  readonly root: PatternNode;
  readonly ignoresCase: boolean;
}

export type PatternNode =
  | {
      readonly kind: 'characters';
      readonly ranges: readonly Range[];
      readonly classes: readonly ClassName[];
      readonly negated: boolean;
    }
  | { readonly kind: 'assertion'; readonly at: 'start' | 'end' | 'boundary' | 'no boundary' }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      readonly max: number | undefined;
    };

/** Code points, both ends included. */
export type Range = readonly [first: number, last: number];

/** Digits, letters with digits and `_`, and white space, of all of Unicode. */
export type ClassName = 'd' | 'w' | 's';

const MAX_LENGTH = 1000;
const MAX_DEPTH = 50;
/** PostgreSQL's bound. */
const MAX_REPEATS = 255;
/** Characters and assertions after every repetition is written out. */
const MAX_SIZE = 2000;

const CONTROL: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };
const NEWLINE: Range = [10, 10];

/** @throws AppError InvalidArgument saying what is not understood and where. */
export function parsePattern(text: string): Pattern {
  if (text.length > MAX_LENGTH) throw refused(`a pattern has at most ${MAX_LENGTH} characters`, 0);
  const flags = /^\(\?([is]+)\)/.exec(text);
  const parser = new Parser(text, flags?.[0].length ?? 0, flags?.[1]?.includes('s') ?? false);
  const root = parser.parse();
  if (sizeOf(root) > MAX_SIZE) throw refused('the pattern repeats too much', 0);
  return { root, ignoresCase: flags?.[1]?.includes('i') ?? false };
}

function sizeOf(node: PatternNode): number {
  switch (node.kind) {
    case 'characters':
    case 'assertion':
      return 1;
    case 'sequence':
    case 'choice':
      return node.nodes.reduce((sum, inner) => sum + sizeOf(inner), 1);
    case 'repeat':
      return sizeOf(node.node) * Math.max(node.max ?? node.min + 1, 1);
  }
}

const refused = (what: string, position: number) =>
  invalidArgument(`Invalid pattern for RLIKE: ${what}, at position ${position} of the pattern.`, {
    field: 'filter',
  });

class Parser {
  readonly #characters: readonly string[];
  readonly #dotIsAll: boolean;
  #at = 0;

  constructor(text: string, start: number, dotIsAll: boolean) {
    this.#characters = Array.from(text);
    this.#at = start;
    this.#dotIsAll = dotIsAll;
  }

  parse(): PatternNode {
    const node = this.#choice(0);
    if (this.#at < this.#characters.length) throw this.#refused("there is no '(' for this ')'");
    return node;
  }

  #choice(depth: number): PatternNode {
    if (depth > MAX_DEPTH) throw this.#refused(`groups nest at most ${MAX_DEPTH} deep`);
    const nodes = [this.#sequence(depth)];
    while (this.#take('|')) nodes.push(this.#sequence(depth));
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes };
  }

  #sequence(depth: number): PatternNode {
    const nodes: PatternNode[] = [];
    for (;;) {
      const next = this.#characters[this.#at];
      if (next === undefined || next === '|' || next === ')') break;
      nodes.push(this.#repeated(depth));
    }
    return nodes.length === 1 ? nodes[0]! : { kind: 'sequence', nodes };
  }

  #repeated(depth: number): PatternNode {
    const start = this.#at;
    const node = this.#atom(depth);
    const bounds = this.#bounds();
    if (bounds === undefined) return node;
    if (node.kind === 'assertion') throw refused('a place cannot be repeated', start);
    // Whether a text matches does not depend on how much is taken first.
    this.#take('?');
    if ('*+?'.includes(this.#characters[this.#at] ?? ' ')) throw this.#refused('there is nothing to repeat');
    return { kind: 'repeat', node, ...bounds };
  }

  #bounds(): { readonly min: number; readonly max: number | undefined } | undefined {
    if (this.#take('*')) return { min: 0, max: undefined };
    if (this.#take('+')) return { min: 1, max: undefined };
    if (this.#take('?')) return { min: 0, max: 1 };
    if (this.#characters[this.#at] !== '{') return undefined;
    const end = this.#characters.indexOf('}', this.#at);
    const inner = this.#characters.slice(this.#at + 1, Math.max(end, this.#at)).join('');
    const match = /^(\d{1,4})(,(\d{0,4}))?$/.exec(inner);
    if (match === null) throw this.#refused('expected {n}, {n,} or {n,m}; a brace itself is \\{');
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? undefined : Number(match[3]);
    if (min > MAX_REPEATS || (max ?? min) > MAX_REPEATS || (max ?? min) < min) {
      throw this.#refused(`repetitions go from 0 to ${MAX_REPEATS}, the smaller one first`);
    }
    this.#at = end + 1;
    return { min, max };
  }

  #atom(depth: number): PatternNode {
    const character = this.#characters[this.#at]!;
    switch (character) {
      case '(':
        return this.#group(depth);
      case '[':
        return this.#set();
      case '.':
        this.#at += 1;
        return { kind: 'characters', ranges: this.#dotIsAll ? [] : [NEWLINE], classes: [], negated: true };
      case '^':
        this.#at += 1;
        return { kind: 'assertion', at: 'start' };
      case '$':
        this.#at += 1;
        return { kind: 'assertion', at: 'end' };
      case '*':
      case '+':
      case '?':
      case '{':
        throw this.#refused('there is nothing to repeat');
      case '\\':
        return this.#escape();
      default:
        this.#at += 1;
        return literal(character.codePointAt(0)!);
    }
  }

  #group(depth: number): PatternNode {
    const start = this.#at;
    this.#at += 1;
    if (this.#take('?') && !this.#take(':')) {
      throw this.#refused(
        'of the groups that begin with (? only (?:…) is known, and (?i) and (?s) at the very start',
      );
    }
    const node = this.#choice(depth + 1);
    if (!this.#take(')')) throw refused("this '(' is not closed", start);
    return node;
  }

  #escape(): PatternNode {
    const letter = this.#characters[this.#at + 1];
    if (letter === 'b' || letter === 'B') {
      this.#at += 2;
      return { kind: 'assertion', at: letter === 'b' ? 'boundary' : 'no boundary' };
    }
    if (letter === 'A' || letter === 'Z') {
      this.#at += 2;
      return { kind: 'assertion', at: letter === 'A' ? 'start' : 'end' };
    }
    const lower = letter?.toLowerCase();
    if (letter !== undefined && isClass(lower)) {
      this.#at += 2;
      return { kind: 'characters', ranges: [], classes: [lower], negated: letter !== lower };
    }
    return literal(this.#escapedCharacter());
  }

  /** The code point of an escape that stands for one character. */
  #escapedCharacter(): number {
    const letter = this.#characters[this.#at + 1];
    if (letter === undefined) throw this.#refused('a backslash at the end escapes nothing');
    const control = Object.hasOwn(CONTROL, letter) ? CONTROL[letter] : undefined;
    if (control !== undefined) {
      this.#at += 2;
      return control;
    }
    const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : 0;
    if (digits > 0) {
      const hex = this.#characters.slice(this.#at + 2, this.#at + 2 + digits).join('');
      const code = /^[\da-f]+$/i.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : 0;
      if (code === 0) throw this.#refused(`expected ${digits} hexadecimal digits, not all zero`);
      this.#at += 2 + digits;
      return code;
    }
    if (/[\p{L}\p{N}]/u.test(letter)) throw this.#refused(`the escape \\${letter} is not known`);
    this.#at += 2;
    return letter.codePointAt(0)!;
  }

  #set(): PatternNode {
    const start = this.#at;
    this.#at += 1;
    const negated = this.#take('^');
    const ranges: Range[] = [];
    const classes: ClassName[] = [];
    for (let isFirst = true; ; isFirst = false) {
      const next = this.#characters[this.#at];
      if (next === undefined) throw refused("this '[' is not closed", start);
      if (next === ']' && !isFirst) break;
      const escaped = this.#characters[this.#at + 1];
      if (next === '\\' && isClass(escaped)) {
        classes.push(escaped);
        this.#at += 2;
        continue;
      }
      const first = this.#setCharacter();
      const isRange = this.#characters[this.#at] === '-' && this.#characters[this.#at + 1] !== ']';
      if (!isRange) {
        ranges.push([first, first]);
        continue;
      }
      this.#at += 1;
      if (this.#characters[this.#at] === undefined) throw refused("this '[' is not closed", start);
      const last = this.#setCharacter();
      if (last < first) throw this.#refused('a range goes upwards');
      ranges.push([first, last]);
    }
    this.#at += 1;
    return { kind: 'characters', ranges, classes, negated };
  }

  #setCharacter(): number {
    const character = this.#characters[this.#at]!;
    if (character === '\\') return this.#escapedCharacter();
    if (character === '[' && ':.='.includes(this.#characters[this.#at + 1] ?? ' ')) {
      throw this.#refused('classes like [:alpha:] are not known; a bracket itself is \\[');
    }
    this.#at += 1;
    return character.codePointAt(0)!;
  }

  #take(character: string): boolean {
    const matches = this.#characters[this.#at] === character;
    if (matches) this.#at += 1;
    return matches;
  }

  #refused(what: string) {
    return refused(what, this.#at);
  }
}

const isClass = (letter: string | undefined): letter is ClassName =>
  letter === 'd' || letter === 'w' || letter === 's';

const literal = (code: number): PatternNode => ({
  kind: 'characters',
  ranges: [[code, code]],
  classes: [],
  negated: false,
});
