import { internal } from '../kernel/errors.ts';
import { parseInt64Text } from '../kernel/int64.ts';
import { parseRawJson, type RawJson, rawMember, rawString } from './raw-json.ts';

/** A stored span as OpenTelemetry's Span message in JSON, in which clients read it. */
export function spanMessage(content: string): string {
  const span = parseRawJson(content);
  if (span === undefined) throw internal('A stored span is not readable.', { details: { content } });
  const fields: [string, string | undefined][] = [
    ['trace_id', text(span, 'trace_id')],
    ['span_id', text(span, 'span_id')],
    ['parent_span_id', text(span, 'parent_span_id')],
    ['name', text(span, 'name')],
    ['start_time_unix_nano', number(span, 'start_time_unix_nano')],
    ['end_time_unix_nano', number(span, 'end_time_unix_nano')],
    ['attributes', attributes(rawMember(span, 'attributes'), true)],
    ['events', list(items(span, 'events').map(eventMessage))],
    ['links', list(items(span, 'links').map(linkMessage))],
    ['status', status(rawMember(span, 'status'))],
  ];
  return object(fields);
}

function eventMessage(event: RawJson): string {
  return object([
    ['time_unix_nano', number(event, 'time_unix_nano')],
    ['name', text(event, 'name')],
    ['attributes', attributes(rawMember(event, 'attributes'), false)],
  ]);
}

function linkMessage(link: RawJson): string {
  const base64 = (name: string) =>
    JSON.stringify(
      Buffer.from(rawString(rawMember(link, name))!.replace('tr-', ''), 'hex').toString('base64'),
    );
  return object([
    ['trace_id', base64('trace_id')],
    ['span_id', base64('span_id')],
    ['attributes', attributes(rawMember(link, 'attributes'), false)],
  ]);
}

function status(value: RawJson | undefined): string {
  const message = rawMember(value, 'message');
  return object([
    ['message', message?.kind === 'string' && message.text !== '""' ? message.text : undefined],
    ['code', text(value, 'code')],
  ]);
}

/** Key–value pairs; `encoded` where the values are texts that hold JSON. */
function attributes(value: RawJson | undefined, encoded: boolean): string | undefined {
  if (value?.kind !== 'object') return undefined;
  return list(
    value.members.map(([key, inner]) => keyValue(key, encoded ? anyValueOfText(inner) : anyValue(inner))),
  );
}

function anyValueOfText(value: RawJson): string {
  const json = rawString(value)!;
  const parsed = parseRawJson(json);
  return parsed === undefined ? `{"string_value":${JSON.stringify(json)}}` : anyValue(parsed);
}

function anyValue(value: RawJson): string {
  switch (value.kind) {
    case 'string':
      return `{"string_value":${value.text}}`;
    case 'number':
      return numberValue(value.text);
    case 'word':
      return value.text === 'null' ? '{}' : `{"bool_value":${value.text}}`;
    case 'list':
      return `{"array_value":${object([['values', list(value.items.map(anyValue))]])}}`;
    case 'object':
      return `{"kvlist_value":${object([['values', list(value.members.map(([key, inner]) => keyValue(key, anyValue(inner))))]])}}`;
  }
}

function numberValue(text: string): string {
  if (/^-?(?:NaN|Infinity)$/.test(text)) return `{"double_value":"${text}"}`;
  return parseInt64Text(text) === undefined ? `{"double_value":${text}}` : `{"int_value":${text}}`;
}

const keyValue = (key: string, value: string): string => `{"key":${JSON.stringify(key)},"value":${value}}`;

function items(value: RawJson, name: string): readonly RawJson[] {
  const member = rawMember(value, name);
  return member?.kind === 'list' ? member.items : [];
}

function text(value: RawJson | undefined, name: string): string | undefined {
  const member = rawMember(value, name);
  return member?.kind === 'string' ? member.text : undefined;
}

function number(value: RawJson, name: string): string | undefined {
  const member = rawMember(value, name);
  return member?.kind === 'number' ? member.text : undefined;
}

/** An empty list is absent, as everywhere in protobuf's JSON. */
const list = (values: readonly string[]): string | undefined =>
  values.length === 0 ? undefined : `[${values.join(',')}]`;

function object(fields: readonly (readonly [string, string | undefined])[]): string {
  const present = fields.filter(([, value]) => value !== undefined);
  return `{${present.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
}
