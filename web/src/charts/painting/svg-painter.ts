import { FONT, type Numbers, type Painter } from './painter.ts';

export interface SvgPainter extends Painter {
  /** The whole document of what was painted. */
  finish(): string;
}

const BASELINES = { top: 'text-before-edge', middle: 'central', bottom: 'text-after-edge' } as const;

/** Writes an SVG document; its elements hold numbers and escaped text alone. */
export function svgPainter(width: number, height: number, background: string): SvgPainter {
  const parts: string[] = [`<rect width="${width}" height="${height}" fill="${escapeXml(background)}"/>`];
  let clips = 0;
  const group = (attributes: string, paint: () => void) => {
    parts.push(`<g ${attributes}>`);
    paint();
    parts.push('</g>');
  };
  return {
    line(xs, ys, { color, width: stroke, alpha = 1, dash = [] }) {
      const dashed = dash.length === 0 ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
      parts.push(
        `<path d="${pathOf(xs, ys)}" fill="none" stroke="${escapeXml(color)}" stroke-width="${stroke}" ` +
          `stroke-opacity="${alpha}" stroke-linejoin="round"${dashed}/>`,
      );
    },
    area(xs, ys, { color, alpha = 1 }) {
      parts.push(`<path d="${pathOf(xs, ys)}Z" fill="${escapeXml(color)}" fill-opacity="${alpha}"/>`);
    },
    dots(xs, ys, { color, alpha = 1, radius, ring }) {
      const ringed = ring === undefined ? '' : ` stroke="${escapeXml(ring)}" stroke-width="1.5"`;
      group(`fill="${escapeXml(color)}" fill-opacity="${alpha}"${ringed}`, () => {
        for (let i = 0; i < xs.length; i += 1) {
          if (Number.isNaN(xs[i]!) || Number.isNaN(ys[i]!)) continue;
          parts.push(`<circle cx="${round(xs[i]!)}" cy="${round(ys[i]!)}" r="${radius}"/>`);
        }
      });
    },
    rect({ x, y, width: w, height: h }, { color, alpha = 1 }) {
      parts.push(
        `<rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" ` +
          `fill="${escapeXml(color)}" fill-opacity="${alpha}"/>`,
      );
    },
    text(
      x,
      y,
      text,
      { color, size, align = 'start', baseline = 'middle', halo, isBold = false, isUpright = false },
    ) {
      const turned = isUpright ? ` transform="rotate(-90 ${round(x)} ${round(y)})"` : '';
      const around =
        halo === undefined
          ? ''
          : ` stroke="${escapeXml(halo)}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"`;
      parts.push(
        `<text x="${round(x)}" y="${round(y)}" fill="${escapeXml(color)}" font-size="${size}" text-anchor="${align}" ` +
          `dominant-baseline="${BASELINES[baseline]}"${isBold ? ' font-weight="600"' : ''}${around}${turned}>${escapeXml(text)}</text>`,
      );
    },
    clipped({ x, y, width: w, height: h }, paint) {
      clips += 1;
      const id = `clip-${clips}`;
      parts.push(
        `<clipPath id="${id}"><rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}"/></clipPath>`,
      );
      group(`clip-path="url(#${id})"`, paint);
    },
    moved(x, y, paint) {
      group(`transform="translate(${round(x)} ${round(y)})"`, paint);
    },
    finish: () =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `font-family="${escapeXml(FONT)}">${parts.join('')}</svg>`,
  };
}

function pathOf(xs: Numbers, ys: Numbers): string {
  let path = '';
  let isOpen = false;
  for (let i = 0; i < xs.length; i += 1) {
    if (Number.isNaN(xs[i]!) || Number.isNaN(ys[i]!)) isOpen = false;
    else {
      path += `${isOpen ? 'L' : 'M'}${round(xs[i]!)} ${round(ys[i]!)}`;
      isOpen = true;
    }
  }
  return path;
}

const round = (value: number) => Math.round(value * 100) / 100;

/** Control characters, which XML does not have, are left out. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
