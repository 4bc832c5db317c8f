import { describe, expect, it } from 'vitest';
import {
  type GridColumn,
  groupColumns,
  moveColumn,
  placeColumns,
  spanOfColumns,
  spanOfRows,
} from './columns.ts';
import { commandOf, type PressedKey } from './grid-keys.ts';
import { nextSort } from './sort-order.ts';

const column = (id: string, width: number, more: Partial<GridColumn<string>> = {}): GridColumn<string> => ({
  id,
  label: id,
  width,
  render: () => id,
  ...more,
});
const many = Array.from({ length: 1000 }, (_, i) => column(`c${i}`, 100));

describe('columns of a grid', () => {
  it('stand behind the check boxes, the pinned ones first', () => {
    const places = placeColumns([column('a', 50), column('b', 70, { isPinned: true }), column('c', 60)], 36);
    expect(places.placed.map(({ column: { id }, left }) => [id, left])).toEqual([
      ['b', 36],
      ['a', 106],
      ['c', 156],
    ]);
    expect(places).toMatchObject({ pinnedCount: 1, pinnedWidth: 106, totalWidth: 216 });
  });

  it('are in the document where something of them is seen, and few besides', () => {
    const places = placeColumns([column('name', 200, { isPinned: true }), ...many], 0);
    for (const scrollLeft of [0, 1, 99, 100, 12_345, 99_000]) {
      const { first, end } = spanOfColumns(places, { scrollLeft, width: 1000 }, 4);
      const seen = places.placed.filter(
        ({ left, position }) => position > 0 && left + 100 > scrollLeft + 200 && left < scrollLeft + 1000,
      );
      expect(first).toBeLessThanOrEqual(seen[0]!.position);
      expect(end).toBeGreaterThan(seen.at(-1)!.position);
      expect(end - first).toBeLessThanOrEqual(seen.length + 8);
    }
  });

  it('of one kind stand under one label', () => {
    const places = placeColumns(
      [
        column('a', 10, { group: 'M' }),
        column('b', 20, { group: 'M' }),
        column('c', 30),
        column('d', 5, { group: 'M' }),
      ],
      0,
    );
    expect(groupColumns(places).map(({ label, left, width }) => [label, left, width])).toEqual([
      ['M', 0, 30],
      ['M', 60, 5],
    ]);
  });

  it('move before others or to the end', () => {
    expect(moveColumn(['a', 'b', 'c'], 'c', 'a')).toEqual(['c', 'a', 'b']);
    expect(moveColumn(['a', 'b', 'c'], 'a', undefined)).toEqual(['b', 'c', 'a']);
    expect(moveColumn(['a', 'b', 'c'], 'a', 'c')).toEqual(['b', 'a', 'c']);
  });
});

it('draws the rows in view and some around them, and never beyond the last', () => {
  const rows = { count: 100_000, height: 32 };
  for (const scrollTop of [0, 31, 5000, 3_199_000]) {
    const { first, end } = spanOfRows({ scrollTop, height: 800 }, rows, 8);
    expect(first).toBeLessThanOrEqual(Math.floor(scrollTop / 32));
    expect(end).toBeGreaterThanOrEqual(Math.min(100_000, Math.ceil((scrollTop + 800) / 32)));
    expect(end - first).toBeLessThanOrEqual(25 + 24);
  }
  expect(spanOfRows({ scrollTop: 0, height: 800 }, { count: 3, height: 32 }, 8)).toEqual({
    first: 0,
    end: 3,
  });
});

it('orders one way, the other way, not at all; numbers from the greatest', () => {
  const click = (sort: Parameters<typeof nextSort>[0], id: string, isAdded = false) =>
    nextSort(sort, id, { isAdded, startsDescending: id === 'acc' });
  const once = click([], 'acc');
  expect(once).toEqual([{ id: 'acc', isDescending: true }]);
  const twice = click(once, 'acc');
  expect(twice).toEqual([{ id: 'acc', isDescending: false }]);
  expect(click(twice, 'acc')).toEqual([]);
  const both = click(once, 'model', true);
  expect(both).toEqual([...once, { id: 'model', isDescending: false }]);
  expect(click(both, 'model')).toEqual([{ id: 'model', isDescending: true }]);
  expect(click(click(both, 'model', true), 'model', true)).toEqual(once);
});

describe('keys of a grid', () => {
  const press = (key: string, more: Partial<PressedKey> = {}, row = 5, columnNumber = 0, isOpen?: boolean) =>
    commandOf(
      { key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...more },
      { row, column: columnNumber },
      { rows: 100, columns: 10, page: 20 },
      { isOpen },
    );

  it('move the cursor and stop at the edges', () => {
    expect(press('ArrowDown')).toEqual({ does: 'move', to: { row: 6, column: 0 }, extends: false });
    expect(press('ArrowUp', {}, 0)).toMatchObject({ to: { row: -1, column: 0 } });
    expect(press('ArrowUp', {}, -1)).toMatchObject({ to: { row: -1 } });
    expect(press('PageDown', {}, 95)).toMatchObject({ to: { row: 99 } });
    expect(press('End', { ctrlKey: true })).toMatchObject({ to: { row: 99, column: 9 } });
    expect(press('ArrowDown', { shiftKey: true })).toMatchObject({ extends: true });
  });

  it('open and fold rows that have children, and move on where nothing is to fold', () => {
    expect(press('ArrowRight', {}, 5, 0, false)).toEqual({ does: 'fold', isOpen: true });
    expect(press('ArrowLeft', {}, 5, 0, true)).toEqual({ does: 'fold', isOpen: false });
    expect(press('ArrowRight', {}, 5, 0, true)).toMatchObject({ does: 'move' });
    expect(press('ArrowRight', {}, 5, 1, false)).toMatchObject({ does: 'move' });
  });

  it('order, move and resize columns from the header', () => {
    expect(press('Enter', {}, -1)).toEqual({ does: 'sort', isAdded: false });
    expect(press('ArrowLeft', { altKey: true }, -1)).toEqual({ does: 'move-column', by: -1 });
    expect(press('ArrowRight', { altKey: true, shiftKey: true }, -1)).toEqual({
      does: 'resize-column',
      by: 16,
    });
    expect(press('ArrowDown', { altKey: true }, -1)).toEqual({ does: 'menu' });
  });

  it('leave to the page what is the page’s', () => {
    for (const key of ['j', 'x', 'Backspace', '/', 'Tab']) expect(press(key)).toBeUndefined();
  });
});
