import { renderNumber } from '../../ui/numbers.ts';

const DIGITS = 4;

/**
 * A number of a column, with zeros to the fourth digit, so that figures stand under one another: `0.9350`, `1.000`.
 * @param hasFractions whether any number of the column has one; one of whole numbers shows `12`, not `12.00`.
 */
export function renderFigure(value: number, hasFractions: boolean): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || (Number.isInteger(value) && (!hasFractions || size >= 1000))) {
    return renderNumber(value);
  }
  if (size !== 0 && (size >= 1e7 || size < 1e-4))
    return minus(value.toExponential(DIGITS - 1).replace('+', ''));
  // Where four digits reach the point there is no fraction to fill.
  if (size >= 999.95) return renderNumber(value);
  return minus(value.toPrecision(DIGITS));
}

const minus = (text: string) => text.replaceAll('-', '−');
