/** Batches and answers of the scoring worker, as far as the suite needs them; `serving/scoring/columns.ts` has all. */
export type FixtureColumn =
  | { readonly doubles: readonly number[] }
  | { readonly longs: readonly bigint[] }
  | { readonly texts: readonly string[] };

export function packBatch(
  columns: readonly FixtureColumn[],
  segments: readonly number[],
  params = '',
): Uint8Array {
  const rows = segments.reduce((sum, count) => sum + count, 0);
  const parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  const head = Buffer.alloc(8 + 4 * segments.length + 4);
  head[0] = 1;
  head.writeUInt16LE(segments.length, 2);
  head.writeUInt32LE(rows, 4);
  for (const [place, count] of segments.entries()) head.writeUInt32LE(count, 8 + 4 * place);
  head.writeUInt32LE(Buffer.byteLength(params), 8 + 4 * segments.length);
  add(head);
  add(Buffer.from(params));
  const count = Buffer.alloc(2);
  count.writeUInt16LE(columns.length);
  add(count);
  for (const column of columns) {
    const [dtype, data] = dataOf(column);
    const columnHead = Buffer.alloc(8);
    columnHead[0] = dtype;
    columnHead.writeUInt32LE(data.length, 4);
    add(columnHead);
    add(Buffer.alloc((8 - (length % 8)) % 8));
    add(data);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function dataOf(column: FixtureColumn): [dtype: number, data: Buffer] {
  if ('doubles' in column) return [5, Buffer.from(Float64Array.from(column.doubles).buffer)];
  if ('longs' in column) return [3, Buffer.from(BigInt64Array.from(column.longs).buffer)];
  const texts = column.texts.map((text) => Buffer.from(text));
  let end = 0;
  const offsets = Uint32Array.from([0, ...texts.map((text) => (end += text.length))]);
  return [6, Buffer.concat([Buffer.from(offsets.buffer), ...texts])];
}

export function packBodies(bodies: readonly string[]): Uint8Array {
  const head = Buffer.alloc(8 + 4 * bodies.length + 4);
  head[0] = 2;
  head.writeUInt16LE(bodies.length, 2);
  const parts = bodies.map((body) => {
    const part = Buffer.alloc(8 + Buffer.byteLength(body));
    part[0] = 1;
    part.writeUInt32LE(Buffer.byteLength(body), 4);
    part.write(body, 8);
    return part;
  });
  return new Uint8Array(Buffer.concat([head, ...parts]));
}

export interface FixtureAnswer {
  readonly kind: 'tensor' | 'texts';
  readonly flags: number;
  readonly segments: readonly number[];
  /** Elements of the tensor. */
  readonly values: readonly (number | bigint)[];
  readonly shape: readonly number[];
  readonly texts: readonly string[];
  /** What failed, by the place of its request. */
  readonly failures: ReadonlyMap<number, Record<string, unknown>>;
}

/** @param requests how many the batch had */
export function unpackAnswer(payload: Uint8Array, requests: number): FixtureAnswer {
  const view = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const flags = view[1]!;
  const segments = Array.from({ length: requests }, (_, place) => view.readUInt32LE(8 + 4 * place));
  let at = 8 + 4 * requests;
  if (view[0] === 2) {
    at = (at + 8 + 7) & ~7;
    const element = view[at]!;
    const shape = Array.from({ length: view[at + 1]! }, (_, place) => view.readUInt32LE(at + 4 + 4 * place));
    at = (at + 4 + 4 * shape.length + 7) & ~7;
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, (_, place) =>
      element === 3 ? view.readBigInt64LE(at + 8 * place) : view.readDoubleLE(at + 8 * place),
    );
    return { kind: 'tensor', flags, segments, values, shape, texts: [], failures: new Map() };
  }
  if (view[0] !== 3) throw new Error(`an answer of kind ${view[0]}`);
  const take = () => {
    const length = view.readUInt32LE(at);
    at += 4 + length;
    return view.toString('utf8', at - length, at);
  };
  const texts = segments.map(take);
  const failures = new Map<number, Record<string, unknown>>();
  if ((flags & 2) !== 0) {
    const count = view.readUInt32LE(at);
    at += 4;
    for (let failure = 0; failure < count; failure += 1) {
      const place = view.readUInt32LE(at);
      at += 4;
      failures.set(place, JSON.parse(take()) as Record<string, unknown>);
    }
  }
  return { kind: 'texts', flags, segments, values: [], shape: [], texts, failures };
}
