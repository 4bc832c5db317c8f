import { parse } from 'yaml';
import { AppError } from '../kernel/errors.ts';

/** What the `MLmodel` file of a model says, as far as serving acts upon it. */
export interface ModelFile {
  /** `python_function`, `sklearn`, `onnx` … */
  readonly flavors: readonly string[];
  /** What loads the model as a function: `mlflow.sklearn`; undefined where it has no such flavor. */
  readonly loader: string | undefined;
  /** What of the model is called: `predict`, or `predict_proba`. */
  readonly predictFunction: string;
  /** Path below the model's folder of its ONNX file; undefined in other flavors. */
  readonly onnxFile: string | undefined;
  /** Of the interpreter that logged it: `3.11.7`. */
  readonly pythonVersion: string | undefined;
  readonly mlflowVersion: string | undefined;
  /** Texts of JSON, as MLflow writes them; undefined for what the signature does not have. */
  readonly signature: WrittenSignature | undefined;
  /** Path below the model's folder of a request body for its example. */
  readonly servingExample: string | undefined;
  readonly modelConfig: Readonly<Record<string, unknown>> | undefined;
}

export interface WrittenSignature {
  readonly inputs: string | undefined;
  readonly outputs: string | undefined;
  readonly params: string | undefined;
  /** Whether types in Python say what the model takes: then only Python can judge its input. */
  readonly is_signature_from_type_hint: boolean;
}

export const MODEL_FILE = 'MLmodel';
const MAX_CHARACTERS = 4 * 2 ** 20;

/** @throws AppError InvalidState for what is no such file. */
export function parseModelFile(text: string): ModelFile {
  if (text.length > MAX_CHARACTERS) throw unreadable('it is too long');
  let written: unknown;
  try {
    // Aliases of YAML could make gigabytes of a few lines.
    written = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw unreadable('it is not YAML', error);
  }
  if (!isObject(written)) throw unreadable('it holds no fields');
  const flavors = isObject(written.flavors) ? written.flavors : {};
  const pyfunc = isObject(flavors.python_function) ? flavors.python_function : undefined;
  const example = isObject(written.saved_input_example_info) ? written.saved_input_example_info : {};
  return {
    flavors: Object.keys(flavors),
    loader: textOf(pyfunc?.loader_module),
    predictFunction: textOf(pyfunc?.predict_fn) ?? 'predict',
    onnxFile: isObject(flavors.onnx) ? textOf(flavors.onnx.data) : undefined,
    pythonVersion: textOf(pyfunc?.python_version),
    mlflowVersion: textOf(written.mlflow_version),
    signature: signatureOf(written),
    servingExample: textOf(example.serving_input_path),
    modelConfig: isObject(pyfunc?.config) ? pyfunc.config : undefined,
  };
}

function signatureOf({ signature, is_signature_from_type_hint }: Fields): WrittenSignature | undefined {
  if (!isObject(signature)) return undefined;
  const { inputs, outputs, params } = signature;
  return {
    inputs: textOf(inputs),
    outputs: textOf(outputs),
    params: textOf(params),
    is_signature_from_type_hint: is_signature_from_type_hint === true,
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const unreadable = (why: string, cause?: unknown): AppError =>
  new AppError('InvalidState', `The file MLmodel of the model cannot be read: ${why}.`, { cause });
