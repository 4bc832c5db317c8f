import { createScale, type Range } from './scale.ts';

/** What the numbers of an axis are. Times and durations in milliseconds. */
export type AxisKind = 'number' | 'log' | 'time' | 'duration' | 'category';

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface TickQuery {
  readonly kind: AxisKind;
  readonly range: Range;
  /** About how many fit. */
  readonly most: number;
  readonly categories?: readonly string[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPANS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365, 730, 1825, 3650].map((n) => n * DAY),
];

/** Round places along an axis, and what stands beside them. */
export function ticksOf({ kind, range, most, categories = [] }: TickQuery): readonly Tick[] {
  switch (kind) {
    case 'number':
      return numberTicks(range, most);
    case 'log':
      return logTicks(range, most);
    case 'time':
      return timeTicks(range, most);
    case 'duration':
      return durationTicks(range, most);
    case 'category':
      return categoryTicks(categories, most);
  }
}

function numberTicks([low, high]: Range, most: number): readonly Tick[] {
  const step = niceStep((high - low) / Math.max(1, most));
  return places(low, high, step).map((value) => ({ value, label: renderStepped(value, step) }));
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return (share < 1.5 ? 1 : share < 3 ? 2 : share < 7 ? 5 : 10) * power;
}

function places(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Ranges below the accuracy of doubles have no places between their ends.
  if (!Number.isFinite(first) || last - first > 1000) return [];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** A number with as many digits as its neighbours at this distance need. */
export function renderStepped(value: number, step: number): string {
  const size = Math.abs(value);
  if (size < step * 1e-6) return '0';
  const [unit, letter] =
    step >= 1e6 && size >= 1e6 && size < 1e12
      ? [1e6, 'M']
      : step >= 1e3 && size >= 1e4 && size < 1e6
        ? [1e3, 'k']
        : [1, ''];
  if (size >= 1e12 || (size < 1e-4 && step < 1e-4)) {
    const digits = Math.max(0, Math.floor(Math.log10(size)) - Math.floor(Math.log10(step) + 1e-9));
    return sign(value.toExponential(Math.min(digits, 15)).replace('e+', 'e'));
  }
  const decimals = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  const text = (value / unit).toLocaleString('en-US', {
    minimumFractionDigits: letter === '' ? Math.min(decimals, 15) : 0,
    maximumFractionDigits: Math.min(decimals, 15),
  });
  return sign(text) + letter;
}

const sign = (text: string) => text.replace('-', '−');

function logTicks([low, high]: Range, most: number): readonly Tick[] {
  const decades = Math.log10(high) - Math.log10(low);
  if (decades < 1) return numberTicks([low, high], most).filter(({ value }) => value > 0);
  const every = Math.max(1, Math.ceil(decades / Math.max(1, most)));
  const factors = decades <= most / 3 ? [1, 2, 5] : [1];
  const result: Tick[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    if (((power % every) + every) % every !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9))
        result.push({ value, label: renderPower(value) });
    }
  }
  return result;
}

function renderPower(value: number): string {
  if (value >= 1e-3 && value < 1e5) return String(Number(value.toPrecision(1)));
  return value.toExponential(0).replace('e+', 'e').replace('-', '−');
}

function spanFor([low, high]: Range, most: number): number {
  const rough = (high - low) / Math.max(1, most);
  return SPANS.find((span) => span >= rough) ?? niceStep(rough / DAY) * DAY;
}

function timeTicks(range: Range, most: number): readonly Tick[] {
  const span = spanFor(range, most);
  // Round in the reader's time zone.
  const shift = new Date(range[0]).getTimezoneOffset() * MINUTE;
  let day = '';
  return places(range[0] - shift, range[1] - shift, span).map((local) => {
    const time = new Date(local + shift);
    const date = time.toLocaleDateString('en-CA');
    if (span >= DAY)
      return { value: local + shift, label: span >= 365 * DAY ? date.slice(0, 7) : date.slice(5) };
    const clock = time.toLocaleTimeString('en-GB');
    const label =
      span < SECOND
        ? `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`
        : span < MINUTE
          ? clock
          : clock.slice(0, 5);
    const isNewDay = date !== day && day !== '';
    day = date;
    return { value: local + shift, label: isNewDay ? date.slice(5) : label };
  });
}

function durationTicks(range: Range, most: number): readonly Tick[] {
  const span = spanFor(range, most);
  const [unit, letter] =
    span >= DAY
      ? [DAY, 'd']
      : span >= HOUR
        ? [HOUR, 'h']
        : span >= MINUTE
          ? [MINUTE, 'm']
          : span >= SECOND
            ? [SECOND, 's']
            : [1, 'ms'];
  return places(range[0], range[1], span).map((value) => ({
    value,
    label:
      value === 0
        ? '0'
        : `${sign(String(Number((value / unit).toPrecision(6))))}${letter === 'ms' ? ' ms' : letter}`,
  }));
}

function categoryTicks(categories: readonly string[], most: number): readonly Tick[] {
  const every = Math.max(1, Math.ceil(categories.length / Math.max(1, most)));
  return categories.flatMap((label, value) => (value % every === 0 ? [{ value, label }] : []));
}

/** As many as fit side by side in so many pixels. */
export function ticksThatFit(
  query: Omit<TickQuery, 'most'>,
  size: number,
  pixelsEach: number,
): readonly Tick[] {
  const ticks = ticksOf({ ...query, most: Math.max(2, Math.floor(size / pixelsEach)) });
  if (query.kind !== 'log') return ticks;
  const scale = createScale(query.range, { size, isLog: true });
  let end = Number.NEGATIVE_INFINITY;
  return ticks.filter(({ value }) => {
    const at = scale.toPixel(value);
    if (at - end < pixelsEach * 0.6) return false;
    end = at;
    return true;
  });
}
