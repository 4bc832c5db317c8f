import type { LinkProps } from '@tanstack/react-router';
import type { ArtifactPlace } from '../../viewers/artifact-browser.tsx';

export type RunTab = 'overview' | 'metrics' | 'system-metrics' | 'artifacts' | 'traces';

/** What of a run is shown, as the address says it. */
export interface RunPlace {
  readonly tab: RunTab;
  /** Of the artifact that is shown; empty for none. */
  readonly path: string;
  /** The logged model whose files are shown, instead of the run's own. */
  readonly model: string | undefined;
  readonly series: string | undefined;
}

const TABS: readonly RunTab[] = ['metrics', 'system-metrics', 'artifacts', 'traces'];

/** Reads the part of the address behind the run, and its search; what is not understood shows the overview. */
export function readRunPlace(splat: string | undefined, search: Readonly<Record<string, unknown>>): RunPlace {
  const [first = '', ...rest] = (splat ?? '').split('/');
  const tab = TABS.find((one) => one === first) ?? 'overview';
  return {
    tab,
    path: tab === 'artifacts' ? rest.filter((part) => part !== '').join('/') : '',
    model: textOf(search.model),
    series: textOf(search.series),
  };
}

// The router reads `?series=12` as a number.
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;

export interface RunAddress {
  readonly experimentId: string;
  readonly runId: string;
}

/** The link to a page of a run; `search` names what it shows. */
export function runLink(
  address: RunAddress,
  splat = '',
  search: Readonly<Record<string, unknown>> = {},
): LinkProps {
  return {
    to: '/experiments/$experimentId/runs/$runId/$',
    params: { ...address, _splat: splat },
    search,
  } as LinkProps;
}

export function artifactLink(
  address: RunAddress,
  section: string,
  { path, series }: ArtifactPlace,
): LinkProps {
  const splat = path === '' ? 'artifacts' : `artifacts/${path}`;
  return runLink(address, splat, {
    ...(section !== RUN_SECTION && { model: section }),
    ...(series !== undefined && { series }),
  });
}

/** The run's own files, among the sections of its artifacts. */
export const RUN_SECTION = 'run';
