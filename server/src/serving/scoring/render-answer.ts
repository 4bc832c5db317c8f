import { AppError } from '../../kernel/errors.ts';
import type { BytesColumn, NumberColumn, PackedAnswer, PackedColumn, TensorColumn } from './columns.ts';
import { bytesText, floatText, stringText, timeText } from './json-dumps.ts';
import { isPresent } from './packed-columns.ts';

/**
 * The bodies of the answers of a batch, one for each of its segments, as MLflow's server writes them; empty where a
 * segment failed.
 * @throws AppError Internal with the reason `answer-unusable`
 */
export function renderAnswers(answer: PackedAnswer): readonly string[] {
  if (answer.kind === 'json')
    return answer.wholeBodies ? answer.texts : answer.texts.map((text) => `{"predictions": ${text}}`);
  const bodies = new Array<string>(answer.segments.length);
  const rowText = answer.kind === 'tensor' ? undefined : recordTexts(answer.columns);
  let row = 0;
  for (let i = 0; i < answer.segments.length; i += 1) {
    const end = row + answer.segments[i]!;
    const shown =
      answer.kind === 'tensor'
        ? tensorText(answer.tensor, answer.segments.length === 1 ? undefined : [row, end])
        : `[${listOf(rowText!, row, end)}]`;
    bodies[i] = `{"predictions": ${shown}}`;
    row = end;
  }
  return bodies;
}

/** Texts one after the other, as in a list. */
function listOf(text: (index: number) => string, start: number, end: number): string {
  if (start >= end) return '';
  let list = text(start);
  for (let i = start + 1; i < end; i += 1) list += `, ${text(i)}`;
  return list;
}

/** A row as an object with the names of the columns. */
function recordTexts(columns: readonly PackedColumn[]): (row: number) => string {
  const cells = columns.map(cellTexts);
  const names = columns.map(({ name }, index) => `${stringText(name ?? String(index))}: `);
  return (row) => {
    let text = '{';
    for (let i = 0; i < cells.length; i += 1) text += `${i === 0 ? '' : ', '}${names[i]}${cells[i]!(row)}`;
    return `${text}}`;
  };
}

function cellTexts(column: PackedColumn): (row: number) => string {
  if (column.dtype === 'absent') return () => 'null';
  if (column.dtype === 'tensor') return (row) => tensorText(column, row);
  const text = valueTexts(column, column.dtype === 'datetime' ? timeText : String);
  const { validity } = column;
  return validity === undefined ? text : (row) => (isPresent(validity, row) ? text(row) : 'null');
}

/** @param time how the nanoseconds of a time are written: arrays of times are arrays of numbers to Python */
function valueTexts(
  column: NumberColumn | BytesColumn,
  time: (nanoseconds: bigint) => string,
): (index: number) => string {
  if ('offsets' in column) {
    const { offsets, bytes, dtype } = column;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return dtype === 'string'
      ? (index) => stringText(buffer.toString('utf8', offsets[index], offsets[index + 1]))
      : (index) => bytesText(buffer.subarray(offsets[index], offsets[index + 1]));
  }
  const { values } = column;
  switch (column.dtype) {
    case 'bool':
      return (index) => (values[index] ? 'true' : 'false');
    case 'float32':
    case 'float64':
      return (index) => floatText(values[index] as number);
    case 'datetime':
      return (index) => time(values[index] as bigint);
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return (index) => String(values[index]);
  }
}

/** @param part rows of the first dimension, or one of them without its own brackets; all where undefined */
export function tensorText(
  tensor: TensorColumn,
  part: readonly [number, number] | number | undefined,
): string {
  const { shape, elements } = tensor;
  const text = valueTexts(elements, String);
  const [length = 1, ...inner] = shape;
  const stride = inner.reduce((product, size) => product * size, 1);
  if (typeof part === 'number') return nested(text, inner, part * stride);
  if (shape.length === 0) return text(0);
  const [start, end] = part ?? [0, length];
  if (end > length)
    throw new AppError('Internal', 'The model answered fewer rows than it was asked.', {
      reason: 'answer-unusable',
    });
  if (inner.length === 0) return `[${listOf(text, start, end)}]`;
  return `[${listOf((row) => nested(text, inner, row * stride), start, end)}]`;
}

function nested(text: (index: number) => string, shape: readonly number[], start: number): string {
  if (shape.length === 0) return text(start);
  const [length = 0, ...inner] = shape;
  if (inner.length === 0) return `[${listOf(text, start, start + length)}]`;
  const stride = inner.reduce((product, size) => product * size, 1);
  return `[${listOf((i) => nested(text, inner, start + i * stride), 0, length)}]`;
}
