import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple } from '@mantine/core';

const accent: MantineColorsTuple = [
  '#eaf2fd',
  '#d3e3fa',
  '#a8c8f4',
  '#79aef5',
  '#5a98ee',
  '#3f86e8',
  '#1b5dbf',
  '#184fa3',
  '#154385',
  '#10325f',
];

const isFilledWithAccent = ({
  variant,
  color,
}: Parameters<typeof defaultVariantColorsResolver>[0]): boolean =>
  variant === 'filled' && (color === undefined || color === 'accent');

/** A list that opens as focus arrives would cover what is below, and take the Escape that is meant for the dialog. */
const closedAtFirst = { defaultProps: { openOnFocus: false } };

const closeButton = { 'aria-label': 'Close' };

/** Mantine's greys of the dark theme, from text to the deepest ground, in the tones of tokens.css. */
const dark: MantineColorsTuple = [
  '#e7eaef',
  '#c8ced6',
  '#a3adba',
  '#6b7584',
  '#3a4350',
  '#262d37',
  '#1a1f27',
  '#14181f',
  '#0e1116',
  '#0b0e12',
];

/** Mantine in the measures of the design language: six sizes of type, a grid of 4 px, one accent. */
export const theme = createTheme({
  colors: { accent, dark },
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 5 },
  autoContrast: true,
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    if (input.variant === 'filled' && input.color === 'red')
      return { ...colors, background: 'var(--failed)', hover: 'var(--failed)', color: 'var(--surface)' };
    // Mantine asks for the contrast to the accent of the light theme alone, and darkens it below the pointer in both.
    return isFilledWithAccent(input)
      ? { ...colors, color: 'var(--on-accent)', hover: 'var(--accent-hover)' }
      : colors;
  },
  fontFamily: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  defaultRadius: 6,
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  headings: { fontWeight: '600' },
  components: {
    Select: closedAtFirst,
    MultiSelect: closedAtFirst,
    Autocomplete: closedAtFirst,
    Modal: { defaultProps: { closeButtonProps: closeButton } },
    Drawer: { defaultProps: { closeButtonProps: closeButton } },
    // Mantine draws them as `header`, which a reader takes for another banner of the page.
    ModalHeader: { defaultProps: { role: 'presentation' } },
    DrawerHeader: { defaultProps: { role: 'presentation' } },
  },
});
