import { invalidArgument } from '../kernel/errors.ts';
import { pythonFloat, pythonObject } from './python-json.ts';
import { parseRawJson, type RawJson, rawMember, rawString } from './raw-json.ts';
import {
  type Attributes,
  type ReceivedEvent,
  type ReceivedLink,
  type ReceivedSpan,
  type ReceivedSpans,
  statusOf,
} from './received-span.ts';

const STATUS_CODES: Readonly<Record<string, number>> = { STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 };
const MAX_UINT64 = 2n ** 64n;

/**
 * Reads an ExportTraceServiceRequest in OTLP's JSON: ids in hex, integers of 64 bits as texts or numbers, unknown
 * fields ignored. Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @throws AppError InvalidArgument naming what cannot be read.
 */
export function readOtlpJson(body: string): ReceivedSpans[] {
  const request = parseRawJson(body);
  if (request?.kind !== 'object') throw unreadable('the body is not a JSON object');
  return listOf(request, 'resourceSpans').map((resourceSpans) => ({
    resource: readAttributes(rawMember(resourceSpans, 'resource')),
    spans: listOf(resourceSpans, 'scopeSpans').flatMap((scope) => listOf(scope, 'spans').map(readSpan)),
  }));
}

const unreadable = (why: string) =>
  invalidArgument(`Invalid OpenTelemetry format: ${why}.`, { field: 'resourceSpans' });

function readSpan(span: RawJson): ReceivedSpan {
  const parentSpanId = hexOf(span, 'parentSpanId');
  const endNs = uint64Of(span, 'endTimeUnixNano');
  const status = rawMember(span, 'status');
  const code = rawMember(status, 'code');
  const codeName = rawString(code);
  return {
    traceId: hexOf(span, 'traceId'),
    spanId: hexOf(span, 'spanId'),
    parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
    name: rawString(rawMember(span, 'name')) ?? '',
    startNs: uint64Of(span, 'startTimeUnixNano'),
    endNs: endNs === 0n ? undefined : endNs,
    status: statusOf(codeName !== undefined ? (STATUS_CODES[codeName] ?? 0) : Number(numberText(code) ?? 0)),
    statusMessage: rawString(rawMember(status, 'message')) ?? '',
    attributes: readAttributes(span),
    events: listOf(span, 'events').map(
      (event): ReceivedEvent => ({
        name: rawString(rawMember(event, 'name')) ?? '',
        timeNs: uint64Of(event, 'timeUnixNano'),
        attributes: readAttributes(event),
      }),
    ),
    links: listOf(span, 'links').map(
      (link): ReceivedLink => ({
        traceId: hexOf(link, 'traceId'),
        spanId: hexOf(link, 'spanId'),
        attributes: readAttributes(link),
      }),
    ),
  };
}

/** The `attributes` of a message. */
function readAttributes(message: RawJson | undefined): Attributes {
  return new Map(listOf(message, 'attributes').map(readKeyValue));
}

function readKeyValue(entry: RawJson): [string, string] {
  return [rawString(rawMember(entry, 'key')) ?? '', readAnyValue(rawMember(entry, 'value'))];
}

/** An AnyValue as JSON; one without a value is null. */
function readAnyValue(value: RawJson | undefined): string {
  if (value?.kind !== 'object') return 'null';
  for (const [name, inner] of value.members) {
    if (inner.kind === 'word' && inner.text === 'null') continue;
    switch (name) {
      case 'stringValue':
      case 'bytesValue':
        return JSON.stringify(textOf(inner, name));
      case 'boolValue':
        if (inner.kind === 'word') return inner.text;
        throw unreadable('a boolValue is neither true nor false');
      case 'intValue':
        return String(integerOf(inner, name));
      case 'doubleValue':
        return pythonFloat(doubleOf(inner));
      case 'arrayValue':
        return `[${listOf(inner, 'values').map(readAnyValue).join(', ')}]`;
      case 'kvlistValue':
        return pythonObject(new Map(listOf(inner, 'values').map(readKeyValue)));
    }
  }
  return 'null';
}

function listOf(message: RawJson | undefined, name: string): readonly RawJson[] {
  const value = rawMember(message, name);
  if (value === undefined || (value.kind === 'word' && value.text === 'null')) return [];
  if (value.kind !== 'list') throw unreadable(`${name} is not a list`);
  return value.items;
}

function textOf(value: RawJson, name: string): string {
  const text = rawString(value);
  if (text === undefined) throw unreadable(`a ${name} is not a text`);
  return text;
}

const numberText = (value: RawJson | undefined): string | undefined =>
  value?.kind === 'number' ? value.text : rawString(value);

function integerOf(value: RawJson, name: string): bigint {
  const text = numberText(value);
  if (text === undefined || !/^-?\d{1,20}$/.test(text)) throw unreadable(`a ${name} is not an integer`);
  return BigInt(text);
}

function doubleOf(value: RawJson): number {
  const text = numberText(value);
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(number) && text !== 'NaN') throw unreadable('a doubleValue is not a number');
  return number;
}

function uint64Of(message: RawJson, name: string): bigint {
  const value = rawMember(message, name);
  if (value === undefined) return 0n;
  const number = integerOf(value, name);
  if (number < 0n || number >= MAX_UINT64) throw unreadable(`${name} is not an integer of 64 bits`);
  return number;
}

function hexOf(message: RawJson, name: string): string {
  const value = rawMember(message, name);
  if (value === undefined) return '';
  const text = textOf(value, name).toLowerCase();
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw unreadable(`${name} is not hexadecimal`);
  return text;
}
