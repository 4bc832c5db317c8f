import type { OnnxModel } from './onnx-model.ts';

/**
 * Operators whose time and memory are bounded by their input and the file: no loops, no branches, nothing that takes the
 * size of its result from a value. The file may come from anybody, native code cannot be interrupted, and here it runs in
 * the server's own process.
 */
const IN_PROCESS: ReadonlySet<string> = new Set([
  ...[
    'Binarizer',
    'FeatureVectorizer',
    'ArrayFeatureExtractor',
    'Imputer',
    'LabelEncoder',
    'LinearClassifier',
    'LinearRegressor',
    'Normalizer',
    'SVMClassifier',
    'SVMRegressor',
    'Scaler',
    'TreeEnsemble',
    'TreeEnsembleClassifier',
    'TreeEnsembleRegressor',
  ].map((name) => `ai.onnx.ml.${name}`),
  ...['Abs', 'Add', 'And', 'ArgMax', 'ArgMin', 'Cast', 'Ceil', 'Clip', 'Concat', 'Constant', 'Div', 'Equal'],
  ...['Erf', 'Exp', 'Flatten', 'Floor', 'Gather', 'Gemm', 'Greater', 'GreaterOrEqual', 'Identity', 'IsNaN'],
  ...['LeakyRelu', 'Less', 'LessOrEqual', 'Log', 'LogSoftmax', 'MatMul', 'Max', 'Mean', 'Min', 'Mul', 'Neg'],
  ...[
    'Not',
    'Or',
    'Pow',
    'Reciprocal',
    'ReduceMax',
    'ReduceMean',
    'ReduceMin',
    'ReduceSum',
    'Relu',
    'Reshape',
  ],
  ...['Round', 'Shape', 'Sigmoid', 'Sign', 'Slice', 'Softmax', 'Sqrt', 'Squeeze', 'Sub', 'Sum', 'Tanh'],
  ...['Transpose', 'Unsqueeze', 'Where', 'Xor'],
]);

/** Of one file, in memory: beyond, a model is better off in a process of its own. */
export const MAX_ONNX_BYTES = 64 * 2 ** 20;

/** Why a model may not run in the server's process: a sentence for people; undefined where it may. */
export function whyNotInProcess(model: OnnxModel, bytes: number): string | undefined {
  if (bytes > MAX_ONNX_BYTES)
    return `it has ${Math.ceil(bytes / 2 ** 20)} MiB, and at most ${MAX_ONNX_BYTES / 2 ** 20} MiB run there`;
  if (model.hasExternalData) return 'it keeps values in other files';
  if (model.hasFunctions) return 'it defines operators of its own';
  const strange = model.operators.find((name) => !IN_PROCESS.has(name));
  if (strange !== undefined) return `its operator ${strange} is none of those that run there`;
  const values = [...model.inputs, ...model.outputs];
  const odd = values.find(({ element }) => element === undefined);
  return odd === undefined ? undefined : `'${odd.name}' is no tensor of a type that is known here`;
}
