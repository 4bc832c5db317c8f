/** What the page of experiments shows, as its address has it. */
export interface ExperimentsSearch {
  /** A part of the name to look for; then the list is flat. */
  readonly q?: string;
  readonly view?: 'trash';
  /** `name`, `-name`, `last_activity`, `-creation_time` …: with a dash from the highest down. */
  readonly sort?: string;
  /** The folder that is looked into. */
  readonly in?: string;
  /** Folders that are unfolded. */
  readonly open?: readonly string[];
}

const SORTS = ['name', 'last_activity', 'creation_time'] as const;
export type Sort = (typeof SORTS)[number];
const MOST_OPEN = 100;

/** Takes what it understands of any address. */
export function readExperimentsSearch(search: Readonly<Record<string, unknown>>): ExperimentsSearch {
  const { q, view, sort, open } = search;
  const folder = search.in;
  const known = Array.isArray(open)
    ? open.filter((path): path is string => typeof path === 'string' && path !== '').slice(0, MOST_OPEN)
    : [];
  return {
    ...((typeof q === 'string' || typeof q === 'number') && String(q) !== '' && { q: String(q) }),
    ...(view === 'trash' && { view }),
    ...(typeof sort === 'string' && SORTS.some((name) => name === sort.replace(/^-/, '')) && { sort }),
    ...((typeof folder === 'string' || typeof folder === 'number') &&
      String(folder) !== '' && { in: String(folder) }),
    ...(known.length > 0 && { open: known }),
  };
}

export interface Order {
  readonly by: Sort;
  readonly isDescending: boolean;
}

/** Which column orders the list, and from which end. */
export function orderOf(sort: string | undefined): Order {
  const by = SORTS.find((name) => name === sort?.replace(/^-/, ''));
  if (sort === undefined || by === undefined) return { by: 'last_activity', isDescending: true };
  return { by, isDescending: sort.startsWith('-') };
}

/** What a click on a column's header makes of the order: times begin with the latest, names with the first. */
export function nextSort(sort: string | undefined, column: Sort): string {
  const { by, isDescending } = orderOf(sort);
  const beginsDescending = column !== 'name';
  const willDescend = by === column ? !isDescending : beginsDescending;
  return willDescend ? `-${column}` : column;
}
