import type { NumberColumn, PackedBatch, PackedColumn } from '../scoring/columns.ts';
import type { OnnxData, OnnxTensor } from './onnx-messages.ts';
import type { OnnxElement } from './onnx-model.ts';

type NumberElement = Exclude<OnnxElement, 'string'>;

const MAKERS: Readonly<Record<NumberElement, (length: number) => Exclude<OnnxData, readonly string[]>>> = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  int32: (length) => new Int32Array(length),
  int64: (length) => new BigInt64Array(length),
  bool: (length) => new Uint8Array(length),
};

/**
 * Columns of numbers side by side, [rows, columns]; undefined where one of them is absent, or holds no numbers.
 * Numbers become those of the element's type as NumPy would cast them; the caller sees to it that they fit.
 */
export function matrixOf({ columns, rows }: PackedBatch, element: NumberElement): OnnxTensor | undefined {
  const width = columns.length;
  const data = MAKERS[element](rows * width);
  for (let index = 0; index < width; index += 1) {
    const column = columns[index]!;
    if (!isOfNumbers(column)) return undefined;
    write(data, column.values, { from: index, step: width });
  }
  return { element, shape: [rows, width], data };
}

/** One column by itself, [rows]. */
export function vectorOf(column: PackedColumn, element: NumberElement): OnnxTensor | undefined {
  if (!isOfNumbers(column)) return undefined;
  const data = MAKERS[element](column.values.length);
  write(data, column.values, { from: 0, step: 1 });
  return { element, shape: [column.values.length], data };
}

/** A tensor in its own shape. */
export function tensorOf(column: PackedColumn, element: NumberElement): OnnxTensor | undefined {
  if (column.dtype !== 'tensor' || !isOfNumbers(column.elements)) return undefined;
  const { values } = column.elements;
  const data = MAKERS[element](values.length);
  write(data, values, { from: 0, step: 1 });
  return { element, shape: column.shape, data };
}

const isOfNumbers = (column: PackedColumn): column is NumberColumn =>
  column.dtype !== 'datetime' && 'values' in column;

function write(
  data: Exclude<OnnxData, readonly string[]>,
  values: NumberColumn['values'],
  { from, step }: { readonly from: number; readonly step: number },
): void {
  let at = from;
  const wants = data instanceof BigInt64Array;
  const has = values instanceof BigInt64Array || values instanceof BigUint64Array;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    data[at] = (wants === has ? value : wants ? BigInt(value) : Number(value)) as never;
    at += step;
  }
}
