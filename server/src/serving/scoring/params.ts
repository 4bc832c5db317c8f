import type { Json, JsonObject } from '../../kernel/json-text.ts';
import type { ParamSpec } from './columns.ts';
import { isoNanoseconds } from './datetime-text.ts';
import { pythonTypeOf } from './input-forms.ts';
import { Float, renderJson } from './json-values.ts';
import { badParams, pythonText, strictRefuses } from './scoring-errors.ts';

/** What a model's call is given besides rows. */
export interface ReadyParams {
  /** A JSON object with every param of the signature, in its order; empty where there is none. */
  readonly text: string;
  /** Names that were sent and mean nothing. */
  readonly ignored: readonly string[];
}

const NONE: ReadyParams = { text: '', ignored: [] };

/** What a signature's params are where a request sends none. */
export const defaultParams = (specs: readonly ParamSpec[] | undefined): ReadyParams =>
  specs === undefined || specs.length === 0 ? NONE : { text: renderParams(specs, {}), ignored: [] };

/**
 * The params of a request, as the signature takes them: integers for floats, otherwise the very type.
 * @throws AppError InvalidArgument of the class INVALID_PARAMETER_VALUE that names every bad one
 */
export function readParams(
  params: Json,
  specs: readonly ParamSpec[] | undefined,
  strict: boolean,
): ReadyParams {
  if (specs === undefined) {
    if (strict && params !== null) throw strictRefuses('the model takes no params.');
    return isObject(params) ? { text: '', ignored: Object.keys(params) } : NONE;
  }
  const sent = params ?? {};
  if (!isObject(sent)) throw badParams(`Parameters must be a dictionary. Got type '${pythonTypeOf(sent)}'.`);
  const known = new Set(specs.map(({ name }) => name));
  const ignored = Object.keys(sent).filter((name) => !known.has(name));
  if (strict && ignored.length > 0) throw strictRefuses(`the model takes no params ${ignored.join(', ')}.`);
  const bad: string[] = [];
  for (const spec of specs) {
    if (!Object.hasOwn(sent, spec.name)) continue;
    const refused = refusalOf(sent[spec.name] ?? null, spec);
    if (refused !== undefined) bad.push(`(${pythonText(spec.name)}, ${pythonText(refused)})`);
  }
  if (bad.length > 0) throw badParams(`Invalid parameters found: {${bad.join(', ')}}`);
  return { text: specs.length === 0 ? '' : renderParams(specs, sent), ignored };
}

const renderParams = (specs: readonly ParamSpec[], sent: JsonObject): string =>
  renderJson(
    Object.fromEntries(
      specs.map((spec) => [
        spec.name,
        asType(Object.hasOwn(sent, spec.name) ? (sent[spec.name] ?? null) : (spec.default as Json), spec),
      ]),
    ),
  );

/** The model is given floats for its floats also where somebody wrote `1`. */
function asType(value: Json, spec: ParamSpec): unknown {
  if (spec.type !== 'double' && spec.type !== 'float') return value;
  return Array.isArray(value) ? value.map(toFloat) : toFloat(value);
}

const toFloat = (value: Json): unknown =>
  typeof value === 'number' || typeof value === 'bigint' ? new Float(Number(value)) : value;

function refusalOf(value: Json, spec: ParamSpec): string | undefined {
  if (spec.isList && (!Array.isArray(value) || value.some(Array.isArray))) {
    return (
      `Value must be a 1D array with shape (-1,) for param ${spec.shown}, received ${pythonTypeOf(value)} ` +
      `with ndim ${dimensions(value)}`
    );
  }
  for (const item of spec.isList ? (value as Json[]) : [value]) {
    const why = whyNot(item, spec);
    if (why !== undefined) return `Failed to validate type and shape for ${spec.shown}, error: ${why}`;
  }
  return undefined;
}

function dimensions(value: Json): number {
  let count = 0;
  for (let at: Json | undefined = value; Array.isArray(at); at = at[0]) count += 1;
  return count;
}

function whyNot(value: Json, { type }: ParamSpec): string | undefined {
  if (value === null) return undefined;
  const shownType = `DataType.${type}`;
  if (type === 'object')
    return isObject(value) ? undefined : `Expected data to be dictionary, got ${pythonTypeOf(value)}`;
  if (typeof value === 'object')
    return `Value must be a scalar for type \`${shownType}\`, got \`${JSON.stringify(value)}\``;
  if (type === 'datetime') {
    return typeof value === 'string' && isoNanoseconds(value) !== undefined
      ? undefined
      : `Failed to convert value \`${String(value)}\` from type \`<class '${pythonTypeOf(value)}'>\` to \`${shownType}\``;
  }
  return isOfType(value, type)
    ? undefined
    : `Can not safely convert \`<class '${pythonTypeOf(value)}'>\` to \`${shownType}\` for value \`${shownValue(value)}\``;
}

function isOfType(value: boolean | number | bigint | string, type: ParamSpec['type']): boolean {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'integer':
    case 'long':
      return typeof value === 'bigint' || Number.isInteger(value);
    case 'float':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'binary':
    case 'datetime':
    case 'object':
      return false;
  }
}

const shownValue = (value: boolean | number | bigint | string): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
