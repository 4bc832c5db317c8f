import { DTYPES, type DtypeName, type NumberColumn, type Numbers } from './columns.ts';

/** How elements of fixed width lie in memory. */
export interface ElementType {
  readonly name: NumberColumn['dtype'];
  readonly bytes: number;
  make(buffer: ArrayBuffer, byteOffset: number, length: number): Numbers;
}

const element = (
  name: NumberColumn['dtype'],
  Kind: {
    readonly BYTES_PER_ELEMENT: number;
    new (buffer: ArrayBuffer, byteOffset: number, length: number): Numbers;
  },
): ElementType => ({
  name,
  bytes: Kind.BYTES_PER_ELEMENT,
  make: (buffer, byteOffset, length) => new Kind(buffer, byteOffset, length),
});

export const ELEMENT_TYPES: Readonly<Record<NumberColumn['dtype'], ElementType>> = {
  bool: element('bool', Uint8Array),
  int8: element('int8', Int8Array),
  int16: element('int16', Int16Array),
  int32: element('int32', Int32Array),
  int64: element('int64', BigInt64Array),
  uint8: element('uint8', Uint8Array),
  uint16: element('uint16', Uint16Array),
  uint32: element('uint32', Uint32Array),
  uint64: element('uint64', BigUint64Array),
  float32: element('float32', Float32Array),
  float64: element('float64', Float64Array),
  datetime: element('datetime', BigInt64Array),
};

const NAMES = new Map<number, DtypeName>(
  Object.entries(DTYPES).map(([name, code]) => [code, name as DtypeName]),
);

/** Undefined for a code that means nothing. */
export const dtypeOf = (code: number): DtypeName | undefined => NAMES.get(code);
