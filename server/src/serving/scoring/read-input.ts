import { isUtf8 } from 'node:buffer';
import { AppError } from '../../kernel/errors.ts';
import type { Json } from '../../kernel/json-text.ts';
import type { ReadyColumn, ReadyRows } from './batch-bytes.ts';
import type { ContentKind, InputDomain, Signature, SignatureInput } from './columns.ts';
import { readCsv } from './csv.ts';
import { enforceColumn } from './enforce.ts';
import { outsideDomain } from './input-domain.ts';
import { type FormRules, readForm, readTable, type Table } from './input-forms.ts';
import { type ParsedBody, parseBody, parseExactly } from './input-json.ts';
import { defaultParams, type ReadyParams, readParams } from './params.ts';
import { asCsvError, badInput, nameList, schemaFailed, strictRefuses } from './scoring-errors.ts';
import { showSignature } from './signature.ts';
import { readTensors } from './tensor-forms.ts';

/** A request as far as it is understood before the model has it. */
export type ReadInput = ColumnsInput | ProgramInput;

export interface ColumnsInput {
  readonly kind: 'columns';
  readonly rows: ReadyRows;
  readonly params: string;
  /** Whether the params are those of a request that sends none. */
  readonly hasDefaultParams: boolean;
  /** Requests with equal keys may share a batch; undefined where this one must be alone. */
  readonly joinKey: string | undefined;
  readonly ignored: string | undefined;
  /** Only the original model is asked it. */
  readonly isOutsideDomain: boolean;
}

/** For the model's own program, as it came: only its libraries know what to make of it. */
export interface ProgramInput {
  readonly kind: 'program';
  readonly ignored: undefined;
}

export interface InputRules {
  readonly signature: Signature | undefined;
  readonly strict: boolean;
  readonly domain: InputDomain | undefined;
}

export type ReadInputFunction = (content: ContentKind, body: Buffer) => ReadInput;

const PROGRAM: ProgramInput = { kind: 'program', ignored: undefined };

/**
 * A reader of requests to one model. It reads a body once, into the columns of the signature, and judges every value.
 * @returns a function that throws AppError InvalidArgument with MLflow's words for what is refused
 */
export function createInputReader({ signature, strict, domain }: InputRules): ReadInputFunction {
  if (signature === undefined || signature.path === 'raw') return readUnparsed;
  const model = describeModel(signature);
  const defaults = defaultParams(signature.params);

  function readValue(parsed: ParsedBody): ReadInput | 'inexact' {
    refuseStreaming(parsed.value);
    const { form, data, params } = readForm(parsed.value);
    if (form === 'whole') return readWhole(data as object);
    const how = { exact: parsed.exact, strict };
    const read = model.isTensors
      ? readTensors(form, data, { ...how, signature: signature!, rules: model.rules })
      : readColumns(readTable(form, data, model.rules), model, how);
    if (read === 'inexact') return read;
    const ready = params === null ? defaults : readReadyParams(params, parsed);
    if (ready === 'inexact' || read === 'program') return ready === 'inexact' ? ready : PROGRAM;
    return finish(read, ready);
  }

  /** The input of a language model: to a model of columns it is a row of them. */
  function readWhole(data: object): ProgramInput {
    const keys = Object.keys(data);
    if (model.rules.required.every((name) => keys.includes(name)) && model.rules.required.length > 0)
      return PROGRAM;
    throw missing(
      model,
      signature!.inputs.map(({ name }) => keys.indexOf(name ?? '')),
      keys,
    );
  }

  function readReadyParams(params: Json, parsed: ParsedBody): ReadyParams | 'inexact' {
    if (!parsed.exact && hasLongNumber(params)) return 'inexact';
    return readParams(params, signature!.params, strict);
  }

  function readText(body: Buffer): ReadInput {
    if (model.isTensors || model.hasBinary) return PROGRAM;
    if (!isUtf8(body)) throw badInput('Ensure that input is a valid UTF-8 encoded string.');
    // All values are texts there: nobody could send numbers.
    const table = readCsv(body.toString('utf8'));
    let read: ReturnType<typeof readColumns>;
    try {
      read = readColumns(table, model, { exact: true, strict: false });
    } catch (error) {
      throw asCsvError(error);
    }
    return read === 'program' || read === 'inexact' ? PROGRAM : finish(read, defaults);
  }

  function finish({ rows, ignored, joinKey }: ReadRows, params: ReadyParams): ColumnsInput {
    if (strict && ignored.length > 0)
      throw strictRefuses(`the model takes no columns ${ignored.map((name) => `'${name}'`).join(', ')}.`);
    return {
      kind: 'columns',
      rows,
      params: params.text,
      hasDefaultParams: params.text === defaults.text,
      joinKey: joinKey === undefined ? undefined : joinKey + params.text,
      ignored: tellIgnored(ignored, params.ignored),
      isOutsideDomain: domain !== undefined && outsideDomain(domain, signature!, rows),
    };
  }

  return (content, body) => {
    if (content === 'parquet') return PROGRAM;
    if (content === 'csv') return readText(body);
    const read = readValue(parseBody(body));
    if (read !== 'inexact') return read;
    const again = readValue(parseExactly(body));
    if (again === 'inexact') throw badInput('Ensure that input is a valid JSON formatted string.');
    return again;
  };
}

