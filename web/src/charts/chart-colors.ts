import { useMemo, useSyncExternalStore } from 'react';
import { SERIES_COLORS } from './run-colors.ts';

/** The colours that a canvas needs as words, from tokens.css. */
export interface ChartColors {
  readonly surface: string;
  readonly text: string;
  readonly dim: string;
  readonly grid: string;
  readonly border: string;
  readonly accent: string;
  readonly failed: string;
  readonly series: readonly string[];
  readonly scheme: string | null;
}

export function readChartColors(root: HTMLElement): ChartColors {
  const style = getComputedStyle(root);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: token('surface'),
    text: token('text'),
    dim: token('text-dim'),
    grid: token('grid-line'),
    border: token('border-strong'),
    accent: token('accent'),
    failed: token('failed'),
    scheme: root.getAttribute(SCHEME),
    series: Array.from({ length: SERIES_COLORS }, (_, i) => token(`series-${i}`)),
  };
}

const SCHEME = 'data-mantine-color-scheme';

function followTheme(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: [SCHEME] });
  return () => observer.disconnect();
}

const theme = () => document.documentElement.getAttribute(SCHEME);

/** The colours of the theme that is shown; new ones when it changes. */
export function useChartColors(): ChartColors {
  const scheme = useSyncExternalStore(followTheme, theme);
  return useMemo(() => ({ ...readChartColors(document.documentElement), scheme }), [scheme]);
}
