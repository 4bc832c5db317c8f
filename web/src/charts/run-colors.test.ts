import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { distinctPlaces, giveColorPlaces, runColor, runColorPlace, SERIES_COLORS } from './run-colors.ts';

type Rgb = readonly [number, number, number];

const sheet = readFileSync(new URL('../ui/tokens.css', import.meta.url), 'utf8');

function tokens(theme: 'light' | 'dark'): Map<string, string> {
  const block = new RegExp(`scheme="${theme}"\\] \\{([^}]*)\\}`).exec(sheet)?.[1] ?? '';
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, color]) => [name!, color!]),
  );
}

function linear(hex: string): Rgb {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return [r!, g!, b!];
}

const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

/** As seen without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1. */
const VISIONS: Readonly<Record<string, readonly number[]>> = {
  'all cones': [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function seen(matrix: readonly number[], color: Rgb): Rgb {
  const row = (i: number) =>
    Math.min(
      1,
      Math.max(
        0,
        color.reduce((sum, part, j) => sum + matrix[3 * i + j]! * part, 0),
      ),
    );
  return [row(0), row(1), row(2)];
}

/** OKLab, in which distances are those of the eye (Ottosson 2020). */
function okLab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

const distance = (a: Rgb, b: Rgb) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe.each(['light', 'dark'] as const)('the palette of the %s theme', (theme) => {
  const named = tokens(theme);
  const series = Array.from({ length: SERIES_COLORS }, (_, i) => named.get(`series-${i}`)!);

  it('stands out from the surface as WCAG asks of graphics', () => {
    const surface = linear(named.get('surface')!);
    for (const color of series) expect(contrast(linear(color), surface), color).toBeGreaterThan(3);
  });

  it.each(Object.entries(VISIONS))('keeps every two colours apart for %s', (_, matrix) => {
    const colors = series.map((color) => okLab(seen(matrix, linear(color))));
    for (const [i, a] of colors.entries()) {
      for (const [j, b] of colors.entries()) {
        if (i < j) expect(distance(a, b), `${series[i]} and ${series[j]}`).toBeGreaterThan(0.09);
      }
    }
  });
});

describe('the colour of a run', () => {
  it('is fixed by the id', () => {
    expect(runColorPlace('fc782d9d74fb43378ce7a46b8fe4a1b2')).toBe(
      runColorPlace('fc782d9d74fb43378ce7a46b8fe4a1b2'),
    );
    expect(runColor('fc782d9d74fb43378ce7a46b8fe4a1b2')).toMatch(/^var\(--series-\d\)$/);
  });

  it('spreads runs evenly over the palette', () => {
    const counts = new Array<number>(SERIES_COLORS).fill(0);
    for (let i = 0; i < 10_000; i += 1) {
      const id = (i * 2_654_435_761).toString(16).padStart(32, '0');
      const place = runColorPlace(id);
      counts[place] = counts[place]! + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1200);
  });

  it('gives runs that are compared no colour twice, and each its own where it can', () => {
    const ids = Array.from({ length: SERIES_COLORS }, (_, i) => `run-${i}`);
    const own = ids.map(runColorPlace);
    expect(new Set(own).size).toBeLessThan(SERIES_COLORS);
    const places = distinctPlaces(ids);
    expect(new Set(places.values()).size).toBe(SERIES_COLORS);
    for (const [i, id] of ids.entries()) {
      if (own.indexOf(own[i]!) === i) expect(places.get(id)).toBe(own[i]);
    }
    giveColorPlaces(places);
    expect(ids.map(runColorPlace)).toEqual(ids.map((id) => places.get(id)));
    giveColorPlaces(new Map());
    expect(ids.map(runColorPlace)).toEqual(own);
    expect(distinctPlaces([...ids, 'one more'])).toEqual(new Map());
  });
});
