import { serverUrl } from '../data/server.ts';
import type { SignatureField } from './mlmodel.ts';

const quoted = (text: string): string => JSON.stringify(text);

/** The lines that load a model by its URI (`models:/iris/3`) and predict with it. */
export function pythonForModel(uri: string, options: ModelCodeOptions = {}): string {
  const { example, inputs = [] } = options;
  const rows = exampleRows(example);
  const isTable = rows !== undefined || inputs.some(({ name }) => name !== undefined);
  const data = isTable ? frameCode(rows ?? [emptyRow(inputs)]) : pythonLiteral(example ?? '…');
  return [
    'import mlflow',
    ...(isTable ? ['import pandas as pd'] : []),
    '',
    `mlflow.set_tracking_uri(${quoted(serverUrl)})`,
    `model = mlflow.pyfunc.load_model(${quoted(uri)})`,
    '',
    `data = ${data}`,
    'print(model.predict(data))',
    '',
  ].join('\n');
}

export interface ModelCodeOptions {
  /** The input example as it was logged: `{columns, data}`, or whatever the model takes. */
  readonly example?: unknown;
  /** The example in the form that `/invocations` takes. */
  readonly servingExample?: unknown;
  readonly inputs?: readonly SignatureField[] | undefined;
}

/** TypeScript that asks a model server; the comment says how to start one. */
export function typescriptForModel(
  uri: string,
  { servingExample, inputs = [] }: ModelCodeOptions = {},
): string {
  const body = servingExample ?? { dataframe_records: [emptyRow(inputs)] };
  return [
    `// Serve it first: MLFLOW_TRACKING_URI=${serverUrl} mlflow models serve -m ${quoted(uri)} -p 5001`,
    "const response = await fetch('http://127.0.0.1:5001/invocations', {",
    "  method: 'POST',",
    "  headers: { 'content-type': 'application/json' },",
    `  body: JSON.stringify(${JSON.stringify(body, null, 2).replaceAll('\n', '\n  ')}),`,
    '});',
    'const { predictions } = await response.json();',
    '',
  ].join('\n');
}

const frameCode = (rows: readonly Record<string, unknown>[]): string =>
  ['pd.DataFrame([', ...rows.map((row) => `    ${pythonLiteral(row)},`), '])'].join('\n');

function emptyRow(inputs: readonly SignatureField[]): Record<string, unknown> {
  return Object.fromEntries(
    inputs.flatMap(({ name, type }) => (name === undefined ? [] : [[name, sampleOf(type)] as const])),
  );
}

function sampleOf(type: string): unknown {
  if (/^(double|float)/.test(type)) return 0.5;
  if (/^(integer|long|int)/.test(type)) return 1;
  if (type === 'boolean') return true;
  return type === 'datetime' ? '2026-01-01T00:00:00' : 'text';
}

const MOST_ROWS = 2;

/** The first rows of an example that is a table (`{columns, data}`), by column name. */
function exampleRows(example: unknown): readonly Record<string, unknown>[] | undefined {
  if (typeof example !== 'object' || example === null) return undefined;
  const { columns, data } = example as { readonly columns?: unknown; readonly data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data)) return undefined;
  return data
    .slice(0, MOST_ROWS)
    .filter(Array.isArray)
    .map((row: unknown[]) => Object.fromEntries(columns.map((name, i) => [String(name), row[i] ?? null])));
}

/** A value of JSON as Python writes it. */
function pythonLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, one]) => `${quoted(key)}: ${pythonLiteral(one)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}
