import type { ClassName, Pattern, PatternNode, Range } from './pattern.ts';

/** Whether a pattern is found anywhere in a text. */
export type PatternMatcher = (text: string) => boolean;

type Instruction =
  | { readonly op: 'take'; readonly takes: (code: number) => boolean }
  | { readonly op: 'fork'; readonly first: number; readonly second: number }
  | { readonly op: 'check'; readonly at: Extract<PatternNode, { kind: 'assertion' }>['at'] }
  | { readonly op: 'found' };

/**
 * Compiles a pattern. Matching takes at most pattern × text steps: every place in the pattern is visited once a
 * character, however many ways lead there. Source: K. Thompson, "Regular Expression Search Algorithm" (1968).
 */
export function compilePattern({ root, ignoresCase }: Pattern): PatternMatcher {
  const program: Instruction[] = [];
  assemble(root, program, ignoresCase);
  program.push({ op: 'found' });
  return (text) => run(program, text);
}

function assemble(node: PatternNode, program: Instruction[], ignoresCase: boolean): void {
  switch (node.kind) {
    case 'characters':
      program.push({ op: 'take', takes: taker(node, ignoresCase) });
      return;
    case 'assertion':
      program.push({ op: 'check', at: node.at });
      return;
    case 'sequence':
      for (const inner of node.nodes) assemble(inner, program, ignoresCase);
      return;
    case 'choice':
      assembleChoice(node.nodes, program, ignoresCase);
      return;
    case 'repeat':
      for (let i = 0; i < node.min; i += 1) assemble(node.node, program, ignoresCase);
      if (node.max === undefined) assembleLoop(node.node, program, ignoresCase);
      else for (let i = node.min; i < node.max; i += 1) assembleOptional(node.node, program, ignoresCase);
  }
}

function assembleChoice(nodes: readonly PatternNode[], program: Instruction[], ignoresCase: boolean): void {
  const ends: number[] = [];
  nodes.forEach((inner, i) => {
    const fork = i < nodes.length - 1 ? program.push({ op: 'found' }) - 1 : undefined;
    assemble(inner, program, ignoresCase);
    if (fork === undefined) return;
    ends.push(program.push({ op: 'found' }) - 1);
    program[fork] = { op: 'fork', first: fork + 1, second: program.length };
  });
  for (const end of ends) program[end] = { op: 'fork', first: program.length, second: program.length };
}

function assembleLoop(node: PatternNode, program: Instruction[], ignoresCase: boolean): void {
  const fork = program.push({ op: 'found' }) - 1;
  assemble(node, program, ignoresCase);
  program.push({ op: 'fork', first: fork, second: fork });
  program[fork] = { op: 'fork', first: fork + 1, second: program.length };
}

function assembleOptional(node: PatternNode, program: Instruction[], ignoresCase: boolean): void {
  const fork = program.push({ op: 'found' }) - 1;
  assemble(node, program, ignoresCase);
  program[fork] = { op: 'fork', first: fork + 1, second: program.length };
}

const CLASSES: Readonly<Record<ClassName, RegExp>> = { d: /^\p{Nd}$/u, w: /^[\p{L}\p{Nd}_]$/u, s: /^\s$/u };

function isOf(name: ClassName, code: number): boolean {
  if (code < 128) {
    const isDigit = code >= 48 && code <= 57;
    if (name === 'd') return isDigit;
    if (name === 's') return code === 32 || (code >= 9 && code <= 13);
    return isDigit || code === 95 || ((code | 32) >= 97 && (code | 32) <= 122);
  }
  return CLASSES[name].test(String.fromCodePoint(code));
}

function taker(
  { ranges, classes, negated }: Extract<PatternNode, { kind: 'characters' }>,
  ignoresCase: boolean,
): (code: number) => boolean {
  const within = (code: number) =>
    ranges.some(([first, last]: Range) => code >= first && code <= last) ||
    classes.some((name) => isOf(name, code));
  if (!ignoresCase) return negated ? (code) => !within(code) : within;
  return (code) => {
    const text = String.fromCodePoint(code);
    const found = within(code) || within(single(text.toLowerCase())) || within(single(text.toUpperCase()));
    return found !== negated;
  };
}

/** The only code point of a text; none for a letter whose other case is several (`ß`). */
function single(text: string): number {
  const code = text.codePointAt(0)!;
  return text.length === (code > 0xffff ? 2 : 1) ? code : -1;
}

function run(program: readonly Instruction[], text: string): boolean {
  const visitedAt = new Int32Array(program.length).fill(-1);
  const stack: number[] = [];
  let current: number[] = [];
  let previous = -1;
  for (let at = 0; ; ) {
    const code = text.codePointAt(at) ?? -1;
    const places = current;
    const takers: number[] = [];
    // A match may begin at every character.
    stack.push(0);
    for (let i = places.length - 1; i >= 0; i -= 1) stack.push(places[i]!);
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (visitedAt[place] === at) continue;
      visitedAt[place] = at;
      const instruction = program[place]!;
      switch (instruction.op) {
        case 'found':
          return true;
        case 'fork':
          stack.push(instruction.second, instruction.first);
          break;
        case 'check':
          if (holds(instruction.at, previous, code)) stack.push(place + 1);
          break;
        case 'take':
          takers.push(place);
      }
    }
    if (code < 0) return false;
    current = [];
    for (const place of takers) {
      const instruction = program[place]!;
      if (instruction.op === 'take' && instruction.takes(code)) current.push(place + 1);
    }
    previous = code;
    at += code > 0xffff ? 2 : 1;
  }
}

function holds(
  at: Extract<PatternNode, { kind: 'assertion' }>['at'],
  previous: number,
  next: number,
): boolean {
  switch (at) {
    case 'start':
      return previous < 0;
    case 'end':
      return next < 0;
    case 'boundary':
      return isWord(previous) !== isWord(next);
    case 'no boundary':
      return isWord(previous) === isWord(next);
  }
}

const isWord = (code: number): boolean => code >= 0 && isOf('w', code);
