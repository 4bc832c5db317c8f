import {
  BATCH_KINDS,
  CONTENT_TYPES,
  type ContentKind,
  type NumberColumn,
  type PackedBatch,
  type PackedColumn,
  type ScalarType,
  type Signature,
  type SignatureInput,
} from './columns.ts';
import { ELEMENT_TYPES } from './element-types.ts';
import {
  broken,
  COLUMN_HEAD_BYTES,
  PayloadReader,
  PayloadWriter,
  padded,
  readColumn,
  tensorHeadBytes,
  validityBytes,
} from './packed-columns.ts';

/** The rows of one request, ready to be packed: `enforceColumn` has brought every value into its form. */
export interface ReadyRows {
  readonly rows: number;
  /** By input of the signature; undefined where an optional one was left out. */
  readonly columns: readonly (ReadyColumn | undefined)[];
}
export type ReadyColumn = readonly unknown[] | ReadyTensor;

export interface ReadyTensor {
  readonly shape: readonly number[];
  /** In C order. */
  readonly elements: readonly (number | bigint)[];
}

const isTensor = (column: ReadyColumn): column is ReadyTensor => 'elements' in column;

const COLUMN_TYPES: Readonly<Record<ScalarType, NumberColumn['dtype'] | 'string' | 'binary'>> = {
  boolean: 'bool',
  integer: 'int32',
  long: 'int64',
  float: 'float32',
  double: 'float64',
  string: 'string',
  binary: 'binary',
  datetime: 'datetime',
};

/**
 * Packs the rows of requests one below the other. They must have left out the same columns, and tensors that agree in all
 * dimensions but the first.
 * @param params what all of them send
 */
export function packRows(signature: Signature, requests: readonly ReadyRows[], params: string): PackedBatch {
  let rows = 0;
  for (const request of requests) rows += request.rows;
  const plans: ColumnPlan[] = [];
  const paramsBytes = Buffer.byteLength(params);
  let size = 8 + 4 * requests.length + 4 + paramsBytes + 2;
  for (let index = 0; index < signature.inputs.length; index += 1) {
    const plan = planColumn(signature.inputs[index]!, requests, { index, rows });
    plans.push(plan);
    size += COLUMN_HEAD_BYTES;
    if (plan.dtype !== 'absent') size = padded(size + plan.validityBytes) + plan.dataBytes;
  }
  const writer = new PayloadWriter(size);
  const segments = writeHead(writer, 'columns', { rows, requests });
  writer.u32(paramsBytes);
  writer.text(params, paramsBytes);
  writer.u16(plans.length);
  const columns = plans.map((plan) => writeColumn(writer, plan));
  return { kind: 'columns', rows, segments, params, payload: writer.bytes, columns };
}

function writeHead(
  writer: PayloadWriter,
  kind: keyof typeof BATCH_KINDS,
  { rows, requests }: { readonly rows: number; readonly requests: readonly Pick<ReadyRows, 'rows'>[] },
): number[] {
  writer.u8(BATCH_KINDS[kind]);
  writer.u8(0);
  writer.u16(requests.length);
  writer.u32(rows);
  const segments = new Array<number>(requests.length);
  for (let i = 0; i < requests.length; i += 1) {
    segments[i] = requests[i]!.rows;
    writer.u32(segments[i]!);
  }
  return segments;
}

interface ColumnPlan {
  readonly dtype: PackedColumn['dtype'];
  readonly name: string | undefined;
  readonly rows: number;
  readonly parts: readonly ReadyColumn[];
  readonly validityBytes: number;
  readonly dataBytes: number;
  /** Of tensors. */
  readonly element: NumberColumn['dtype'] | undefined;
  readonly shape: readonly number[];
}

function planColumn(
  input: SignatureInput,
  requests: readonly ReadyRows[],
  { index, rows }: { readonly index: number; readonly rows: number },
): ColumnPlan {
  const { name } = input;
  const first = requests[0]!.columns[index];
  const none = { name, rows, parts: [], validityBytes: 0, dataBytes: 0, element: undefined, shape: [] };
  if (first === undefined) return { ...none, dtype: 'absent' };
  const parts = new Array<ReadyColumn>(requests.length);
  for (let i = 0; i < requests.length; i += 1) parts[i] = requests[i]!.columns[index]!;
  if (isTensor(first)) {
    const element = input.kind === 'tensor' ? input.element : 'float64';
    const shape = joinedShape(parts as readonly ReadyTensor[]);
    const count = shape.reduce((product, length) => product * length, 1);
    const dataBytes = tensorHeadBytes(shape.length) + count * ELEMENT_TYPES[element].bytes;
    return { ...none, dtype: 'tensor', parts, dataBytes, element, shape };
  }
  const dtype = input.kind === 'column' ? COLUMN_TYPES[input.type] : 'string';
  const mayBeNull = dtype === 'string' || dtype === 'datetime';
  const bitmap = mayBeNull && hasNull(parts as readonly (readonly unknown[])[]) ? validityBytes(rows) : 0;
  const dataBytes =
    dtype === 'string' || dtype === 'binary'
      ? 4 * (rows + 1) + textBytes(parts as readonly (readonly unknown[])[])
      : rows * ELEMENT_TYPES[dtype].bytes;
  return { dtype, name, rows, parts, validityBytes: bitmap, dataBytes, element: undefined, shape: [] };
}

