/** Numbers, sizes, durations and times as every page shows them. The full value belongs on hover and into copies. */

/**
 * Four significant digits, zeros at the end too, so that figures stand under one another: `0.9350`, `−0.001700`,
 * `1.200e−7`. Larger ones lose their fraction alone: `12,346`. NaN and ±∞ as such.
 * @param isAmongFractions whether the column has fractions: a whole number is `12.00` among them and `12` otherwise.
 */
export function renderNumber(value: number, isAmongFractions = false): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  return (value < 0 ? '−' : '') + renderSize(Math.abs(value), isAmongFractions);
}

const DIGITS = 4;

function renderSize(size: number, isAmongFractions: boolean): string {
  if (size >= 1e7 || (size > 0 && size < 1e-4))
    return size
      .toExponential(DIGITS - 1)
      .replace('+', '')
      .replace('-', '−');
  // Where four digits reach the point, the fraction is all there is to leave out.
  if (size >= 999.95) return renderWhole(Math.round(size));
  return Number.isInteger(size) && !isAmongFractions ? String(size) : size.toPrecision(DIGITS);
}

/**
 * A whole number in full: `12,346`. By hand: a formatter of the language would be made for each number anew, most of the
 * time that a row of a table takes, and the first one reads the language's tables as a page opens.
 */
export const renderWhole = (whole: number): string => String(whole).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** As `renderNumber`, without zeros at the end: for sentences, where nothing stands under it. */
export function renderBriefly(value: number): string {
  return renderNumber(value).replace(/(\.\d*?)0+(?=e|$)/, (_, fraction: string) =>
    fraction === '.' ? '' : fraction,
  );
}

/** Counts: `431`, `12.3k`, `4.1M`. */
export function renderCount(count: number): string {
  if (count < 10_000) return renderWhole(count);
  const [unit, size] = count < 1_000_000 ? (['k', 1e3] as const) : (['M', 1e6] as const);
  return `${Number((count / size).toPrecision(3))}${unit}`;
}

/** Bytes in binary units: `512 B`, `1.5 MiB`. */
export function renderBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${units[power]}`;
}

/** `840 ms`, `12.4 s`, `2m 14s`, `3h 5m`, `2d 4h`. */
export function renderDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toPrecision(3))} s`;
  const seconds = Math.floor(ms / 1000);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ');
}

/** `just now`, `4 min ago`, `3 h ago`, `2 days ago`; older ones as a date. */
export function renderAgo(timeMs: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - timeMs) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  const days = Math.round(seconds / 86_400);
  if (days < 30) return days === 1 ? 'yesterday' : `${days} days ago`;
  return renderDate(new Date(timeMs));
}

/** `2026-11-21 10:31:07` in the reader's time zone. */
export function renderTime(timeMs: number): string {
  const time = new Date(timeMs);
  return `${renderDate(time)} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')}`;
}

// By hand: a table of runs renders them by the hundred within a frame.
const renderDate = (time: Date): string =>
  [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-');

const twoDigits = (part: number): string => String(part).padStart(2, '0');
