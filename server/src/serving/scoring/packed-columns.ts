import { AppError } from '../../kernel/errors.ts';
import {
  type BytesColumn,
  DTYPES,
  type NumberColumn,
  type Numbers,
  type PackedColumn,
  type TensorColumn,
} from './columns.ts';
import { dtypeOf, ELEMENT_TYPES } from './element-types.ts';

/** Of a column: dtype, whether it has nulls, bytes of the name, bytes of the data. */
export const COLUMN_HEAD_BYTES = 8;
/** A tensor's dtype, rank and zeros, before its dimensions. */
const TENSOR_HEAD_BYTES = 4;
const MAX_RANK = 32;

/** The next multiple of 8. */
export const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
export const validityBytes = (rows: number): number => (rows + 7) >> 3;

/** Whether a row has a value. @param validity as in a packed column; undefined where all have */
export const isPresent = (validity: Uint8Array | undefined, row: number): boolean =>
  validity === undefined || (validity[row >> 3]! & (1 << (row & 7))) !== 0;

/** Reads a payload from its beginning. @throws AppError Internal where it ends too early */
export class PayloadReader {
  readonly #bytes: Buffer;
  #at = 0;

  /** @param payload from a multiple of 8 bytes on in its buffer */
  constructor(payload: Uint8Array) {
    this.#bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    if (payload.byteOffset % 8 !== 0) throw broken('does not begin at a multiple of 8 bytes');
  }

  u8(): number {
    return this.#bytes[this.#step(1)]!;
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#step(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#step(4));
  }

  take(bytes: number): Buffer {
    const start = this.#step(bytes);
    return this.#bytes.subarray(start, start + bytes);
  }

  text(bytes: number): string {
    return this.take(bytes).toString('utf8');
  }

  pad(): void {
    this.#step(padded(this.#at) - this.#at);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  numbers(dtype: NumberColumn['dtype'], count: number): Numbers {
    const { bytes, make } = ELEMENT_TYPES[dtype];
    const start = this.#step(count * bytes);
    return make(this.#bytes.buffer as ArrayBuffer, this.#bytes.byteOffset + start, count);
  }

  u32s(count: number): Uint32Array {
    const start = this.#step(count * 4);
    return new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset + start, count);
  }

  #step(bytes: number): number {
    const start = this.#at;
    if (bytes > this.#bytes.length - start) throw broken('ends too early');
    this.#at = start + bytes;
    return start;
  }
}

/** A column with its head. @throws AppError Internal for what the format does not allow */
export function readColumn(reader: PayloadReader, rows: number): PackedColumn {
  const dtype = dtypeOf(reader.u8());
  const hasNulls = reader.u8() === 1;
  const nameBytes = reader.u16();
  const dataBytes = reader.u32();
  const name = nameBytes === 0 ? undefined : reader.text(nameBytes);
  if (dtype === undefined) throw broken('has a column of an unknown type');
  if (dtype === 'absent') return { dtype, name };
  const validity = hasNulls ? reader.take(validityBytes(rows)) : undefined;
  reader.pad();
  const left = reader.left;
  const column =
    dtype === 'tensor'
      ? readTensor(reader, { name, dataBytes })
      : readValues(reader, { dtype, name, validity, count: rows, dataBytes });
  if (left - reader.left !== dataBytes) throw broken('has a column of another length than it says');
  return column;
}

interface ValuesHead {
  readonly dtype: NumberColumn['dtype'] | 'string' | 'binary';
  readonly name: string | undefined;
  readonly validity: Uint8Array | undefined;
  readonly count: number;
  readonly dataBytes: number;
}

function readValues(
  reader: PayloadReader,
  { dtype, name, validity, count, dataBytes }: ValuesHead,
): NumberColumn | BytesColumn {
  if (dtype !== 'string' && dtype !== 'binary')
    return { dtype, name, validity, values: reader.numbers(dtype, count) };
  const offsets = reader.u32s(count + 1);
  const bytes = reader.take(Math.max(0, dataBytes - offsets.byteLength));
  for (let i = 0; i < count; i += 1)
    if (offsets[i]! > offsets[i + 1]!) throw broken('has texts that end before they begin');
  if (offsets[0] !== 0 || offsets[count]! > bytes.length) throw broken('has texts beyond their column');
  return { dtype, name, validity, offsets, bytes };
}

