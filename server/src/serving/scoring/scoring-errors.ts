import { AppError } from '../../kernel/errors.ts';
import type { ColumnInput, TensorInput } from './columns.ts';

/**
 * What a scoring server refuses, in the words of MLflow's up to where Python values would begin: clients look for them.
 * An error whose reason is `SCHEMA_ENFORCEMENT_FAILED` or `INVALID_PARAMETER_VALUE` has that class on the wire; one
 * without a reason is a bad request (`http/invocations/answers.ts`).
 */
export const badInput = (message: string): AppError =>
  new AppError('InvalidArgument', `Invalid input. ${message}`);

export const badRequest = (message: string): AppError => new AppError('InvalidArgument', message);

export const badParams = (message: string): AppError =>
  new AppError('InvalidArgument', message, { reason: 'INVALID_PARAMETER_VALUE' });

/** @param schema the signature as messages show it */
export const schemaFailed = (schema: string, message: string): AppError =>
  new AppError(
    'InvalidArgument',
    `Failed to predict data. Error: Failed to enforce schema of data with schema '${schema}'. Error: ${message}`,
    { reason: 'SCHEMA_ENFORCEMENT_FAILED' },
  );

export const strictRefuses = (what: string): AppError =>
  new AppError('InvalidArgument', `The endpoint is strict: ${what}`, {
    reason: 'SCHEMA_ENFORCEMENT_FAILED',
  });

export const notJson = (what: string): AppError =>
  badInput(`Ensure that input is a valid JSON formatted string. Error: '${what}'`);

export const badCsv = (what: string): AppError =>
  badRequest(
    'Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid CSV-formatted Pandas DataFrame ' +
      `produced using the \`pandas.DataFrame.to_csv()\` method. Error: '${what}'`,
  );

/** A value that its column does not take is to MLflow a file that cannot be read, where the file is CSV. */
export function asCsvError(error: unknown): unknown {
  if (!(error instanceof AppError) || error.reason !== undefined || !error.message.startsWith(NOT_COMPATIBLE))
    return error;
  return badCsv(error.message.slice(NOT_COMPATIBLE.length));
}

const NOT_COMPATIBLE = 'Invalid input. Data is not compatible with model signature. ';

/** What a model's own exception looks like from outside; its text is in the endpoint's log alone. */
export const modelRaised = (requestId: string): AppError =>
  badRequest(
    'Encountered an unexpected error while evaluating the model. Verify that the serialized input Dataframe is ' +
      `compatible with the model for inference. See the endpoint's log, request ${requestId}.`,
  );

/** The reason that stands for what MLflow says of an error of its own, as `error_code` and `error_class`. */
export function reasonOf(words: unknown): string | undefined {
  const { error_code: code, error_class: name } = (words ?? {}) as Record<string, unknown>;
  if (name === 'SCHEMA_ENFORCEMENT_FAILED') return name;
  return code === 'INVALID_PARAMETER_VALUE' ? code : undefined;
}

/** Where a value stands that cannot be what its column wants. */
export interface BadCell {
  readonly input: ColumnInput | TensorInput;
  readonly row: number;
  readonly value: unknown;
}

/** @param why `'Error: …'`, or what would be lost */
export function conversionFailed({ input, row, value }: BadCell, why: string): AppError {
  const name = input.name ?? '';
  return badRequest(
    `${NOT_COMPATIBLE}Failed to convert column ${name} to type ` +
      `'${pythonTypeOf(input)}'${why} Row ${row}, column '${name}': expected ${typeName(input)}, got ${shown(value)}.`,
  );
}

const typeName = (input: ColumnInput | TensorInput): string =>
  input.kind === 'column' ? input.type : `an array of ${input.element}`;

const PYTHON_TYPES = {
  boolean: 'bool',
  integer: 'int32',
  long: 'int64',
  float: 'float32',
  double: 'float64',
  string: 'object',
  binary: 'binary',
  datetime: 'datetime64[ns]',
} as const;

const pythonTypeOf = (input: ColumnInput | TensorInput): string =>
  input.kind === 'column' ? PYTHON_TYPES[input.type] : input.element;

/** A value of a request in a message: short, and as the caller wrote it. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (numberWord(value) ?? JSON.stringify(value));
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`;
}

const numberWord = (value: unknown): string | undefined =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : undefined;

/** A list of names as Python shows one. */
export const nameList = (names: readonly (string | number)[]): string =>
  `[${names.map((name) => (typeof name === 'number' ? String(name) : pythonText(name))).join(', ')}]`;

/** A text as Python shows it, for names. */
export const pythonText = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
};
