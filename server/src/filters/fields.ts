import { invalidArgument } from '../kernel/errors.ts';
import type { Grammar } from './grammars.ts';
import type { Field, Scope } from './tree.ts';

export interface WrittenField {
  /** Words, quoted texts and dots, in order. */
  readonly parts: readonly string[];
  readonly quoted: readonly boolean[];
  readonly position: number;
}

/**
 * The field that a written name means: the word before the first dot is the scope, everything after it the key.
 * @throws AppError InvalidArgument for a name that the grammar does not know.
 */
export function resolveField(written: WrittenField, grammar: Grammar): Field {
  const { parts, position } = written;
  // `metrics.a`, and "metrics"."a": the first part is the scope if a dot follows it.
  if (parts[1] === '.' && parts.length >= 3) {
    const scope = grammar.prefixes[parts[0]!];
    if (scope === undefined) {
      throw invalidArgument(
        `Invalid entity type '${parts[0]!.slice(0, 100)}' at position ${position}. Valid entity types are ${listed(Object.keys(grammar.prefixes))}.`,
        { field: 'filter' },
      );
    }
    return resolveKey(scope, { key: parts.slice(2).join(''), position }, grammar);
  }
  const whole = parts.join('');
  const dot = written.quoted[0] ? whole.indexOf('.') : -1;
  const scope = dot > 0 ? grammar.prefixes[whole.slice(0, dot)] : undefined;
  if (scope !== undefined) return resolveKey(scope, { key: whole.slice(dot + 1), position }, grammar);
  return resolveKey('attribute', { key: whole, position }, grammar);
}

function resolveKey(
  scope: Scope,
  { key, position }: { key: string; position: number },
  grammar: Grammar,
): Field {
  if (key === '')
    throw invalidArgument(`Invalid filter: a key is missing at position ${position}.`, { field: 'filter' });
  const allowed = scope === 'attribute' ? Object.keys(grammar.attributes) : grammar.keys?.[scope];
  if (allowed === undefined) return { scope, key, position };
  const canonical = (scope === 'attribute' ? grammar.aliases[key] : undefined) ?? key;
  if (allowed.includes(canonical)) return { scope, key: canonical, position };
  throw invalidArgument(
    `Invalid ${scope} key '${key.slice(0, 100)}' for a ${grammar.entity} at position ${position}. Valid keys are ${listed(allowed)}.`,
    { field: 'filter' },
  );
}

const listed = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
