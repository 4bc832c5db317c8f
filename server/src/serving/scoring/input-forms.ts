import type { Json, JsonObject } from '../../kernel/json-text.ts';
import { badInput, badRequest, schemaFailed } from './scoring-errors.ts';

/** The forms in which a JSON body may hold its rows. */
const FORMS = ['dataframe_records', 'dataframe_split', 'inputs', 'instances'] as const;
export type Form = (typeof FORMS)[number];

const FORM_LIST = "{'dataframe_records', 'dataframe_split', 'inputs', 'instances'}";
const REQUIRED_FORM = `The input must be a JSON dictionary with exactly one of the input fields ${FORM_LIST}`;
/** Clients of the protocol before MLflow 2 look for the beginning of this. */
export const PROTOCOL_CHANGE =
  'IMPORTANT: The MLflow Model scoring protocol has changed in MLflow version 2.0: name the form of the rows by one ' +
  'of these fields, and leave out content type parameters other than charset. See ' +
  'https://mlflow.org/docs/latest/models.html#deploy-mlflow-models.';

/** Keys that make a body the input of a language model as a whole. */
const WHOLE_BODY_KEYS = ['messages', 'prompt', 'input'] as const;

export interface FormedBody {
  /** `whole`: the body itself is the input. */
  readonly form: Form | 'whole';
  readonly data: Json;
  readonly params: Json;
}

/** Finds the rows in a body. @throws AppError InvalidArgument */
export function readForm(value: Json): FormedBody {
  if (Array.isArray(value)) throw badInput(`${REQUIRED_FORM}. Received a list.`);
  if (typeof value !== 'object' || value === null)
    throw badInput(`${REQUIRED_FORM}. Received unexpected input type '<class '${pythonTypeOf(value)}'>.`);
  let form: Form | undefined;
  let forms = 0;
  for (const name of FORMS) {
    if (!Object.hasOwn(value, name)) continue;
    form = name;
    forms += 1;
  }
  for (const key of WHOLE_BODY_KEYS) {
    if (Object.hasOwn(value, key)) return { form: 'whole', data: value, params: null };
  }
  if (form === undefined || forms > 1) {
    const sent = FORMS.filter((name) => Object.hasOwn(value, name)).map((name) => `'${name}'`);
    throw badRequest(
      `${REQUIRED_FORM}. Received dictionary with input fields: [${sent.join(', ')}]. ${PROTOCOL_CHANGE}`,
    );
  }
  return { form, data: value[form] ?? null, params: value.params ?? null };
}

export function pythonTypeOf(value: Json): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return Array.isArray(value) ? 'list' : 'dict';
}

/** Rows under the names, or places, that the caller gave their columns. */
export interface Table {
  readonly rows: number;
  /** Texts; places from 0 where the caller named none. */
  readonly names: readonly (string | number)[];
  /** A new list of the values of one column: `undefined` in rows that lack it. */
  column(index: number): unknown[];
}

/** Rows whose shape only the model's own libraries can judge. */
export type Unusual = undefined;

export interface FormRules {
  readonly schema: string;
  /** Of a signature with a single named column, which takes a plain list. */
  readonly onlyName: string | undefined;
  /** Names of required columns, where columns go by name. */
  readonly required: readonly string[];
}

/** The rows of a body as a table. @throws AppError InvalidArgument */
export function readTable(form: Form, data: Json, rules: FormRules): Table | Unusual {
  switch (form) {
    case 'dataframe_split':
      return readSplit(data);
    case 'dataframe_records':
      return readRecords(data);
    case 'inputs':
    case 'instances':
      return readInputs(form, data, rules);
  }
}

function readSplit(data: Json): Table | Unusual {
  if (!isObject(data))
    throw badInput(`Dataframe split format must be a dictionary. Got ${listOrType(data)}.`);
  let unknown = false;
  for (const key in data) if (key !== 'data' && key !== 'columns' && key !== 'index') unknown = true;
  if (unknown || !Object.hasOwn(data, 'data')) {
    const keys = Object.keys(data).map((key) => `'${key}'`);
    throw badInput(
      `Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields. Got {${keys.join(', ')}}.'`,
    );
  }
  const { data: rows, columns = null, index = null } = data;
  if (!Array.isArray(rows) || (columns !== null && !isNames(columns))) return undefined;
  const width = widthOf(rows);
  if (width === undefined) return undefined;
  if (columns !== null && rows.length > 0 && width !== columns.length) {
    throw badSplit(`${columns.length} columns passed, passed data had ${width} columns`);
  }
  if (Array.isArray(index) && index.length !== rows.length)
    throw badSplit(`${rows.length} rows passed, index has ${index.length} values`);
  if (columns !== null && columns.length > 1 && new Set(columns).size < columns.length)
    throw badSplit('two columns have the same name');
  return tableOfLists(rows as unknown[][], columns ?? places(width));
}

