import { expect, it } from 'vitest';
import { renderFigure } from './figures.ts';

it.each([
  [0.935, '0.9350'],
  [0.9367, '0.9367'],
  [0.22, '0.2200'],
  [-0.0017, '−0.001700'],
  [1, '1.000'],
  [0, '0.000'],
  [12, '12.00'],
  [999.9, '999.9'],
  [1e-7, '1.000e−7'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '−∞'],
])('shows %d as %s among fractions', (value, shown) => {
  expect(renderFigure(value, true)).toBe(shown);
});

it('leaves whole numbers whole among themselves, and large ones without a fraction', () => {
  expect([0, 1, 12, 1234].map((value) => renderFigure(value, false))).toEqual(['0', '1', '12', '1,234']);
  expect(renderFigure(1234, true)).toBe('1,234');
});
