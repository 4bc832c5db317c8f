import type { Grammar, ScopeGrammar, ValueType } from './grammars.ts';
import { refusal, type SearchParameter, shown } from './refusal.ts';
import type { Field } from './tree.ts';

/** A field and what it may be compared with. */
export interface TypedField {
  readonly field: Field;
  readonly type: ValueType;
}

export interface WrittenField {
  /** As written, quotes included. */
  readonly text: string;
  readonly position: number;
  readonly parameter: SearchParameter;
}

/**
 * The field that a written name means: everything after the first dot is the key, without a dot it is an attribute.
 * Quotes around the whole key are taken off.
 * @throws AppError InvalidArgument for a scope or a key that the grammar does not know.
 */
export function resolveField(written: WrittenField, grammar: Grammar): TypedField {
  const { text, position, parameter } = written;
  const dot = text.indexOf('.');
  const scope = dot < 0 ? attributeScope(grammar) : scopeOf(written, text.slice(0, dot), grammar);
  const key = unquote(text.slice(dot + 1));
  if (key === '')
    throw refusal(parameter, `Invalid ${scope.scope} key: a name must follow the dot`, position);
  const known = knownKey(scope, key);
  if (known === undefined) {
    const valid = [...Object.keys(scope.keys ?? {}), ...(scope.openKeys ? [`${scope.openKeys}<name>`] : [])];
    throw refusal(
      parameter,
      `Invalid ${scope.scope} key ${shown(key)} for ${grammar.entity} (valid keys are ${valid.join(', ')})`,
      position,
    );
  }
  return renamed({ field: { scope: scope.scope, key: known.key, position }, type: known.type }, grammar);
}

/** Whether a name could be a field at all, to tell a forgotten AND from a word that is not of the language. */
export function looksLikeField(text: string, grammar: Grammar): boolean {
  return text.includes('.') || knownKey(attributeScope(grammar), unquote(text)) !== undefined;
}

/** Quotes of either kind around a key, and backticks in them, are not part of it. */
function unquote(text: string): string {
  const bare = isAround(text, "'") || isAround(text, '"') ? text.slice(1, -1) : text;
  return withoutBackticks(bare);
}

function withoutBackticks(text: string): string {
  return isAround(text, '`') ? text.slice(1, -1) : text;
}

function isAround(text: string, quote: string): boolean {
  return text.length >= 2 && text.startsWith(quote) && text.endsWith(quote);
}

function attributeScope(grammar: Grammar): ScopeGrammar {
  return grammar.scopes.find(({ scope }) => scope === 'attribute')!;
}

function scopeOf(written: WrittenField, prefix: string, grammar: Grammar): ScopeGrammar {
  const bare = withoutBackticks(prefix);
  const scope = grammar.scopes.find(({ prefixes }) => prefixes.includes(bare));
  if (scope !== undefined) return scope;
  const valid = grammar.scopes.flatMap(({ prefixes }) => prefixes);
  throw refusal(
    written.parameter,
    `Invalid entity type ${shown(prefix)} (valid values are ${valid.join(', ')})`,
    written.position,
  );
}

function knownKey(scope: ScopeGrammar, key: string) {
  if (scope.keys === undefined) return { key, type: scope.type };
  if (Object.hasOwn(scope.keys, key)) return scope.keys[key];
  const open = scope.openKeys;
  if (open === undefined || !key.startsWith(open) || key.length === open.length) return undefined;
  return { key: open + withoutBackticks(key.slice(open.length)), type: scope.type };
}

function renamed(typed: TypedField, grammar: Grammar): TypedField {
  const { field, type } = typed;
  const name = field.key.toLowerCase();
  if (field.scope === 'span' || !Object.hasOwn(grammar.renames, name)) return typed;
  const { scope = field.scope, key } = grammar.renames[name]!;
  return { field: { ...field, scope, key }, type: scope === field.scope ? type : 'string' };
}
