import { invalidArgument } from '../../kernel/errors.ts';
import { asObject, invalid } from '../mlflow/fields.ts';
import type { Json, JsonObject } from '../mlflow/json.ts';

type Properties = Readonly<Record<string, string>>;

/** Among the properties, JSON of what a client sent besides: nothing here acts upon it, and it reads back as it was. */
const KEPT = 'slipway.sent';

/** @throws AppError InvalidArgument */
function propertiesIn(body: JsonObject): Properties | undefined {
  const { properties } = body;
  if (properties === undefined || properties === null) return undefined;
  const entries = Object.entries(asObject(properties, 'properties'));
  for (const [key, value] of entries) {
    if (typeof value !== 'string') throw invalid(`properties.${key}`, value, 'expected a string.');
    if (key === KEPT)
      throw invalidArgument(`The property '${KEPT}' is the server's own.`, { field: 'properties' });
  }
  return Object.fromEntries(entries) as Properties;
}

/** The properties to keep: those that were sent, else those from before, and the sent ones of `fields` with them. */
export function withSentFields(
  body: JsonObject,
  fields: readonly string[],
  before: Properties = {},
): Properties | undefined {
  const sent = propertiesIn(body);
  const given = Object.fromEntries(
    fields.flatMap((field) => {
      const value = body[field];
      return value === undefined || value === null ? [] : [[field, value]];
    }),
  );
  if (sent === undefined && Object.keys(given).length === 0) return undefined;
  const { [KEPT]: kept, ...rest } = before;
  const all = { ...readKept(kept), ...given };
  return { ...(sent ?? rest), ...(Object.keys(all).length > 0 && { [KEPT]: JSON.stringify(all, asText) }) };
}

/** 64-bit numbers that JavaScript would round. */
const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** As answers show them: the properties by themselves, and each kept field under its own name. */
export function renderSentFields(properties: Properties): object {
  const { [KEPT]: kept, ...shown } = properties;
  return { ...(Object.keys(shown).length > 0 && { properties: shown }), ...readKept(kept) };
}

const readKept = (text: string | undefined): Readonly<Record<string, Json>> =>
  text === undefined ? {} : (JSON.parse(text) as Record<string, Json>);
