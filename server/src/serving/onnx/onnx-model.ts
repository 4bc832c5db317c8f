import { AppError } from '../../kernel/errors.ts';
import { readFields, textOf } from './protobuf.ts';

/** What an ONNX file says of itself, as far as it decides where it may run and how it is asked. */
export interface OnnxModel {
  /** `Gather`, `ai.onnx.ml.TreeEnsemble`: each once, also those inside of others. */
  readonly operators: readonly string[];
  /** Without those that are constants. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Whether values of it lie in other files. */
  readonly hasExternalData: boolean;
  /** Whether it defines operators of its own. */
  readonly hasFunctions: boolean;
  /** Version of each domain's operators; '' is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
}

export interface OnnxValue {
  readonly name: string;
  /** Undefined for what is no tensor, or of a type that nothing here knows. */
  readonly element: OnnxElement | undefined;
  /** −1 for a dimension of any length; undefined where the rank is not said. */
  readonly shape: readonly number[] | undefined;
}

/** As onnxruntime names them. */
export type OnnxElement = 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'string';

/** TensorProto.DataType of onnx.proto. */
const ELEMENTS: Readonly<Record<number, OnnxElement>> = {
  1: 'float32',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  11: 'float64',
};
const MAX_DEPTH = 20;
/** TensorProto.DataLocation. */
const EXTERNAL = 1;

/**
 * Reads the file's own words; the numbers in it are passed over. Source of the field numbers: onnx.proto of ONNX.
 * @throws AppError InvalidState
 */
export function readOnnxModel(file: Uint8Array): OnnxModel {
  const found: Found = { operators: new Set(), hasExternalData: false };
  const opsets: Record<string, number> = {};
  let graph: Graph | undefined;
  let hasFunctions = false;
  for (const { number, bytes } of readFields(file)) {
    if (number === 7) graph = readGraph(bytes, found, 0);
    else if (number === 8) {
      const { domain, version } = readOpset(bytes);
      opsets[domain] = version;
    } else if (number === 25) hasFunctions = true;
  }
  if (graph === undefined) throw new AppError('InvalidState', 'The file is no ONNX model: it has no graph.');
  const { constants, inputs, outputs } = graph;
  return {
    operators: [...found.operators].sort(),
    inputs: inputs.filter(({ name }) => !constants.has(name)),
    outputs,
    hasExternalData: found.hasExternalData,
    hasFunctions,
    opsets,
  };
}

interface Found {
  readonly operators: Set<string>;
  hasExternalData: boolean;
}

interface Graph {
  readonly constants: ReadonlySet<string>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

function readGraph(message: Uint8Array, found: Found, depth: number): Graph {
  if (depth > MAX_DEPTH)
    throw new AppError('InvalidState', 'The ONNX model has graphs in graphs without end.');
  const constants = new Set<string>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) readNode(bytes, found, depth);
    else if (number === 5) constants.add(readTensor(bytes, found));
    else if (number === 11) inputs.push(readValue(bytes));
    else if (number === 12) outputs.push(readValue(bytes));
    else if (number === 15) found.operators.add('(sparse constants)');
  }
  return { constants, inputs, outputs };
}

function readNode(message: Uint8Array, found: Found, depth: number): void {
  let operator = '';
  let domain = '';
  for (const { number, bytes } of readFields(message)) {
    if (number === 4) operator = textOf(bytes);
    else if (number === 7) domain = textOf(bytes);
    else if (number === 5) readAttribute(bytes, found, depth);
  }
  found.operators.add(domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`);
}

/** Of an AttributeProto: names, numbers, texts, types (onnx.proto). */
const PLAIN_ATTRIBUTE_FIELDS: ReadonlySet<number> = new Set([1, 2, 3, 4, 7, 8, 9, 13, 14, 15, 20, 21]);

function readAttribute(message: Uint8Array, found: Found, depth: number): void {
  for (const { number, bytes } of readFields(message)) {
    if (number === 5 || number === 10) readTensor(bytes, found);
    else if (number === 6 || number === 11) readGraph(bytes, found, depth + 1);
    // They could name files, and be as large as their shape says; newer fields are not known to be harmless.
    else if (!PLAIN_ATTRIBUTE_FIELDS.has(number)) found.operators.add('(sparse constants)');
  }
}

/** @returns its name */
function readTensor(message: Uint8Array, found: Found): string {
  let name = '';
  for (const { number, bytes, value } of readFields(message)) {
    if (number === 8) name = textOf(bytes);
    else if (number === 13 || (number === 14 && value === EXTERNAL)) found.hasExternalData = true;
  }
  return name;
}

function readOpset(message: Uint8Array): { readonly domain: string; readonly version: number } {
  let domain = '';
  let version = 0;
  for (const { number, bytes, value } of readFields(message)) {
    if (number === 1) domain = textOf(bytes);
    else if (number === 2) version = value;
  }
  return { domain: domain === 'ai.onnx' ? '' : domain, version };
}

function readValue(message: Uint8Array): OnnxValue {
  let name = '';
  let type: Omit<OnnxValue, 'name'> = { element: undefined, shape: undefined };
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) name = textOf(bytes);
    else if (number === 2) type = readType(bytes);
  }
  return { name, ...type };
}

function readType(message: Uint8Array): Omit<OnnxValue, 'name'> {
  let element: OnnxElement | undefined;
  let shape: readonly number[] | undefined;
  for (const type of readFields(message)) {
    // Sequences and maps have other numbers.
    if (type.number !== 1) continue;
    for (const { number, value, bytes } of readFields(type.bytes)) {
      if (number === 1) element = ELEMENTS[value];
      else if (number === 2) shape = readShape(bytes);
    }
  }
  return { element, shape };
}

function readShape(message: Uint8Array): readonly number[] {
  const shape: number[] = [];
  for (const { number, bytes } of readFields(message)) {
    if (number !== 1) continue;
    let length = -1;
    for (const field of readFields(bytes)) if (field.number === 1) length = field.value;
    shape.push(length);
  }
  return shape;
}
