import type { ReadyTensor } from './batch-bytes.ts';
import type { ColumnInput, ScalarType, TensorInput } from './columns.ts';
import { type Enforced, enforceColumn, type HowToEnforce } from './enforce.ts';
import { badInput, conversionFailed, schemaFailed } from './scoring-errors.ts';

export interface TensorRules extends Omit<HowToEnforce, 'perRow'> {
  /** The signature, for messages. */
  readonly schema: string;
}

/**
 * A tensor from nested lists: of the signature's shape, every element in the form of its type. Another answer than a
 * tensor is as `enforceColumn` has it.
 * @throws AppError InvalidArgument for lists of unequal lengths, another shape, or a value that would lose something
 */
export function readTensor(
  value: unknown,
  input: TensorInput,
  rules: TensorRules,
): ReadyTensor | Exclude<Enforced, 'done'> {
  const shape = shapeOf(value);
  const elements: unknown[] = [];
  if (!flatten(value, { shape, depth: 0, elements })) {
    throw badInput(
      'setting an array element with a sequence. The requested array has an inhomogeneous shape after ' +
        `${shape.length} dimensions.`,
    );
  }
  if (!matches(shape, input.shape)) {
    throw schemaFailed(
      rules.schema,
      `Shape of input (${tuple(shape)}) does not match expected shape (${tuple(input.shape)}).`,
    );
  }
  const enforced = enforceElements(elements, { shape, input, rules });
  return enforced === 'done' ? { shape, elements: elements as (number | bigint)[] } : enforced;
}

/** Lengths along the first elements. */
function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let at = value; Array.isArray(at) && shape.length < 33; at = at[0]) shape.push(at.length);
  return shape;
}

/** Whether every list has the length that its depth asks. */
function flatten(
  value: unknown,
  at: { readonly shape: readonly number[]; readonly depth: number; readonly elements: unknown[] },
): boolean {
  const { shape, depth, elements } = at;
  if (depth === shape.length) {
    if (Array.isArray(value)) return false;
    elements.push(value);
    return true;
  }
  if (!Array.isArray(value) || value.length !== shape[depth]) return false;
  return value.every((inner) => flatten(inner, { shape, depth: depth + 1, elements }));
}

const matches = (shape: readonly number[], wanted: readonly number[]): boolean =>
  shape.length === wanted.length && wanted.every((length, i) => length === -1 || length === shape[i]);

const tuple = (shape: readonly number[]): string => (shape.length === 1 ? `${shape[0]},` : shape.join(', '));

/** As which type the elements are judged, and what narrower ones hold. */
const ELEMENTS: Readonly<
  Record<string, { readonly type: ScalarType; readonly range?: readonly [number, number] }>
> = {
  bool: { type: 'boolean' },
  float32: { type: 'float' },
  float64: { type: 'double' },
  int64: { type: 'long' },
  int32: { type: 'integer' },
  int16: { type: 'integer', range: [-32_768, 32_767] },
  int8: { type: 'integer', range: [-128, 127] },
  uint8: { type: 'integer', range: [0, 255] },
  uint16: { type: 'integer', range: [0, 65_535] },
  uint32: { type: 'long', range: [0, 4_294_967_295] },
};

function enforceElements(
  elements: unknown[],
  { shape, input, rules }: { shape: readonly number[]; input: TensorInput; rules: TensorRules },
): Enforced {
  const rule = ELEMENTS[input.element];
  if (rule === undefined) return 'program';
  const perRow = Math.max(1, elements.length / Math.max(1, shape[0] ?? 1));
  const column: ColumnInput = { ...input, kind: 'column', type: rule.type };
  const enforced = enforceColumn(elements, column, { ...rules, perRow });
  if (enforced !== 'done' || rule.range === undefined) return enforced;
  const [lowest, highest] = rule.range;
  for (let i = 0; i < elements.length; i += 1) {
    const value = elements[i] as number;
    if (value < lowest || value > highest)
      throw conversionFailed({ input, row: Math.floor(i / perRow), value }, `: ${value} does not fit.`);
  }
  return 'done';
}
