import { Lexer, type Token } from '../filters/lexer.ts';
import { shown } from '../filters/refusal.ts';
import { type AppError, invalidArgument } from '../kernel/errors.ts';

/** One condition on what a metric counts: that a field is a text. */
export type MetricFilter =
  | { readonly subject: 'trace'; readonly field: 'status'; readonly value: string }
  | {
      readonly subject: 'trace';
      readonly field: 'tag' | 'metadata';
      readonly key: string;
      readonly value: string;
    }
  | { readonly subject: 'span'; readonly field: 'name' | 'status' | 'type'; readonly value: string }
  | { readonly subject: 'assessment'; readonly field: 'name' | 'type'; readonly value: string };

/** The fields of each subject, and whether a key follows. */
const FIELDS: Readonly<Record<MetricFilter['subject'], Readonly<Record<string, boolean>>>> = {
  trace: { status: false, tag: true, metadata: true },
  span: { name: false, status: false, type: false },
  assessment: { name: false, type: false },
};

/**
 * Parses `trace.status = 'OK'`, ``trace.tag.`my key` = 'x'``, `span.name = 'y'` …: one comparison, by `=` alone.
 * @throws AppError InvalidArgument
 */
export function parseMetricFilter(text: string): MetricFilter {
  const lexer = new Lexer(text, 'filter');
  const field = lexer.next();
  if (field.kind === 'end') throw refused(`Invalid filter: '${text}'. Expected one filter clause.`);
  if (field.kind !== 'name') throw unexpected(field);
  const target = readField(field.text);
  const comparator = lexer.next();
  if (comparator.kind === 'end') throw unexpected(field);
  if (comparator.text !== '=') {
    throw refused(`Invalid comparator: ${shown(comparator.text)}, only '=' operator is supported`);
  }
  const value = lexer.next();
  if (value.kind !== 'string') {
    throw refused(
      `Expected a quoted string value for ${target.field} value (e.g. 'my-value'). Got value ${shown(value.text)}`,
    );
  }
  const rest = lexer.next();
  if (rest.kind !== 'end') throw unexpected(rest);
  // The fields are those of the table above.
  return { ...target, value: value.text.slice(1, -1) } as MetricFilter;
}

function readField(text: string): { subject: string; field: string; key?: string } {
  const [first = '', field, ...rest] = text.split('.');
  const key = rest.length === 0 ? undefined : rest.join('.');
  const subject = unquoted(first, '`');
  if (field === undefined) {
    throw refused(
      `Invalid identifier ${shown(text)}. Columns should be specified as 'trace.<key>', 'span.<key>', 'assessment.<key>'.`,
    );
  }
  if (!Object.hasOwn(FIELDS, subject)) {
    throw refused(`Invalid view type ${shown(subject)}. Valid values are ${Object.keys(FIELDS).join(', ')}`);
  }
  const fields = FIELDS[subject as MetricFilter['subject']];
  if (!Object.hasOwn(fields, field)) {
    throw refused(
      `Invalid entity ${shown(field)} specified for view type '${subject}'. Valid entities are ${Object.keys(fields).join(', ')}`,
    );
  }
  if (!fields[field]) {
    if (key === undefined) return { subject, field };
    throw refused(`Filtering by ${field} does not require a key, use '${subject}.${field}' instead`);
  }
  if (key === undefined) {
    throw refused(`Filtering by ${field} requires a key, e.g. '${subject}.${field}.<key> = <value>'`);
  }
  return { subject, field, key: unquoted(unquoted(unquoted(key, '"'), "'"), '`') };
}

function unquoted(text: string, quote: string): string {
  const quoted = text.length > 1 && text.startsWith(quote) && text.endsWith(quote);
  return quoted ? text.slice(1, -1) : text;
}

const refused = (message: string): AppError => invalidArgument(message, { field: 'filters' });

const unexpected = (token: Token): AppError =>
  refused(`Invalid clause(s) in filter string: ${shown(token.text)} at position ${token.position}`);
