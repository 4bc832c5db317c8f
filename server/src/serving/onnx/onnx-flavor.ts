import type { Signature, TensorInput } from '../scoring/columns.ts';
import { namedAnswer, tableAnswer } from './onnx-answers.ts';
import { matrixOf, tensorOf, vectorOf } from './onnx-feeds.ts';
import type { OnnxCall } from './onnx-lane.ts';
import type { OnnxTensor } from './onnx-messages.ts';
import type { OnnxElement, OnnxModel, OnnxValue } from './onnx-model.ts';

type NumberElement = Exclude<OnnxElement, 'string'>;

/**
 * How mlflow's ONNX flavor asks a model, done here: a table is one matrix, or a vector for each of several inputs; tensors
 * go by their names; doubles become floats where the model has floats.
 * @returns a sentence where only the flavor itself can ask it
 */
export function callOfFlavor(signature: Signature | undefined, model: OnnxModel): OnnxCall | string {
  if (signature === undefined || signature.path === 'raw')
    return 'its signature says no columns and no tensors';
  const fixed = model.inputs.find(({ shape }) => shape?.[0] !== -1);
  if (fixed !== undefined) return `its input '${fixed.name}' takes a fixed number of rows`;
  const feeds =
    signature.inputs[0]!.kind === 'tensor'
      ? tensorFeeds(signature.inputs as readonly TensorInput[], model.inputs)
      : columnFeeds(signature, model.inputs);
  if (typeof feeds === 'string') return feeds;
  const names = model.outputs.map(({ name }) => name);
  if (signature.inputs[0]!.kind === 'tensor')
    return { feeds, answer: (batch, answer) => namedAnswer(batch, names, answer) };
  const wide = model.outputs.find(({ shape }) => !isOneARow(shape));
  if (wide !== undefined) return `its output '${wide.name}' has more than one value a row`;
  return { feeds, answer: (batch, answer) => tableAnswer(batch, names, answer) };
}

type Feeds = OnnxCall['feeds'];

function columnFeeds({ inputs }: Signature, wanted: readonly OnnxValue[]): Feeds | string {
  const kinds = inputs.map((input) =>
    input.kind === 'column' && input.required ? COLUMN_ELEMENTS[input.type] : undefined,
  );
  const [kind] = kinds;
  if (wanted.length === 1) {
    if (kind === undefined || kinds.some((each) => each !== kind)) return 'its columns are of several types';
    const { name } = wanted[0]!;
    const element = castOf(kind, wanted[0]!);
    if (element === undefined) return `its columns are of another type than its input '${name}'`;
    return (batch) => gathered([[name, matrixOf(batch, element)]]);
  }
  const plan: { readonly name: string; readonly element: NumberElement; readonly index: number }[] = [];
  for (const value of wanted) {
    const index = inputs.findIndex(({ name }) => name === value.name);
    const own = index < 0 ? undefined : kinds[index];
    const element = own === undefined ? undefined : castOf(own, value);
    if (element === undefined || value.shape?.length !== 1)
      return `no column can be given to its input '${value.name}' as it is`;
    plan.push({ name: value.name, element, index });
  }
  return (batch) =>
    gathered(plan.map(({ name, element, index }) => [name, vectorOf(batch.columns[index]!, element)]));
}

function tensorFeeds(inputs: readonly TensorInput[], wanted: readonly OnnxValue[]): Feeds | string {
  const plan: { readonly name: string; readonly element: NumberElement; readonly index: number }[] = [];
  for (const value of wanted) {
    const index =
      wanted.length === 1 && inputs.length === 1 ? 0 : inputs.findIndex(({ name }) => name === value.name);
    const kind = index < 0 ? undefined : TENSOR_ELEMENTS[inputs[index]!.element];
    const element = kind === undefined ? undefined : castOf(kind, value);
    // By a name the flavor looks in the request; without one there is but one.
    const isNamed = inputs[index]?.name !== undefined && inputs[index]!.name !== value.name;
    if (element === undefined || isNamed)
      return `no tensor can be given to its input '${value.name}' as it is`;
    plan.push({ name: value.name, element, index });
  }
  if (plan.length !== inputs.length) return 'its signature has tensors that it does not take';
  return (batch) =>
    gathered(plan.map(({ name, element, index }) => [name, tensorOf(batch.columns[index]!, element)]));
}

function gathered(
  parts: readonly (readonly [string, OnnxTensor | undefined])[],
): Readonly<Record<string, OnnxTensor>> | undefined {
  return parts.some(([, tensor]) => tensor === undefined)
    ? undefined
    : (Object.fromEntries(parts) as Record<string, OnnxTensor>);
}

const COLUMN_ELEMENTS: Readonly<Record<string, NumberElement | undefined>> = {
  double: 'float64',
  float: 'float32',
  long: 'int64',
  integer: 'int32',
  boolean: 'bool',
};
const TENSOR_ELEMENTS: Readonly<Record<string, NumberElement | undefined>> = {
  float64: 'float64',
  float32: 'float32',
  int64: 'int64',
  int32: 'int32',
  bool: 'bool',
};

/** As what it is given; undefined where the runtime would refuse it. */
function castOf(kind: NumberElement, { element }: OnnxValue): NumberElement | undefined {
  if (kind === element) return element;
  return kind === 'float64' && element === 'float32' ? 'float32' : undefined;
}

const isOneARow = (shape: readonly number[] | undefined): boolean =>
  shape !== undefined && (shape.length === 1 || (shape.length === 2 && shape[1] === 1));
