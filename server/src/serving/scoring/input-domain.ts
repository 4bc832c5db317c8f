import type { ReadyColumn, ReadyRows } from './batch-bytes.ts';
import type { InputDomain, Signature } from './columns.ts';

/** Whether rows hold something that only the original model is asked. */
export function outsideDomain(
  domain: InputDomain,
  signature: Signature,
  { rows, columns }: ReadyRows,
): boolean {
  if (rows === 0) return domain.refusesNoRows;
  return columns.some((column, index) => {
    if (column === undefined) return false;
    const input = signature.inputs[index]!;
    const type = input.kind === 'column' ? input.type : input.kind === 'tensor' ? input.element : undefined;
    if (type === 'string') return domain.refusesNullText && (column as readonly unknown[]).includes(null);
    if (type === 'long' || type === 'int64') return valuesOf(column).some(isLong);
    return isFloat(type) && valuesOf(column).some((value) => refuses(domain, value as number));
  });
}

const isFloat = (type: string | undefined): boolean =>
  type === 'double' || type === 'float' || type === 'float64' || type === 'float32';

const valuesOf = (column: ReadyColumn): readonly unknown[] =>
  'elements' in column ? column.elements : column;

/** Whole numbers that a double does not hold: a matrix of doubles is what compiled models take. */
const isLong = (value: unknown): boolean => !Number.isSafeInteger(Number(value));

function refuses(domain: InputDomain, value: number): boolean {
  if (value <= domain.largest && value >= -domain.largest) return false;
  if (Number.isNaN(value)) return domain.refusesNan;
  if (value === Number.POSITIVE_INFINITY) return domain.refusesPositiveInfinity;
  return value === Number.NEGATIVE_INFINITY ? domain.refusesNegativeInfinity : true;
}
