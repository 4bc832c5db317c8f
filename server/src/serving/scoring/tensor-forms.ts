import type { Json, JsonObject } from '../../kernel/json-text.ts';
import type { ReadyColumn, ReadyTensor } from './batch-bytes.ts';
import type { Signature, TensorInput } from './columns.ts';
import { type Form, type FormRules, pythonTypeOf, readTable, type Table } from './input-forms.ts';
import type { ReadRows } from './read-input.ts';
import { badInput, nameList, schemaFailed } from './scoring-errors.ts';
import { readTensor } from './tensors.ts';

interface TensorForms {
  readonly exact: boolean;
  readonly strict: boolean;
  readonly signature: Signature;
  readonly rules: FormRules;
}

/** The rows of a body for a model that takes tensors. @throws AppError InvalidArgument */
export function readTensors(form: Form, data: Json, forms: TensorForms): ReadRows | 'inexact' | 'program' {
  const { signature, rules } = forms;
  const inputs = signature.inputs as readonly TensorInput[];
  const found =
    form === 'dataframe_split' || form === 'dataframe_records'
      ? fromTable(readTable(form, data, rules), forms)
      : fromInputs(data, forms);
  if (found === undefined) return 'program';
  const columns: ReadyColumn[] = [];
  for (let index = 0; index < inputs.length; index += 1) {
    const tensor = readTensor(found.values[index], inputs[index]!, { ...forms, schema: rules.schema });
    if (typeof tensor === 'string') return tensor;
    columns.push(tensor);
  }
  const rows = (columns[0] as ReadyTensor).shape[0] ?? 1;
  return {
    rows: { rows, columns },
    ignored: found.extra,
    joinKey: joinKeyOf(columns as ReadyTensor[], inputs),
  };
}

interface FoundTensors {
  /** By input. */
  readonly values: readonly unknown[];
  readonly extra: readonly (string | number)[];
}

function fromInputs(data: Json, { signature, rules }: TensorForms): FoundTensors {
  if (!signature.named) {
    if (typeof data === 'object' && data !== null && !(Array.isArray(data) && !data.some(isObject))) {
      throw badInput(
        'Failed to parse input data. This model contains an un-named  model signature which expects a single ' +
          `n-dimensional array or a single value as input, however, an input of type <class '${pythonTypeOf(data)}'> was found.`,
      );
    }
    return { values: [data], extra: [] };
  }
  if (Array.isArray(data) && data.length > 0 && data.every(isObject))
    return byName(columnsOf(data), signature, rules);
  if (isObject(data)) return byName(data, signature, rules);
  if (rules.onlyName !== undefined && Array.isArray(data)) return { values: [data], extra: [] };
  throw missing(signature, rules, { names: [], extra: [] });
}

/** Records with one item of each tensor, as lists of items. */
function columnsOf(records: readonly JsonObject[]): JsonObject {
  const columns: Record<string, Json[]> = Object.create(null);
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      columns[name] ??= [];
      columns[name].push(value ?? null);
    }
  }
  const lengths = new Set(Object.values(columns).map(({ length }) => length));
  if (lengths.size > 1) throw badInput('The length of values for each input/column name are not the same');
  return columns;
}

function byName(data: JsonObject, signature: Signature, rules: FormRules): FoundTensors {
  const names = Object.keys(data);
  const wanted = signature.inputs.map(({ name }) => name ?? '');
  const extra = names.filter((name) => !wanted.includes(name));
  if (wanted.some((name) => !names.includes(name))) throw missing(signature, rules, { names, extra });
  return { values: wanted.map((name) => data[name]), extra };
}

function missing(
  { inputs }: Signature,
  rules: FormRules,
  { names, extra }: { readonly names: readonly string[]; readonly extra: readonly string[] },
) {
  const lacking = inputs.map(({ name }) => name ?? '').filter((name) => !names.includes(name));
  const also = extra.length === 0 ? '' : ` Note that there were extra inputs: ${nameList(extra)}.`;
  return schemaFailed(rules.schema, `Model is missing inputs ${nameList(lacking)}.${also}`);
}

/** Tables of plain numbers for one matrix; what else pandas makes of a table, the program knows. */
function fromTable(table: Table | undefined, { signature }: TensorForms): FoundTensors | undefined {
  const [input, ...more] = signature.inputs as readonly TensorInput[];
  if (table === undefined || input === undefined || more.length > 0 || signature.named) return undefined;
  const width = table.names.length;
  if (table.rows === 0 || input.shape.length !== 2 || input.shape[0] !== -1 || input.shape[1] !== width)
    return undefined;
  const columns = table.names.map((_, index) => table.column(index));
  if (columns.some((cells) => cells.some((cell) => typeof cell === 'object' && cell !== null)))
    return undefined;
  const rows = Array.from({ length: table.rows }, (_, row) => columns.map((cells) => cells[row] ?? null));
  return { values: [rows], extra: [] };
}

/** Tensors are joined along a first dimension of any length; the other dimensions must agree. */
function joinKeyOf(tensors: readonly ReadyTensor[], inputs: readonly TensorInput[]): string | undefined {
  const rows = tensors[0]!.shape[0];
  const joinable = tensors.every(({ shape }, index) => inputs[index]!.shape[0] === -1 && shape[0] === rows);
  if (!joinable || rows === 0) return undefined;
  return inputs.every(({ shape }) => !shape.includes(-1, 1))
    ? ''
    : `${tensors.map(({ shape }) => shape.slice(1).join('x')).join(';')}|`;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
