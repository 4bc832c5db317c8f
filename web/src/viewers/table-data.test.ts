import { expect, it } from 'vitest';
import { parseLenientJson } from './lenient-json.ts';
import { pictureInCell, readLoggedTable } from './logged-table.ts';
import { cellText, isNumeric, orderRows } from './table-data.ts';

const column = (...values: unknown[]) => ({ name: 'x', values });

it('orders numbers by size, also where they are text, and empty cells last', () => {
  expect([...orderRows(column('10', '9', '', '-1e3', null, 'nan'), false)]).toEqual([3, 1, 0, 2, 4, 5]);
  expect([...orderRows(column('10', '9', '', '-1e3'), true)]).toEqual([0, 1, 3, 2]);
});

it('orders words as people count, and keeps equal ones as they were', () => {
  expect([...orderRows(column('run 10', 'run 9', 'run 9'), false)]).toEqual([1, 2, 0]);
});

it('tells columns of numbers from others by their values', () => {
  expect(isNumeric(column('1', '2.5', ''))).toBe(true);
  expect(isNumeric(column('1', 'a'))).toBe(false);
  expect(isNumeric(column('', null))).toBe(false);
  expect(isNumeric(column(true, false))).toBe(false);
});

it('writes any value as text', () => {
  expect(cellText(null)).toBe('');
  expect(cellText(12345678901234567890n)).toBe('12345678901234567890');
  expect(cellText(new Date(Date.UTC(2026, 0, 1, 12)))).toBe('2026-01-01 12:00:00');
  expect(cellText({ a: [1n, new Uint8Array([1, 2])] })).toBe('{ "a": [ 1, [ 1, 2 ] ] }');
});

it('knows a logged table and the pictures in it', () => {
  const table = readLoggedTable(
    parseLenientJson(
      '{"columns": ["a", "b"], "data": [[1, {"type": "image", "filepath": "t/1.png"}], [NaN]]}',
    ),
  );
  expect(table?.rowCount).toBe(2);
  expect(pictureInCell(table?.columns[1]?.values[0])).toBe('t/1.png');
  expect(table?.columns[1]?.values[1]).toBeNull();
});

it.each(['{"columns": ["a"], "data": [1]}', '{"data": []}', '[]', '{"columns": [1], "data": []}'])(
  'takes %s for a document like others',
  (text) => {
    expect(readLoggedTable(parseLenientJson(text))).toBeUndefined();
  },
);