/** Only for what is answered here is a body parsed that is the program's own. */
function readUnparsed(content: ContentKind, body: Buffer): ProgramInput {
  if (content === 'json' && body.includes('"stream"')) refuseStreaming(parseBody(body).value);
  return PROGRAM;
}

function refuseStreaming(value: Json): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && value.stream === true)
    throw new AppError('NotSupported', 'Answers are not streamed yet: send the request without `stream`.');
}

/** What is read again and again of a signature. */
interface Model {
  readonly signature: Signature;
  readonly rules: FormRules;
  readonly isTensors: boolean;
  readonly hasBinary: boolean;
  readonly indexOf: ReadonlyMap<string | number, number>;
}

function describeModel(signature: Signature): Model {
  const { inputs, named } = signature;
  const names = inputs.map(({ name }, index) => (named ? (name ?? '') : index));
  return {
    signature,
    rules: {
      schema: showSignature(signature),
      onlyName: named && inputs.length === 1 ? inputs[0]!.name : undefined,
      required: named ? inputs.filter(({ required }) => required).map(({ name }) => name ?? '') : [],
    },
    isTensors: inputs[0]?.kind === 'tensor',
    hasBinary: inputs.some((input) => input.kind === 'column' && input.type === 'binary'),
    indexOf: new Map(names.map((name, index) => [name, index])),
  };
}

export interface ReadRows {
  readonly rows: ReadyRows;
  readonly ignored: readonly (string | number)[];
  readonly joinKey: string | undefined;
}

interface How {
  readonly exact: boolean;
  readonly strict: boolean;
}

function readColumns(table: Table | undefined, model: Model, how: How): ReadRows | 'inexact' | 'program' {
  if (table === undefined) return 'program';
  const { inputs } = model.signature;
  const sent = placesOf(table.names, model);
  const columns = new Array<ReadyColumn | undefined>(inputs.length);
  let verdict: 'done' | 'program' = 'done';
  for (let index = 0; index < inputs.length; index += 1) {
    const place = sent.places[index]!;
    if (place < 0) continue;
    const cells = table.column(place);
    const enforced = enforceColumn(cells, inputs[index] as ColumnOf, { ...how, perRow: 1 });
    if (enforced === 'inexact') return enforced;
    if (enforced === 'program') verdict = enforced;
    columns[index] = cells;
  }
  if (sent.absent > 0) refuseMissing(model, sent, table);
  if (verdict === 'program') return verdict;
  return {
    rows: { rows: table.rows, columns },
    ignored: sent.extra,
    // A request without rows is one that many models refuse; among others it would be answered.
    joinKey: table.rows === 0 ? undefined : sent.absent === 0 ? '' : absentKey(columns),
  };
}

