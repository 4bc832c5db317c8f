import { type ClassName, type Pattern, type PatternNode, parsePattern } from '../../filters/pattern.ts';

/**
 * A pattern in the words of PostgreSQL's regular expressions (its advanced ones, in which `^` and `$` are the ends of
 * the whole text). No group captures: PostgreSQL then decides by an automaton, without trying one way after another.
 */
export function postgresPattern(text: string): string {
  const pattern: Pattern = parsePattern(text);
  return `${pattern.ignoresCase ? '(?i)' : ''}${render(pattern.root)}`;
}

const ASSERTIONS = { start: '^', end: '$', boundary: '\\y', 'no boundary': '\\Y' } as const;

function render(node: PatternNode): string {
  switch (node.kind) {
    case 'characters':
      return renderCharacters(node);
    case 'assertion':
      return ASSERTIONS[node.at];
    case 'sequence':
      return node.nodes.length === 0 ? '(?:)' : node.nodes.map((inner) => wrapped(inner, 'choice')).join('');
    case 'choice':
      return node.nodes.map(render).join('|');
    case 'repeat': {
      const { min, max } = node;
      const inner = node.node.kind === 'characters' ? render(node.node) : `(?:${render(node.node)})`;
      return `${inner}{${min},${max ?? ''}}`;
    }
  }
}

const wrapped = (node: PatternNode, kind: PatternNode['kind']): string =>
  node.kind === kind ? `(?:${render(node)})` : render(node);

function renderCharacters({
  ranges,
  classes,
  negated,
}: Extract<PatternNode, { kind: 'characters' }>): string {
  const [range, ...others] = ranges;
  if (
    !negated &&
    range !== undefined &&
    others.length === 0 &&
    classes.length === 0 &&
    range[0] === range[1]
  ) {
    return character(range[0]);
  }
  // Only `.` with the flag `s` has neither.
  if (ranges.length === 0 && classes.length === 0) return '(?:\\s|\\S)';
  const inner = [
    ...ranges.map(([first, last]) =>
      first === last ? character(first) : `${character(first)}-${character(last)}`,
    ),
    ...classes.map((name: ClassName) => `\\${name}`),
  ].join('');
  return `[${negated ? '^' : ''}${inner}]`;
}

/** Every character by its number: none then means anything else. */
const character = (code: number): string => `\\U${code.toString(16).padStart(8, '0')}`;