function readTensor(
  reader: PayloadReader,
  { name, dataBytes }: Pick<ValuesHead, 'name' | 'dataBytes'>,
): TensorColumn {
  const before = reader.left;
  const dtype = dtypeOf(reader.u8());
  const rank = reader.u8();
  reader.u16();
  if (dtype === undefined || dtype === 'absent' || dtype === 'tensor' || rank > MAX_RANK)
    throw broken('has a tensor of an unknown type');
  const shape = Array.from({ length: rank }, () => reader.u32());
  reader.pad();
  const count = shape.reduce((product, size) => product * size, 1);
  const rest = dataBytes - (before - reader.left);
  if (count > rest) throw broken('has a tensor of another length than it says');
  const elements = readValues(reader, {
    dtype,
    name: undefined,
    validity: undefined,
    count,
    dataBytes: rest,
  });
  return { dtype: 'tensor', name, shape, elements };
}

/** Bytes of a column's data, from its first aligned byte on. */
export function dataBytesOf(column: Exclude<PackedColumn, { dtype: 'absent' }>): number {
  if (column.dtype === 'tensor') return tensorHeadBytes(column.shape.length) + dataBytesOf(column.elements);
  return 'offsets' in column ? column.offsets.byteLength + column.bytes.length : column.values.byteLength;
}

/** Where a tensor's elements begin in its data. */
export const tensorHeadBytes = (rank: number): number => padded(TENSOR_HEAD_BYTES + 4 * rank);

/** Writes a payload from its beginning, into bytes that were counted before. */
export class PayloadWriter {
  readonly bytes: Buffer<ArrayBuffer>;
  #at = 0;

  constructor(size: number) {
    const buffer = new ArrayBuffer(size);
    this.bytes = Buffer.from(buffer);
  }

  get at(): number {
    return this.#at;
  }

  u8(value: number): void {
    this.bytes[this.#at] = value;
    this.#at += 1;
  }

  u16(value: number): void {
    this.bytes.writeUInt16LE(value, this.#at);
    this.#at += 2;
  }

  u32(value: number): void {
    this.bytes.writeUInt32LE(value, this.#at);
    this.#at += 4;
  }

  /** @param bytes of the text in UTF-8 */
  text(text: string, bytes: number): void {
    if (bytes > 0) this.bytes.write(text, this.#at, bytes, 'utf8');
    this.#at += bytes;
  }

  put(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  pad(): void {
    this.#at = padded(this.#at);
  }

  /** Room for these elements, to be filled. */
  numbers(dtype: NumberColumn['dtype'], count: number): Numbers {
    const { bytes, make } = ELEMENT_TYPES[dtype];
    const numbers = make(this.bytes.buffer, this.#at, count);
    this.#at += count * bytes;
    return numbers;
  }

  u32s(count: number): Uint32Array {
    const numbers = new Uint32Array(this.bytes.buffer, this.#at, count);
    this.#at += count * 4;
    return numbers;
  }

  /** Room for bytes, to be filled. */
  room(bytes: number): Buffer {
    const start = this.#at;
    this.#at += bytes;
    return this.bytes.subarray(start, start + bytes);
  }

  head(dtype: PackedColumn['dtype'], hasNulls: boolean, sizes: { name?: number; data: number }): void {
    this.u8(DTYPES[dtype]);
    this.u8(hasNulls ? 1 : 0);
    this.u16(sizes.name ?? 0);
    this.u32(sizes.data);
  }

  tensorHead(dtype: NumberColumn['dtype'] | 'string' | 'binary', shape: readonly number[]): void {
    this.u8(DTYPES[dtype]);
    this.u8(shape.length);
    this.u16(0);
    for (const size of shape) this.u32(size);
    this.pad();
  }
}

export const broken = (how: string): AppError =>
  new AppError('Internal', `A packed batch or answer ${how}.`, { reason: 'answer-unusable' });
