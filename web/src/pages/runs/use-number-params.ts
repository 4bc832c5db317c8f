import { useMemo, useRef } from 'react';
import { readNumber } from '../../charts/values/read-number.ts';
import { parseColumnCode, serverColumn } from './column-codes.ts';
import type { RunList } from './use-run-list.ts';

/**
 * Columns of params that hold numbers as far as they have been seen, so that these stand below each other. One that has
 * shown a word stays a column of words, whatever is scrolled to.
 */
export function useNumberParams(
  { rowsInView }: Pick<RunList, 'rowsInView'>,
  codes: readonly string[],
): ReadonlySet<string> {
  const words = useRef(new Set<string>());
  const known = useRef<ReadonlySet<string>>(new Set());
  return useMemo(() => {
    const numbers = codes.filter((id) => {
      const code = parseColumnCode(id);
      if (code?.kind !== 'p' || words.current.has(id)) return false;
      const column = serverColumn(code);
      const texts = rowsInView.flatMap((row) => {
        const cell = row.cell(column);
        return typeof cell === 'string' ? [cell] : [];
      });
      const isWord = texts.some((text) => readNumber(text) === undefined);
      if (isWord) words.current.add(id);
      return !isWord && (texts.length > 0 || known.current.has(id));
    });
    const isSame = numbers.length === known.current.size && numbers.every((id) => known.current.has(id));
    if (!isSame) known.current = new Set(numbers);
    return known.current;
  }, [rowsInView, codes]);
}
