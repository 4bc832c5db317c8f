import type { EntityInput, SignatureInput } from '../../data/endpoints.ts';

/** A row of a form: what was typed, by column. */
export type FormRow = Readonly<Record<string, string>>;

const NUMBERS = /^(integer|long|float|double)$/;
const MOST_FIELDS = 60;

/** Whether a form can be made for a model: a name and a plain type for each column, and not too many of them. */
export function hasForm({ signature }: EntityInput): boolean {
  return (
    signature?.named === true &&
    signature.inputs.length > 0 &&
    signature.inputs.length <= MOST_FIELDS &&
    signature.inputs.every(({ kind }) => kind === 'column')
  );
}

/** The body to begin with: the model's own example, or one made of its signature. */
export function firstBody(input: EntityInput): string {
  const { example, signature } = input;
  if (example !== undefined) return pretty(example);
  if (signature === undefined) return '{\n  "inputs": []\n}';
  if (hasForm(input)) return bodyOfRow(signature.inputs, emptyRow(signature.inputs));
  const [first] = signature.inputs;
  if (signature.named)
    return JSON.stringify(
      { inputs: Object.fromEntries(signature.inputs.map((each) => [each.name ?? '', [blankOf(each)]])) },
      undefined,
      2,
    );
  return JSON.stringify({ inputs: [first === undefined ? null : blankOf(first)] }, undefined, 2);
}

/** Indented, as far as it is JSON; a bare NaN is none. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2).replaceAll(
      // Lists of plain values stand on one line.
      /\[\s+((?:(?:-?[\d.eE+-]+|"(?:[^"\\]|\\.)*"|true|false|null)(?:,\s+)?)+)\s+\]/g,
      (_, inside: string) => `[${inside.replaceAll(/,\s+/g, ', ')}]`,
    );
  } catch {
    return text;
  }
}

/** The first row of a body; undefined for a body that has none, or is of another form. */
export function rowOf(body: string, inputs: readonly SignatureInput[]): FormRow | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const message = objectOf(parsed);
  const values = valuesIn(message);
  if (values === undefined) return undefined;
  return Object.fromEntries(
    inputs.map(({ name = '' }) => {
      const value = values[name];
      return [name, value === undefined || value === null ? '' : String(value)];
    }),
  );
}

function valuesIn(message: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const split = objectOf(message.dataframe_split);
  if (Array.isArray(split.columns) && Array.isArray(split.data)) {
    const row: unknown = split.data[0];
    if (!Array.isArray(row)) return undefined;
    return Object.fromEntries(split.columns.map((column, i) => [String(column), row[i]]));
  }
  for (const records of [message.dataframe_records, message.instances, message.inputs]) {
    const [record] = Array.isArray(records) ? records : [];
    if (typeof record === 'object' && record !== null && !Array.isArray(record))
      return record as Readonly<Record<string, unknown>>;
  }
  const lists = objectOf(message.inputs);
  if (Object.keys(lists).length === 0) return undefined;
  return Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, Array.isArray(list) ? list[0] : list]),
  );
}

/** One row as a request; what is empty is left out, for columns that may be. */
export function bodyOfRow(inputs: readonly SignatureInput[], row: FormRow): string {
  const record = Object.fromEntries(
    inputs.flatMap((input) => {
      const text = row[input.name ?? ''] ?? '';
      if (text === '' && !input.required) return [];
      return [[input.name ?? '', typedValue(input, text)]];
    }),
  );
  return JSON.stringify({ dataframe_records: [record] }, undefined, 2);
}

/** What cannot be read as a number goes as it is: the endpoint says what is wrong with it. */
function typedValue({ type }: SignatureInput, text: string): unknown {
  if (type === 'boolean') return text === 'true';
  if (!NUMBERS.test(type)) return text;
  const number = Number(text);
  const isExact =
    Number.isFinite(number) && text.trim() !== '' && (type !== 'long' || Number.isSafeInteger(number));
  return isExact ? number : text;
}

const emptyRow = (inputs: readonly SignatureInput[]): FormRow =>
  Object.fromEntries(
    inputs.map(({ name = '', type }) => [name, NUMBERS.test(type) ? '0' : type === 'boolean' ? 'false' : '']),
  );

function blankOf({ kind, type, shape = [] }: SignatureInput): unknown {
  if (kind === 'nested') return null;
  const value = kind === 'column' && !NUMBERS.test(type) && type !== 'boolean' ? '' : 0;
  // Without the first dimension, which counts the rows.
  return shape
    .slice(1)
    .reverse()
    .reduce<unknown>(
      (inner, size) => Array.from({ length: Math.min(Math.max(size, 1), 1000) }, () => inner),
      value,
    );
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
