import { invalidArgument } from '../../kernel/errors.ts';
import type { NumberColumn, ParamSpec, ScalarType, Signature, SignatureInput } from './columns.ts';
import { pythonText } from './scoring-errors.ts';

/** More columns than the format of batches counts. */
const MAX_PACKED_COLUMNS = 65_535;

/**
 * The signature in an `MLmodel` file, as it stands there: `inputs` and `params` are JSON in texts. Undefined where the
 * model has none, or none for its inputs.
 * @throws AppError InvalidArgument for one that MLflow could not have written
 */
export function readSignature(value: unknown): Signature | undefined {
  if (!isObject(value) || typeof value.inputs !== 'string') return undefined;
  const inputs = readList(value.inputs, 'inputs').map(readInput);
  const named = inputs.some(({ name }) => name !== undefined);
  if (named && inputs.some(({ name }) => name === undefined)) throw broken('inputs with and without names');
  const params =
    typeof value.params === 'string' ? readList(value.params, 'params').map(readParam) : undefined;
  return { inputs, named, params, path: isPackable(inputs, value) ? 'columns' : 'raw' };
}

/** A signature as MLflow's messages show it. */
export const showSignature = ({ inputs }: Signature): string =>
  `[${inputs.map(({ shown }) => shown).join(', ')}]`;

function isPackable(inputs: readonly SignatureInput[], value: Record<string, unknown>): boolean {
  if (value.is_signature_from_type_hint === true) return false;
  if (inputs.length === 0 || inputs.length > MAX_PACKED_COLUMNS) return false;
  const kinds = new Set(inputs.map(({ kind }) => kind));
  return kinds.size === 1 && !kinds.has('nested');
}

function readList(text: string, what: string): Record<string, unknown>[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw broken(`${what} that are no JSON`, cause);
  }
  if (list === null) return [];
  if (!Array.isArray(list) || !list.every(isObject)) throw broken(`${what} that are no list of objects`);
  return list;
}

function readInput(spec: Record<string, unknown>): SignatureInput {
  const name = typeof spec.name === 'string' ? spec.name : undefined;
  const before = name === undefined ? '' : `${pythonText(name)}: `;
  if (spec.type === 'tensor') return readTensor(spec['tensor-spec'], name, before);
  // Models of MLflow before 2.6 say `optional`.
  const required = typeof spec.required === 'boolean' ? spec.required : spec.optional !== true;
  const shown = `${before}${showType(spec)} (${required ? 'required' : 'optional'})`;
  return isScalar(spec.type)
    ? { kind: 'column', name, required, shown, type: spec.type }
    : { kind: 'nested', name, required, shown };
}

function readTensor(spec: unknown, name: string | undefined, before: string): SignatureInput {
  if (!isObject(spec) || typeof spec.dtype !== 'string' || !isShape(spec.shape))
    throw broken('a tensor without type or shape');
  const { dtype, shape } = spec;
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const head = { name, required: true, shown: `${before}Tensor(${pythonText(dtype)}, (${dimensions}))` };
  const element = TENSOR_ELEMENTS[dtype];
  return element === undefined ? { ...head, kind: 'nested' } : { ...head, kind: 'tensor', element, shape };
}

const TENSOR_ELEMENTS: Readonly<Record<string, NumberColumn['dtype'] | undefined>> = {
  bool: 'bool',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  float32: 'float32',
  float64: 'float64',
};

function readParam(spec: Record<string, unknown>): ParamSpec {
  const { name, default: value, shape } = spec;
  const type = spec.type ?? spec.dtype;
  if (typeof name !== 'string' || (type !== 'object' && !isScalar(type)))
    throw broken('a param without name or type');
  const isList = Array.isArray(shape);
  const ending = isList ? ' (shape: (-1,))' : '';
  return {
    name,
    type,
    isList,
    default: value ?? null,
    shown: `${pythonText(name)}: ${showType(spec)} (default: ${showDefault(value)})${ending}`,
  };
}

const SCALARS: ReadonlySet<unknown> = new Set<ScalarType>([
  'boolean',
  'integer',
  'long',
  'float',
  'double',
  'string',
  'binary',
  'datetime',
]);
const isScalar = (type: unknown): type is ScalarType => SCALARS.has(type);

function showType(spec: unknown): string {
  if (!isObject(spec)) return 'Any';
  const type = spec.type ?? spec.dtype;
  if (type === 'array') return `Array(${showType(spec.items)})`;
  if (type === 'map') return `Map(str -> ${showType(spec.values)})`;
  if (type === 'sparkml_vector') return 'SparkML vector';
  if (type === 'any') return 'Any';
  if (type !== 'object') return String(type);
  const properties = isObject(spec.properties) ? Object.entries(spec.properties) : [];
  const shown = properties.map(([name, property]) => {
    const required = isObject(property) && property.required !== false ? 'required' : 'optional';
    return `${name}: ${showType(property)} (${required})`;
  });
  return `{${shown.join(', ')}}`;
}

function showDefault(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 32 && value.every((size) => Number.isInteger(size) && size >= -1);

const broken = (what: string, cause?: unknown) =>
  invalidArgument(`The model's signature cannot be read: it has ${what}.`, { cause });