type ColumnOf = Extract<SignatureInput, { kind: 'column' }>;

interface SentColumns {
  /** By input of the signature: where it stands in the table; −1 where it does not. */
  readonly places: readonly number[];
  readonly absent: number;
  readonly extra: readonly (string | number)[];
}

function placesOf(names: readonly (string | number)[], { signature, indexOf }: Model): SentColumns {
  const { inputs, named } = signature;
  if (!named) return placesByCount(names, inputs.length);
  const places = new Array<number>(inputs.length).fill(-1);
  let absent = inputs.length;
  let extra: (string | number)[] | undefined;
  for (let place = 0; place < names.length; place += 1) {
    const name = names[place]!;
    // Most callers send the columns in the order of the signature.
    const index = place < inputs.length && inputs[place]!.name === name ? place : indexOf.get(name);
    if (index === undefined) {
      extra ??= [];
      extra.push(name);
    } else {
      places[index] = place;
      absent -= 1;
    }
  }
  return { places, absent, extra: extra ?? NOTHING };
}

const NOTHING: readonly never[] = [];

/** Without names the first columns are meant, in their order. */
function placesByCount(names: readonly (string | number)[], wanted: number): SentColumns {
  const places = Array.from({ length: wanted }, (_, index) => (index < names.length ? index : -1));
  return { places, absent: Math.max(0, wanted - names.length), extra: names.slice(wanted) };
}

function refuseMissing(model: Model, { places, extra }: SentColumns, { names }: Table): void {
  const { inputs, named } = model.signature;
  if (!named) {
    throw schemaFailed(
      model.rules.schema,
      `Model inference is missing inputs. The model signature declares ${inputs.length} inputs  but the provided ` +
        `value only has ${names.length} inputs. Note: the inputs were not named in the signature so we can only ` +
        'verify their count.',
    );
  }
  if (inputs.some(({ required }, index) => required && places[index]! < 0))
    throw missing(model, places, extra);
}

function missing(model: Model, places: readonly number[], extra: readonly (string | number)[]) {
  const lacking = model.signature.inputs
    .filter(({ required }, index) => required && (places[index] ?? -1) < 0)
    .map(({ name }) => name ?? '');
  const also = extra.length === 0 ? '' : ` Note that there were extra inputs: ${nameList(extra)}.`;
  return schemaFailed(model.rules.schema, `Model is missing inputs ${nameList(lacking)}.${also}`);
}

const absentKey = (columns: readonly unknown[]): string =>
  `-${columns.map((column, index) => (column === undefined ? index : '')).join(',')}|`;

/** Whether a number may have lost digits in the quick parser. */
const hasLongNumber = (value: Json | undefined): boolean =>
  typeof value === 'number'
    ? Math.abs(value) > Number.MAX_SAFE_INTEGER
    : typeof value === 'object' && value !== null && Object.values(value).some(hasLongNumber);

/** For a header: names are escaped as in addresses, and there is an end to them. */
function tellIgnored(columns: readonly (string | number)[], params: readonly string[]): string | undefined {
  if (columns.length === 0 && params.length === 0) return undefined;
  const list = (names: readonly (string | number)[]) => {
    const shown = names
      .slice(0, 20)
      .map((name) => encodeURIComponent(String(name).toWellFormed().slice(0, 60)));
    return [...shown, ...(names.length > 20 ? ['...'] : [])].join(',');
  };
  const parts: string[] = [];
  if (columns.length > 0) parts.push(`columns=${list(columns)}`);
  if (params.length > 0) parts.push(`params=${list(params)}`);
  return parts.join('; ');
}
