import type { ReadyColumn, ReadyRows } from './batch-bytes.ts';
import type { InputDomain, Signature } from './columns.ts';

const MAX_FLOAT32 = 3.4028234663852886e38;

/** Whether rows hold something that the original model was seen to refuse. */
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
    return isFloat(type) && valuesOf(column).some((value) => refuses(domain, value as number));
  });
}

const isFloat = (type: string | undefined): boolean =>
  type === 'double' || type === 'float' || type === 'float64' || type === 'float32';

const valuesOf = (column: ReadyColumn): readonly unknown[] =>
  'elements' in column ? column.elements : column;

function refuses(domain: InputDomain, value: number): boolean {
  if (value <= MAX_FLOAT32 && value >= -MAX_FLOAT32) return false;
  if (Number.isNaN(value)) return domain.refusesNan;
  if (value === Number.POSITIVE_INFINITY) return domain.refusesPositiveInfinity;
  return value === Number.NEGATIVE_INFINITY ? domain.refusesNegativeInfinity : domain.refusesBeyondFloat32;
}
