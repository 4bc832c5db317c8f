/** What the page compares and how, as its address has it. */
export interface CompareSearch {
  readonly runIds: readonly string[];
  /** Versions of registered models, whose source runs are compared. */
  readonly versions: readonly VersionName[];
  readonly tab: CompareTab;
  /** The run that the others are measured against; the first one without it. */
  readonly base: string | undefined;
  /** Equal rows are shown too. */
  readonly withEqual: boolean;
  readonly folder: string;
  readonly file: string | undefined;
  readonly step: number | undefined;
  /** The run whose code is held against the base's. */
  readonly other: string | undefined;
  readonly charts: unknown;
  /** Runs that are left out of the charts. */
  readonly hidden: readonly string[];
}

export interface VersionName {
  readonly name: string;
  readonly version: string;
}

export type CompareTab = 'table' | 'charts' | 'artifacts' | 'code';

export const TABS: readonly { readonly id: CompareTab; readonly label: string }[] = [
  { id: 'table', label: 'Values' },
  { id: 'charts', label: 'Charts' },
  { id: 'artifacts', label: 'Artifacts' },
  { id: 'code', label: 'Code and environment' },
];

/** Side by side, more columns than this are no comparison. */
export const MOST_RUNS = 100;

type Search = Readonly<Record<string, unknown>>;

/** Takes what it understands of any address. */
export function readCompareSearch(search: Search): CompareSearch {
  const text = (name: string): string | undefined => {
    const value = search[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const list = (name: string) => [...new Set((text(name) ?? '').split(',').filter((part) => part !== ''))];
  const id = (name: string) => (/^[\w-]{1,64}$/.test(text(name) ?? '') ? text(name) : undefined);
  const tab = TABS.find((one) => one.id === text('tab'))?.id ?? 'table';
  const step = Number(text('step') ?? Number.NaN);
  return {
    runIds: list('runs').filter((one) => /^[\w-]{1,64}$/.test(one)),
    versions: list('versions').flatMap(readVersion),
    tab,
    base: id('base'),
    withEqual: text('equal') !== undefined,
    folder: text('folder') ?? '',
    file: text('file'),
    step: Number.isSafeInteger(step) ? step : undefined,
    other: id('other'),
    charts: search.charts,
    hidden: list('hide').filter((one) => /^[\w-]{1,64}$/.test(one)),
  };
}

/** `NAME/3`; what is special in an address is escaped within the name. */
function readVersion(text: string): readonly VersionName[] {
  const at = text.lastIndexOf('/');
  if (at < 1 || !/^\d{1,18}$/.test(text.slice(at + 1))) return [];
  try {
    return [{ name: decodeURIComponent(text.slice(0, at)), version: text.slice(at + 1) }];
  } catch {
    return [];
  }
}

/** The shortest address: only what differs from the usual. */
export function writeCompareSearch(search: CompareSearch): Search {
  const { runIds, versions, tab, base, withEqual, folder, file, step, other, charts, hidden } = search;
  return Object.fromEntries(
    Object.entries({
      runs: runIds.join(','),
      versions: versions.map(({ name, version }) => `${encodeURIComponent(name)}/${version}`).join(','),
      tab: tab === 'table' ? '' : tab,
      base,
      equal: withEqual ? 1 : '',
      folder,
      file,
      step,
      other,
      charts: isEmpty(charts) ? undefined : charts,
      hide: hidden.join(','),
    }).filter(([, value]) => value !== '' && value !== undefined),
  );
}

const isEmpty = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || Object.keys(value).length === 0;
