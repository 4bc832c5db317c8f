import {
  convertCssVariables,
  DEFAULT_THEME,
  deepMerge,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from '@mantine/core';
import { theme } from './theme.ts';

/** Mantine's components take their surfaces and text from tokens.css. */
const both = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-dim)',
  '--mantine-color-placeholder': 'var(--text-faint)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--border-strong)',
  '--mantine-color-anchor': 'var(--accent-text)',
  '--mantine-color-error': 'var(--failed)',
  '--mantine-primary-color-filled-hover': 'var(--accent-hover)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
};

type Variables = Readonly<Record<string, string>>;

/**
 * The sheet of variables that Mantine's components read: those of the theme, where they are others than Mantine's own,
 * which `default-css-variables.css` holds. Written when the pages are built: in the browser it would be worked out anew
 * at each visit.
 */
export function renderThemeVariables(): string {
  const own = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
  const usual = defaultCssVariablesResolver(DEFAULT_THEME);
  return convertCssVariables(
    {
      variables: others(own.variables, usual.variables),
      light: others(deepMerge(own.light, both), usual.light),
      dark: others(deepMerge(own.dark, both), usual.dark),
    },
    ':root',
  );
}

const others = (own: Variables, usual: Variables): Record<string, string> =>
  Object.fromEntries(Object.entries(own).filter(([name, value]) => usual[name] !== value));
