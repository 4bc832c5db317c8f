import {
  ANSWER_FLAGS,
  ANSWER_KINDS,
  type PackedAnswer,
  type PackedColumn,
  type PackedTable,
  type PackedTensor,
  type SegmentFailure,
} from './columns.ts';
import {
  broken,
  COLUMN_HEAD_BYTES,
  dataBytesOf,
  PayloadReader,
  PayloadWriter,
  padded,
  readColumn,
  validityBytes,
} from './packed-columns.ts';
import { reasonOf } from './scoring-errors.ts';

/**
 * An answer as a program packed it. Programs run foreign code: nothing they say is believed before it is measured.
 * @param asked segments of the batch
 * @throws AppError Internal with the reason `answer-unusable`
 */
export function readAnswer(
  payload: Uint8Array,
  { asked, modelMicros }: { readonly asked: number; readonly modelMicros: number },
): PackedAnswer {
  const reader = new PayloadReader(payload);
  const kind = reader.u8();
  const flags = reader.u8();
  const ranOneByOne = (flags & ANSWER_FLAGS.runOneByOne) !== 0;
  const count = reader.u16();
  const rows = reader.u32();
  const segments = new Array<number>(asked);
  let sum = 0;
  for (let i = 0; i < asked; i += 1) {
    segments[i] = reader.u32();
    sum += segments[i]!;
  }
  const head = { rows, segments, ranOneByOne, modelMicros };
  if (kind === ANSWER_KINDS.json) {
    const texts = segments.map(() => reader.text(reader.u32()));
    const failures = (flags & ANSWER_FLAGS.someFailed) === 0 ? NO_FAILURES : readFailures(reader, asked);
    return { ...head, kind: 'json', texts, failures, wholeBodies: (flags & ANSWER_FLAGS.wholeBodies) !== 0 };
  }
  if (sum !== rows) throw broken('has segments that are not all of its rows');
  if (kind === ANSWER_KINDS.columns) {
    const columns = Array.from({ length: count }, () => readColumn(reader, rows));
    return { ...head, kind: 'columns', columns };
  }
  if (kind !== ANSWER_KINDS.tensor) throw broken('is of an unknown kind');
  const tensor = readColumn(reader, rows);
  if (tensor.dtype !== 'tensor') throw broken('says tensor, and has none');
  if (asked > 1 && tensor.shape[0] !== rows) throw broken('has a tensor of another length than it says');
  return { ...head, kind: 'tensor', tensor };
}

const NO_FAILURES: ReadonlyMap<number, SegmentFailure> = new Map();

function readFailures(reader: PayloadReader, asked: number): ReadonlyMap<number, SegmentFailure> {
  const failures = new Map<number, SegmentFailure>();
  const count = reader.u32();
  if (count > asked) throw broken('has more failures than requests');
  for (let i = 0; i < count; i += 1) {
    const place = reader.u32();
    failures.set(place, readFailure(reader.text(reader.u32())));
  }
  return failures;
}

function readFailure(text: string): SegmentFailure {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    throw broken('tells of a failure without JSON');
  }
  const { at, message, error } = (told ?? {}) as Record<string, unknown>;
  return {
    at: at === 'input' || at === 'output' || at === 'limit' ? at : 'model',
    message: typeof message === 'string' ? message : '',
    reason: reasonOf(error),
  };
}

/** The same the other way, for programs of this language. */
export function packAnswer(answer: PackedTable | PackedTensor): Uint8Array<ArrayBuffer> {
  const columns: readonly PackedColumn[] = answer.kind === 'columns' ? answer.columns : [answer.tensor];
  const names = columns.map(({ name }) => Buffer.from(name ?? ''));
  let size = 8 + 4 * answer.segments.length;
  columns.forEach((column, index) => {
    size += COLUMN_HEAD_BYTES + names[index]!.length;
    if (column.dtype === 'absent') return;
    const validity = column.dtype !== 'tensor' && column.validity !== undefined;
    size = padded(size + (validity ? validityBytes(answer.rows) : 0)) + dataBytesOf(column);
  });
  const writer = new PayloadWriter(size);
  writer.u8(ANSWER_KINDS[answer.kind]);
  writer.u8(answer.ranOneByOne ? ANSWER_FLAGS.runOneByOne : 0);
  writer.u16(columns.length);
  writer.u32(answer.rows);
  for (const rows of answer.segments) writer.u32(rows);
  columns.forEach((column, index) => {
    writeWhole(writer, column, names[index]!);
  });
  return writer.bytes;
}

function writeWhole(writer: PayloadWriter, column: PackedColumn, name: Uint8Array): void {
  const validity = column.dtype === 'absent' || column.dtype === 'tensor' ? undefined : column.validity;
  const data = column.dtype === 'absent' ? 0 : dataBytesOf(column);
  writer.head(column.dtype, validity !== undefined, { name: name.length, data });
  writer.put(name);
  if (column.dtype === 'absent') return;
  if (validity !== undefined) writer.put(validity);
  writer.pad();
  if (column.dtype === 'tensor') writer.tensorHead(column.elements.dtype, column.shape);
  const values = column.dtype === 'tensor' ? column.elements : column;
  if ('offsets' in values) {
    writer.put(bytesOf(values.offsets));
    writer.put(values.bytes);
  } else writer.put(bytesOf(values.values));
}

const bytesOf = (numbers: ArrayBufferView): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
