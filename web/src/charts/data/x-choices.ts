import type { LineX } from './line-data.ts';

/** What the points of lines can stand along, by the names that all pages have for it. */
export const X_CHOICES: readonly { readonly value: LineX; readonly label: string }[] = [
  { value: 'step', label: 'Step' },
  { value: 'time', label: 'Time' },
  { value: 'relative', label: 'Relative' },
];
