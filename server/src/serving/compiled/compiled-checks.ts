import type { OnnxTensor } from '../onnx/onnx-messages.ts';
import type { OnnxSession } from '../onnx/onnx-threads.ts';
import { COMPILED_INPUT } from './compiled-input.ts';
import { type Evidence, readNumber } from './evidence.ts';

/**
 * Asks the runtime of this machine the rows that another one answered when the model was compiled.
 * @returns a sentence about the first that it answers otherwise; undefined where there is none
 */
export async function differenceHere(
  session: OnnxSession,
  output: string,
  { checks, kind, tolerance }: Evidence,
): Promise<string | undefined> {
  const width = checks[0]?.row.length ?? 0;
  if (width === 0) return 'there is nothing to check it by';
  const data = new Float64Array(checks.length * width);
  checks.forEach(({ row }, index) => {
    data.set(row, index * width);
  });
  const { outputs } = await session.run(0, {
    [COMPILED_INPUT]: { element: 'float64', shape: [checks.length, width], data },
  });
  const found = outputs[output];
  if (found === undefined || found.shape[0] !== checks.length) return 'it gives another number of rows here';
  const allowed = kind === 'decision' ? 0 : tolerance;
  const index = checks.findIndex(({ answer }, at) => !isAnswer(found, at, { answer, allowed }));
  if (index < 0) return undefined;
  return `the ONNX runtime of this server answers otherwise than the one it was compared with: for ${JSON.stringify(checks[index]!.row)}`;
}

function isAnswer(
  { data, shape }: OnnxTensor,
  row: number,
  { answer, allowed }: { readonly answer: unknown; readonly allowed: number },
): boolean {
  const width = data.length / shape[0]!;
  const wanted: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  return (
    wanted.length === width && wanted.every((value, i) => isNear(data[row * width + i]!, value, allowed))
  );
}

function isNear(found: number | bigint | string, wanted: unknown, allowed: number): boolean {
  if (typeof found === 'string') return found === wanted;
  const [a, b] = [Number(found), readNumber(wanted)];
  return Object.is(a, b) || a === b || Math.abs(a - b) <= allowed * Math.max(1, Math.abs(b));
}
