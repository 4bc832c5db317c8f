import { parse } from 'yaml';
import { isBranch } from './lenient-json.ts';

/** One input, output or param of a model, as its signature describes it. */
export interface SignatureField {
  /** Undefined for the only tensor of a model. */
  readonly name: string | undefined;
  /** `double`, `tensor float32 [-1, 28, 28]`, `array of string`… */
  readonly type: string;
  readonly isRequired: boolean;
  /** Of a param. */
  readonly byDefault: string | undefined;
}

export interface ModelSignature {
  readonly inputs: readonly SignatureField[];
  readonly outputs: readonly SignatureField[];
  readonly params: readonly SignatureField[];
}

/** What the file `MLmodel` of a model says. */
export interface Mlmodel {
  readonly flavors: readonly { readonly name: string; readonly version: string | undefined }[];
  readonly signature: ModelSignature | undefined;
  /** Beside the file: an example of an input as it was given, and in the form that a server takes. */
  readonly examplePath: string | undefined;
  readonly servingExamplePath: string | undefined;
  readonly mlflowVersion: string | undefined;
  readonly pythonVersion: string | undefined;
  readonly modelId: string | undefined;
  readonly runId: string | undefined;
  readonly createdAt: string | undefined;
  readonly sizeBytes: number | undefined;
}

/**
 * Reads an MLmodel file. YAML's core schema makes plain values only.
 * @throws Error for what is no YAML, or no mapping
 */
export function parseMlmodel(text: string): Mlmodel {
  const document: unknown = parse(text, { schema: 'core', logLevel: 'error', maxAliasCount: 100 });
  if (!isMapping(document)) throw new Error('it is no mapping');
  const flavors = mapping(document.flavors);
  const python = mapping(flavors.python_function);
  const example = mapping(document.saved_input_example_info);
  return {
    flavors: Object.entries(flavors).map(([name, flavor]) => ({
      name,
      version: flavorVersion(name, mapping(flavor)),
    })),
    signature: readSignature(document.signature),
    examplePath: textOf(example.artifact_path),
    servingExamplePath: textOf(example.serving_input_path),
    mlflowVersion: textOf(document.mlflow_version),
    pythonVersion: textOf(python.python_version),
    modelId: textOf(document.model_id),
    runId: textOf(document.run_id),
    createdAt: textOf(document.utc_time_created),
    sizeBytes: typeof document.model_size_bytes === 'number' ? document.model_size_bytes : undefined,
  };
}

/** A signature as MLmodel files and tags have it: each part is JSON as text. */
function readSignature(value: unknown): ModelSignature | undefined {
  if (!isMapping(value)) return undefined;
  const signature = {
    inputs: readFields(value.inputs),
    outputs: readFields(value.outputs),
    params: readFields(value.params),
  };
  return Object.values(signature).every((fields) => fields.length === 0) ? undefined : signature;
}

function readFields(value: unknown): readonly SignatureField[] {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  if (!Array.isArray(parsed)) return [];
  return parsed.filter(isMapping).map((field) => ({
    name: textOf(field.name),
    type: typeText(field),
    isRequired: field.required !== false && field.optional !== true,
    byDefault:
      field.default === undefined || field.default === null ? undefined : JSON.stringify(field.default),
  }));
}

function typeText(field: Mapping): string {
  const { type } = field;
  const tensor = mapping(field['tensor-spec']);
  if (type === 'tensor' || Object.keys(tensor).length > 0) {
    return `tensor ${textOf(tensor.dtype) ?? ''} ${JSON.stringify(tensor.shape ?? []).replaceAll(',', ', ')}`;
  }
  const suffix = Array.isArray(field.shape) ? ` ${JSON.stringify(field.shape)}` : '';
  if (type === 'array') return `array of ${typeText(mapping(field.items))}`;
  if (type === 'map') return `map of ${typeText(mapping(field.values))}`;
  if (type === 'object') {
    const inner = Object.entries(mapping(field.properties)).map(
      ([name, one]) => `${name}: ${typeText(mapping(one))}`,
    );
    return `{ ${inner.join(', ')} }`;
  }
  return `${textOf(type) ?? 'any'}${suffix}`;
}

/** Each flavor keeps its library's version under a name of its own (`sklearn_version`). */
function flavorVersion(name: string, flavor: Mapping): string | undefined {
  if (name === 'python_function') return undefined;
  const found = Object.entries(flavor).find(([key]) => /_version$/.test(key) && key !== 'python_version');
  return found && textOf(found[1]);
}

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Mapping => isBranch(value) && !Array.isArray(value);
const mapping = (value: unknown): Mapping => (isMapping(value) ? value : {});
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
