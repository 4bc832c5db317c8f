import { type ColumnCode, fieldOfColumn, isMetric, quoteValue } from '../column-codes.ts';

/** A condition as the language writes it. */
export type Condition = string;

export type Comparison = '=' | '!=' | '>' | '>=' | '<' | '<=' | 'LIKE' | 'ILIKE' | 'IS NULL' | 'IS NOT NULL';

/** @returns undefined where the language has no way to write the key or the value. */
export function writeCondition(
  column: ColumnCode,
  comparison: Comparison,
  value: string,
): Condition | undefined {
  const field = fieldOfColumn(column);
  if (field === undefined) return undefined;
  if (comparison === 'IS NULL' || comparison === 'IS NOT NULL') return `${field} ${comparison}`;
  const isNumber =
    isMetric(column) || (column.kind === 'a' && (column.key === 'start_time' || column.key === 'end_time'));
  if (isNumber) return isNumeric(value) ? `${field} ${comparison} ${value.trim()}` : undefined;
  const quoted = quoteValue(value);
  return quoted === undefined ? undefined : `${field} ${comparison} ${quoted}`;
}

const isNumeric = (text: string) =>
  /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) || /^[+-]?inf(inity)?$/i.test(text.trim());

/** The filter with one more condition, which holds besides all that it says. */
export function addCondition(filter: string, condition: Condition): string {
  const before = filter.trim();
  if (before === '') return condition;
  if (before === condition || before.endsWith(` AND ${condition}`)) return before;
  return hasOr(before) ? `(${before}) AND ${condition}` : `${before} AND ${condition}`;
}

/** Whether an OR stands outside of quotes. */
function hasOr(filter: string): boolean {
  const withoutTexts = filter.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/g, '');
  return /\bor\b/i.test(withoutTexts);
}