/** Of one tensor any shape; of several the first dimensions are added. */
function joinedShape(parts: readonly ReadyTensor[]): readonly number[] {
  if (parts.length === 1) return parts[0]!.shape;
  let length = 0;
  for (const { shape } of parts) length += shape[0]!;
  return [length, ...parts[0]!.shape.slice(1)];
}

const hasNull = (parts: readonly (readonly unknown[])[]): boolean =>
  parts.some((cells) => cells.includes(null));

function textBytes(parts: readonly (readonly unknown[])[]): number {
  let bytes = 0;
  for (const cells of parts) for (const cell of cells) bytes += cellBytes(cell);
  return bytes;
}

const cellBytes = (cell: unknown): number =>
  typeof cell === 'string' ? Buffer.byteLength(cell) : cell === null ? 0 : (cell as Buffer).length;

function writeColumn(writer: PayloadWriter, plan: ColumnPlan): PackedColumn {
  const { dtype, name, rows, parts } = plan;
  writer.head(dtype, plan.validityBytes > 0, { data: plan.dataBytes });
  if (dtype === 'absent') return { dtype, name };
  const validity = plan.validityBytes === 0 ? undefined : writer.room(plan.validityBytes);
  writer.pad();
  if (dtype === 'tensor') return writeTensor(writer, plan);
  const lists = parts as readonly (readonly unknown[])[];
  if (validity !== undefined) fillValidity(validity, lists);
  if (dtype === 'string' || dtype === 'binary') {
    const { offsets, bytes } = writeTexts(writer, lists, { rows, dataBytes: plan.dataBytes });
    return { dtype, name, validity, offsets, bytes };
  }
  const values = writer.numbers(dtype, rows);
  let at = 0;
  for (const cells of lists) {
    fill(values, cells, at);
    at += cells.length;
  }
  return { dtype, name, validity, values };
}

function fill(values: NumberColumn['values'], cells: readonly unknown[], start: number): void {
  let at = start;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    // A bigint a value would be most of the cost: numbers are written as two halves.
    const halves = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    for (const cell of cells) {
      if (typeof cell === 'number') {
        halves[2 * at] = cell;
        halves[2 * at + 1] = Math.floor(cell / 4_294_967_296);
      } else values[at] = (cell as bigint | null) ?? 0n;
      at += 1;
    }
    return;
  }
  for (let i = 0; i < cells.length; i += 1) {
    values[at] = cells[i] as number;
    at += 1;
  }
}

function writeTensor(writer: PayloadWriter, { name, element, shape, parts }: ColumnPlan): PackedColumn {
  const dtype = element ?? 'float64';
  writer.tensorHead(dtype, shape);
  const values = writer.numbers(
    dtype,
    shape.reduce((product, length) => product * length, 1),
  );
  let at = 0;
  for (const { elements } of parts as readonly ReadyTensor[]) {
    fill(values, elements, at);
    at += elements.length;
  }
  return { dtype: 'tensor', name, shape, elements: { dtype, name: undefined, validity: undefined, values } };
}

function fillValidity(validity: Uint8Array, parts: readonly (readonly unknown[])[]): void {
  let row = 0;
  for (const cells of parts) {
    for (const cell of cells) {
      if (cell !== null) validity[row >> 3]! |= 1 << (row & 7);
      row += 1;
    }
  }
}

function writeTexts(
  writer: PayloadWriter,
  parts: readonly (readonly unknown[])[],
  { rows, dataBytes }: { readonly rows: number; readonly dataBytes: number },
) {
  const offsets = writer.u32s(rows + 1);
  const bytes = writer.room(dataBytes - offsets.byteLength);
  let row = 0;
  let at = 0;
  for (const cells of parts) {
    for (const cell of cells) {
      if (typeof cell === 'string') at += bytes.write(cell, at, 'utf8');
      else if (cell !== null) {
        bytes.set(cell as Buffer, at);
        at += (cell as Buffer).length;
      }
      row += 1;
      offsets[row] = at;
    }
  }
  return { offsets, bytes };
}

/** A body as it came, for the model's own program. Always alone: nobody knows its rows. */
export function packRaw(content: ContentKind, body: Uint8Array): PackedBatch {
  const writer = new PayloadWriter(8 + 4 + 4 + 8 + body.length);
  const segments = writeHead(writer, 'raw', { rows: 0, requests: [{ rows: 0 }] });
  writer.u32(0);
  writer.u8(CONTENT_TYPES[content]);
  writer.u8(0);
  writer.u16(0);
  writer.u32(body.length);
  writer.put(body);
  return { kind: 'raw', rows: 0, segments, params: '', payload: writer.bytes, columns: [] };
}

/**
 * A batch of columns as a program reads it. Columns have no names: they stand in the order of the signature.
 * @throws AppError Internal for another kind, or what the format does not allow
 */
export function readBatch(payload: Uint8Array<ArrayBuffer>): PackedBatch {
  const reader = new PayloadReader(payload);
  const kind = reader.u8();
  reader.u8();
  const count = reader.u16();
  const rows = reader.u32();
  const segments = Array.from({ length: count }, () => reader.u32());
  const params = reader.text(reader.u32());
  if (kind !== BATCH_KINDS.columns) throw broken('has no columns');
  const columns = Array.from({ length: reader.u16() }, () => readColumn(reader, rows));
  return { kind: 'columns', rows, segments, params, payload, columns };
}
