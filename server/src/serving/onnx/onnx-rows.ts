import type { PackedBatch, PackedColumn, Signature, SignatureInput } from '../scoring/columns.ts';
import type { OnnxCall } from './onnx-lane.ts';
import type { OnnxTensor } from './onnx-messages.ts';
import type { OnnxSession } from './onnx-threads.ts';

const ROWS = 16;

/**
 * Whether a model answers each of some drawn rows by itself, to the last bit, as it does among the others; then rows of
 * several requests may be joined.
 */
export async function answersRowByRow(
  session: OnnxSession,
  call: OnnxCall,
  signature: Signature,
): Promise<boolean> {
  const rows = drawRows(signature);
  if (rows === undefined) return false;
  try {
    const together = await ask(session, call, batchOf(rows, 0, ROWS));
    for (let row = 0; row < ROWS; row += 1) {
      const alone = await ask(session, call, batchOf(rows, row, row + 1));
      if (!isRowOf(together, alone, row)) return false;
    }
    return true;
  } catch {
    // What it refuses proves nothing: then each request stays by itself.
    return false;
  }
}

async function ask(
  session: OnnxSession,
  call: OnnxCall,
  batch: PackedBatch,
): Promise<Readonly<Record<string, OnnxTensor>>> {
  const { outputs } = await session.run(0, call.feeds(batch)!);
  return outputs;
}

function isRowOf(
  together: Readonly<Record<string, OnnxTensor>>,
  alone: Readonly<Record<string, OnnxTensor>>,
  row: number,
): boolean {
  return Object.entries(alone).every(([name, { data, shape }]) => {
    const all = together[name]!;
    if (shape[0] !== 1 || all.shape[0] !== ROWS) return false;
    const width = data.length;
    for (let i = 0; i < width; i += 1) if (!Object.is(data[i], all.data[row * width + i])) return false;
    return true;
  });
}

/** Values by column, row after row. */
type Drawn = readonly {
  readonly input: SignatureInput;
  readonly shape: readonly number[];
  readonly values: Float64Array<ArrayBuffer>;
}[];

function drawRows({ inputs }: Signature): Drawn | undefined {
  let state = 7;
  // A generator of no great quality: the rows need only differ.
  const draw = () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647 - 0.5) * 20;
  };
  const drawn: { input: SignatureInput; shape: readonly number[]; values: Float64Array<ArrayBuffer> }[] = [];
  for (const input of inputs) {
    const shape = input.kind === 'tensor' ? input.shape.slice(1) : [];
    if (shape.includes(-1)) return undefined;
    const kind = input.kind === 'tensor' ? input.element : input.kind === 'column' ? input.type : '';
    const isFloat = /^(double|float)/.test(kind);
    const count = ROWS * shape.reduce((product, length) => product * length, 1);
    const make = isFloat ? draw : () => Math.abs(Math.round(draw())) % 2;
    drawn.push({ input, shape, values: Float64Array.from({ length: count }, make) });
  }
  return drawn;
}

function batchOf(drawn: Drawn, from: number, to: number): PackedBatch {
  const rows = to - from;
  const columns = drawn.map(({ input: { kind, name }, shape, values }): PackedColumn => {
    const width = values.length / ROWS;
    const numbers = {
      dtype: 'float64',
      validity: undefined,
      values: values.slice(from * width, to * width),
    } as const;
    return kind === 'tensor'
      ? { dtype: 'tensor', name, shape: [rows, ...shape], elements: { ...numbers, name: undefined } }
      : { ...numbers, name };
  });
  return { kind: 'columns', rows, segments: [rows], params: '', payload: new Uint8Array(0), columns };
}
