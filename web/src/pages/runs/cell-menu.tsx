import { Menu } from '@mantine/core';
import { Copy, Filter, FilterX } from 'lucide-react';
import { renderNumber } from '../../ui/numbers.ts';
import { type ColumnCode, isMetric, labelOfColumn, serverColumn } from './column-codes.ts';
import { type Comparison, writeCondition } from './filter/conditions.ts';
import { textOfCell } from './run-cells.tsx';
import type { RunRow } from './run-rows.ts';

export interface CellTarget {
  readonly row: RunRow;
  readonly code: ColumnCode;
  readonly anchor: DOMRect;
}

interface CellMenuProps {
  readonly target: CellTarget;
  readonly onCondition: (condition: string) => void;
}

const MOST_LETTERS = 28;
/** What a filter of the list can ask of, besides metrics, params and tags. */
const FILTERED = new Set(['status', 'start_time', 'end_time', 'user_id', 'run_id', 'artifact_uri']);

/** What a value can do: narrow the list to runs that have it, or go to the clipboard. */
export function CellMenu({ target: { row, code }, onCondition }: CellMenuProps) {
  const label = labelOfColumn(code);
  const text = textOfCell(row, code);
  const conditions = conditionsOf(row, code);
  return (
    <>
      {conditions.map(({ condition, sign, shown }) => (
        <Menu.Item
          key={condition}
          leftSection={
            sign === '!=' || sign === 'IS NULL' ? (
              <FilterX size={14} aria-hidden />
            ) : (
              <Filter size={14} aria-hidden />
            )
          }
          onClick={() => onCondition(condition)}
        >
          <span dir="auto">
            {short(label)} {SIGNS[sign] ?? sign.toLowerCase()} {shown}
          </span>
        </Menu.Item>
      ))}
      {conditions.length > 0 && <Menu.Divider />}
      <Menu.Item
        leftSection={<Copy size={14} aria-hidden />}
        disabled={text === ''}
        onClick={() => void navigator.clipboard.writeText(text)}
      >
        Copy the value
      </Menu.Item>
    </>
  );
}

interface Offer {
  readonly condition: string;
  readonly sign: Comparison;
  readonly shown: string;
}

const SIGNS: Readonly<Partial<Record<Comparison, string>>> = { '=': '=', '!=': '≠', '>=': '≥', '<=': '≤' };

function conditionsOf(row: RunRow, code: ColumnCode): readonly Offer[] {
  const { kind, key } = code;
  if (kind === 's' || (kind === 'a' && !FILTERED.has(key))) return [];
  const isTime = kind === 'a' && (key === 'start_time' || key === 'end_time');
  const value = isTime
    ? String((key === 'start_time' ? row.startTimeMs : row.endTimeMs) ?? '')
    : kind === 'a'
      ? textOfCell(row, code)
      : row.cell(serverColumn(code));
  if (value === undefined || typeof value === 'object') {
    return value === null ? offer(code, ['IS NULL', 'IS NOT NULL'], '', '') : [];
  }
  const text = String(value);
  if (text === '' && isTime) return [];
  if (isMetric(code) && !Number.isFinite(Number(value))) return [];
  const isNumber = isMetric(code) || isTime;
  const shown = isMetric(code)
    ? renderNumber(Number(value))
    : isTime
      ? new Date(Number(value)).toLocaleString()
      : short(text);
  return offer(code, isNumber ? ['>=', '<=', '='] : ['=', '!='], text, shown);
}

function offer(
  code: ColumnCode,
  signs: readonly Comparison[],
  value: string,
  shown: string,
): readonly Offer[] {
  return signs.flatMap((sign) => {
    const condition = writeCondition(code, sign, value);
    return condition === undefined ? [] : [{ condition, sign, shown }];
  });
}

const short = (text: string) =>
  text.length > MOST_LETTERS ? `${[...text].slice(0, MOST_LETTERS).join('')}…` : text;
