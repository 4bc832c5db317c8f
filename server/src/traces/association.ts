import type { FilterCounts } from './traces-repository.ts';

export interface Association extends FilterCounts {
  /** Normalised pointwise mutual information, −1 (never together) to 1 (always); NaN where it is undefined. */
  readonly npmi: number;
  /** The same with half a trace added to each of the four cells (Jeffreys' prior): steadier for few traces. */
  readonly npmiSmoothed: number;
}

const SMOOTHING = 0.5;

/**
 * The association of two properties of traces.
 * Formula: G. Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction", 2009.
 */
export function associate(counts: FilterCounts): Association {
  const { total, first, second, joint } = counts;
  const cells: Cells = {
    both: joint,
    onlyFirst: first - joint,
    onlySecond: second - joint,
    neither: total - first - second + joint,
  };
  const isUndefined = total <= 0 || first === 0 || second === 0 || Math.min(...Object.values(cells)) < 0;
  if (isUndefined) return { ...counts, npmi: Number.NaN, npmiSmoothed: Number.NaN };
  return {
    ...counts,
    npmi: joint === 0 ? -1 : normalisedInformation(cells, 0),
    npmiSmoothed: normalisedInformation(cells, SMOOTHING),
  };
}

interface Cells {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

function normalisedInformation(cells: Cells, added: number): number {
  if (cells.onlyFirst === 0 && cells.onlySecond === 0 && cells.neither === 0) return 1;
  const both = cells.both + added;
  const first = both + cells.onlyFirst + added;
  const second = both + cells.onlySecond + added;
  const total = first + cells.onlySecond + cells.neither + 2 * added;
  const information = Math.log(both) + Math.log(total) - (Math.log(first) + Math.log(second));
  return Math.max(-1, Math.min(1, information / (Math.log(total) - Math.log(both))));
}
