import type { ModelFile } from '../model-file.ts';
import { tensorAnswer } from '../onnx/onnx-answers.ts';
import { matrixOf, tensorOf } from '../onnx/onnx-feeds.ts';
import type { OnnxCall } from '../onnx/onnx-lane.ts';
import type { PackedBatch, ScalarType, Signature } from '../scoring/columns.ts';

/** What the compiler is told of a model, besides where it lies. */
export interface CompilerJob {
  readonly flavor: string;
  readonly method: string;
  readonly columns: readonly { readonly name: string | number; readonly type: ScalarType }[];
  /** NumPy's name of the elements, where the model takes one tensor instead of a table. */
  readonly tensor: string | null;
  readonly seed: number;
  /** Rows of each kind of probe. */
  readonly most: number;
}

const FLAVORS: Readonly<Record<string, string>> = {
  'mlflow.sklearn': 'sklearn',
  'mlflow.xgboost': 'xgboost',
  'mlflow.lightgbm': 'lightgbm',
};
const NUMERIC: readonly ScalarType[] = ['double', 'float', 'long', 'integer', 'boolean'];
const TENSORS: Readonly<Record<string, ScalarType>> = {
  float64: 'double',
  float32: 'float',
  int64: 'long',
  int32: 'integer',
};
const SEED = 7;
const MOST_PROBES = 200_000;
const MAX_COLUMNS = 2000;

/** The job of compiling a model, or a sentence why none is tried. */
export function jobOf(
  { loader, predictFunction }: ModelFile,
  signature: Signature | undefined,
): CompilerJob | string {
  const flavor = FLAVORS[loader ?? ''];
  if (flavor === undefined) return `models that ${loader ?? 'nothing'} loads are not compiled`;
  if (signature === undefined || signature.path === 'raw' || signature.inputs.length === 0)
    return 'its signature says no columns of numbers';
  const job = { flavor, method: predictFunction, seed: SEED, most: MOST_PROBES };
  const [first] = signature.inputs;
  if (first!.kind === 'tensor') {
    const { element, shape } = first!;
    const type = TENSORS[element];
    const width = shape[1] ?? -1;
    if (signature.inputs.length > 1 || signature.named || shape.length !== 2 || shape[0] !== -1)
      return 'it takes other tensors than one matrix';
    if (type === undefined || width < 1 || width > MAX_COLUMNS)
      return 'its matrix is of another type, or of any width';
    const columns = Array.from({ length: width }, (_, index) => ({ name: `x${index}`, type }));
    return { ...job, columns, tensor: element };
  }
  if (signature.inputs.length > MAX_COLUMNS) return `it takes more than ${MAX_COLUMNS} columns`;
  const columns: { readonly name: string | number; readonly type: ScalarType }[] = [];
  for (const [index, input] of signature.inputs.entries()) {
    if (input.kind !== 'column' || !NUMERIC.includes(input.type))
      return `its column ${input.shown} holds no numbers`;
    if (!input.required) return `its column ${input.shown} may be left out`;
    columns.push({ name: input.name ?? index, type: input.type });
  }
  return { ...job, columns, tensor: null };
}

/** Of every compiled file: one matrix of doubles. */
export const COMPILED_INPUT = 'X';

/** How compiled files are asked: all columns as one matrix of doubles; their one output is what the model gives. */
export function callOfCompiled(signature: Signature, output: string): OnnxCall {
  const isTensor = signature.inputs[0]!.kind === 'tensor';
  const matrix = (batch: PackedBatch) =>
    isTensor ? tensorOf(batch.columns[0]!, 'float64') : matrixOf(batch, 'float64');
  return {
    feeds(batch) {
      const tensor = matrix(batch);
      return tensor && { [COMPILED_INPUT]: tensor };
    },
    answer: (batch, { outputs, micros }) => tensorAnswer(batch, outputs[output]!, micros),
  };
}
