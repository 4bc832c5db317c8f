import type { ChartConfig } from './chart-config.ts';

/**
 * What a reader changed about the charts of an experiment: plain JSON for addresses and saved views. What is not named here
 * follows from the metrics there are: a section a prefix, a chart a metric.
 */
export interface Layout {
  /** Sections in the order in which they were put; others follow. */
  readonly sections?: readonly SectionLayout[] | undefined;
  /** Charts that were added (`own:…`) or changed (`metric:…`), by id. */
  readonly charts?: Readonly<Record<string, ChartConfig>> | undefined;
  readonly removed?: readonly string[] | undefined;
  /** For all line charts that say nothing else. */
  readonly lines?: LineDefaults | undefined;
  readonly columns?: 1 | 2 | 3 | 4 | undefined;
}

export interface LineDefaults {
  readonly x?: 'step' | 'time' | 'relative' | undefined;
  readonly xLog?: boolean | undefined;
  readonly yLog?: boolean | undefined;
  readonly smoothing?: number | undefined;
}

export interface SectionLayout {
  /** `metrics:val` for the metrics `val/…`, `metrics:` for those without a prefix, `own:…` for added ones. */
  readonly id: string;
  readonly title?: string | undefined;
  readonly folded?: boolean | undefined;
  /** Ids of charts in the order in which they were put; others of the section follow. */
  readonly charts?: readonly string[] | undefined;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly isFolded: boolean;
  readonly charts: readonly PlacedChart[];
}

export interface PlacedChart {
  readonly id: string;
  readonly config: ChartConfig;
}

const SYSTEM = 'metrics:system';

const prefixOf = (key: string) => (key.includes('/') ? key.slice(0, key.indexOf('/')) : '');
const sectionOf = (key: string) => `metrics:${prefixOf(key)}`;

function titleOfSection(id: string): string {
  if (id === SYSTEM) return 'System metrics';
  return id.slice('metrics:'.length) || 'Metrics';
}

/** The sections and charts to be shown. `metrics` are the keys there are, in the order of default charts. */
export function arrange(layout: Layout, metrics: readonly string[]): readonly Section[] {
  const { sections = [], charts = {}, removed = [] } = layout;
  const gone = new Set(removed);
  const placed = new Set(sections.flatMap((section) => section.charts ?? []));
  const defaults = new Map<string, string[]>();
  for (const key of metrics) {
    const id = `metric:${key}`;
    const section = sectionOf(key);
    if (!defaults.has(section)) defaults.set(section, []);
    if (!gone.has(id) && !placed.has(id)) defaults.get(section)!.push(id);
  }
  const configOf = (id: string): ChartConfig | undefined =>
    charts[id] ??
    (id.startsWith('metric:') ? { kind: 'lines', metrics: [id.slice('metric:'.length)] } : undefined);
  const known = new Set(sections.map(({ id }) => id));
  const rest = [...defaults.keys()].filter((id) => !known.has(id)).sort(compareSections);
  return [...sections, ...rest.map((id): SectionLayout => ({ id }))]
    .map((section) => {
      const own = (section.charts ?? []).filter((id) => !gone.has(id));
      const ids = [...new Set([...own, ...(defaults.get(section.id) ?? [])])];
      return {
        id: section.id,
        title: section.title ?? titleOfSection(section.id),
        isFolded: section.folded ?? section.id === SYSTEM,
        charts: ids.flatMap((id) => {
          const config = configOf(id);
          return config === undefined ? [] : [{ id, config }];
        }),
      };
    })
    .filter(({ id, charts: shown }) => shown.length > 0 || id.startsWith('own:'));
}

/** Those without a prefix first, the machine's own last. */
function compareSections(a: string, b: string): number {
  return Number(a === SYSTEM) - Number(b === SYSTEM) || (a < b ? -1 : 1);
}

export function changeChart(layout: Layout, id: string, config: ChartConfig): Layout {
  return { ...layout, charts: { ...layout.charts, [id]: config } };
}

/** Takes a chart away; one of a metric can be brought back. */
export function removeChart(layout: Layout, id: string): Layout {
  const { [id]: _, ...charts } = layout.charts ?? {};
  const sections = layout.sections?.map((section) => ({
    ...section,
    ...(section.charts && { charts: section.charts.filter((one) => one !== id) }),
  }));
  const removed = id.startsWith('own:') ? layout.removed : [...(layout.removed ?? []), id];
  return { ...layout, sections, charts, removed };
}

export function restoreCharts(layout: Layout): Layout {
  return { ...layout, removed: undefined };
}

interface Position {
  readonly sectionId: string;
  /** Among the charts of the section as it is shown. */
  readonly index: number;
}

/** Puts a chart (of any section) at a place. `shown` is how it all stands now. */
export function moveChart(layout: Layout, shown: readonly Section[], id: string, to: Position): Layout {
  return {
    ...layout,
    sections: shown.map((section) => {
      const before = layout.sections?.find((one) => one.id === section.id) ?? { id: section.id };
      const ids = section.charts.map((chart) => chart.id);
      if (section.id !== to.sectionId) {
        return ids.includes(id) && before.charts
          ? { ...before, charts: before.charts.filter((one) => one !== id) }
          : before;
      }
      const others = ids.filter((one) => one !== id);
      return { ...before, charts: [...others.slice(0, to.index), id, ...others.slice(to.index)] };
    }),
  };
}

/** Adds a chart as the first of a section. */
export function addChart(
  layout: Layout,
  shown: readonly Section[],
  sectionId: string,
  config: ChartConfig,
): Layout {
  const id = freeId(Object.keys(layout.charts ?? {}));
  return moveChart(changeChart(layout, id, config), shown, id, { sectionId, index: 0 });
}

export function addSection(layout: Layout, shown: readonly Section[], title: string): Layout {
  const id = freeId(shown.map((section) => section.id));
  return { ...layout, sections: [{ id, title }, ...asLayouts(layout, shown)] };
}

export function changeSection(
  layout: Layout,
  shown: readonly Section[],
  id: string,
  change: Partial<Omit<SectionLayout, 'id'>>,
): Layout {
  const sections = asLayouts(layout, shown).map((section) =>
    section.id === id ? { ...section, ...change } : section,
  );
  return { ...layout, sections };
}

export function moveSection(layout: Layout, shown: readonly Section[], id: string, by: number): Layout {
  const sections = [...asLayouts(layout, shown)];
  const from = sections.findIndex((section) => section.id === id);
  const [section] = sections.splice(from, 1);
  if (section === undefined) return layout;
  sections.splice(Math.max(0, from + by), 0, section);
  return { ...layout, sections };
}

/** An added section goes, and charts that were added to it; charts of metrics go back to where they belong. */
export function removeSection(layout: Layout, id: string): Layout {
  const gone = layout.sections?.find((section) => section.id === id);
  const own = new Set((gone?.charts ?? []).filter((chart) => chart.startsWith('own:')));
  return {
    ...layout,
    sections: layout.sections?.filter((section) => section.id !== id),
    charts: Object.fromEntries(Object.entries(layout.charts ?? {}).filter(([chart]) => !own.has(chart))),
  };
}

function asLayouts(layout: Layout, shown: readonly Section[]): readonly SectionLayout[] {
  return shown.map(({ id }) => layout.sections?.find((section) => section.id === id) ?? { id });
}

function freeId(taken: readonly string[]): string {
  let number = 1;
  while (taken.includes(`own:${number}`)) number += 1;
  return `own:${number}`;
}