const badSplit = (what: string) =>
  badInput(
    `Provided dataframe_split field is not a valid dataframe representation in 'split' format. Error: '${what}'`,
  );

/** Values in the longest row; undefined where the rows are no lists. */
function widthOf(rows: readonly unknown[]): number | undefined {
  let width = 0;
  for (const row of rows) {
    if (!Array.isArray(row)) return undefined;
    if (row.length > width) width = row.length;
  }
  return width;
}

const places = (count: number): number[] => Array.from({ length: count }, (_, place) => place);

const tableOfLists = (rows: readonly (readonly unknown[])[], names: readonly (string | number)[]): Table => ({
  rows: rows.length,
  names,
  column(index) {
    const cells = new Array<unknown>(rows.length);
    for (let row = 0; row < rows.length; row += 1) cells[row] = rows[row]![index];
    return cells;
  },
});

function readRecords(data: Json): Table | Unusual {
  if (!Array.isArray(data)) {
    const got = isObject(data) ? 'dictionary' : `type <class '${pythonTypeOf(data)}'>`;
    throw badInput(`Dataframe records format must be a list of records. Got ${got}.`);
  }
  if (data.every(isObject)) return tableOfRecords(data);
  const width = widthOf(data);
  if (width !== undefined) return tableOfLists(data as unknown[][], places(width));
  return data.some((row) => typeof row === 'object' && row !== null) ? undefined : tableOfValues(data);
}

function tableOfRecords(records: readonly JsonObject[]): Table {
  const names = namesOf(records);
  return {
    rows: records.length,
    names,
    column(index) {
      const name = names[index]!;
      const cells = new Array<unknown>(records.length);
      for (let row = 0; row < records.length; row += 1) cells[row] = ownValue(records[row]!, name);
      return cells;
    },
  };
}

/** All names that occur, in the order in which they do. */
function namesOf(records: readonly JsonObject[]): readonly string[] {
  const first = records[0];
  if (first === undefined) return [];
  if (records.length === 1) return Object.keys(first);
  const names = new Set<string>();
  for (const record of records) for (const name in record) names.add(name);
  return [...names];
}

/** Parsed JSON inherits from Object, whose names a column may have. */
function ownValue(record: JsonObject, name: string): unknown {
  const value = record[name];
  if (value === undefined || typeof value === 'function' || value === Object.prototype) return undefined;
  return value;
}

const tableOfValues = (values: readonly unknown[], name: string | number = 0): Table => ({
  rows: values.length,
  names: [name],
  column: () => [...values],
});

function readInputs(form: 'inputs' | 'instances', data: Json, rules: FormRules): Table | Unusual {
  if (Array.isArray(data)) {
    if (data.length > 0 && data.every(isObject))
      return form === 'instances' ? tableOfEqualRecords(data, rules) : tableOfRecords(data);
    if (rules.onlyName !== undefined && !data.some(isObject)) return tableOfValues(data, rules.onlyName);
    const width = widthOf(data);
    if (width !== undefined) return tableOfLists(data as unknown[][], places(width));
    return data.some((row) => typeof row === 'object' && row !== null) ? undefined : tableOfValues(data);
  }
  if (isObject(data)) return tableOfColumns(form, data, rules);
  return tableOfValues([data]);
}

/** To `instances` a record without a required column is one that is too short. */
function tableOfEqualRecords(records: readonly JsonObject[], { required }: FormRules): Table {
  const table = tableOfRecords(records);
  for (const name of required) {
    if (!table.names.includes(name)) continue;
    if (records.some((record) => ownValue(record, name) === undefined)) throw unequalLengths();
  }
  return table;
}

const unequalLengths = () => badInput('The length of values for each input/column name are not the same');

function tableOfColumns(form: 'inputs' | 'instances', data: JsonObject, rules: FormRules): Table | Unusual {
  const names = Object.keys(data);
  let rows: number | undefined;
  for (const name of names) {
    const values = data[name];
    if (!Array.isArray(values)) continue;
    rows ??= values.length;
    if (values.length === rows) continue;
    if (form === 'instances') throw unequalLengths();
    throw schemaFailed(
      rules.schema,
      'This model contains a column-based signature, which suggests a DataFrame input. There was an error casting ' +
        'the input data to a DataFrame: All arrays must be of the same length',
    );
  }
  const count = rows ?? 1;
  return {
    rows: count,
    names,
    column(index) {
      const values = data[names[index]!];
      // One value beside lists stands in every row.
      return Array.isArray(values) ? [...values] : new Array<unknown>(count).fill(values);
    },
  };
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNames = (value: Json): value is (string | number)[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' || typeof name === 'number');

const listOrType = (value: Json): string =>
  Array.isArray(value) ? 'list' : `type <class '${pythonTypeOf(value)}'>`;
