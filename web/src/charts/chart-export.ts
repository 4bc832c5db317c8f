import { type ChartColors, readChartColors } from './chart-colors.ts';
import type { ChartHandle, ChartTable } from './chart-handle.ts';
import { canvasPainter } from './painting/canvas-painter.ts';
import type { Painter } from './painting/painter.ts';
import { svgPainter } from './painting/svg-painter.ts';
import type { SceneSize } from './plot/plot-scene.ts';

const SIZE: SceneSize = { width: 960, height: 540 };
const TITLE_HEIGHT = 36;
/** Pixels of a PNG for each of the picture's own. */
const PNG_SCALE = 2;

export type ExportKind = 'png' | 'svg' | 'csv';

/** Saves a chart as a file, as it stands: its part, its runs, its theme. */
export async function exportChart(handle: ChartHandle, title: string, kind: ExportKind): Promise<void> {
  switch (kind) {
    case 'csv':
      return save(new Blob([renderCsv(handle.file())], { type: 'text/csv;charset=utf-8' }), title, kind);
    case 'svg':
      return save(new Blob([renderSvg(handle, title)], { type: 'image/svg+xml' }), title, kind);
    case 'png':
      return save(await renderPng(handle, title), title, kind);
  }
}

function renderSvg(handle: ChartHandle, title: string): string {
  const colors = readChartColors(document.documentElement);
  const painter = svgPainter(SIZE.width, SIZE.height, colors.surface);
  paintWhole(painter, handle, { title, colors });
  return painter.finish();
}

async function renderPng(handle: ChartHandle, title: string): Promise<Blob> {
  const colors = readChartColors(document.documentElement);
  const canvas = document.createElement('canvas');
  canvas.width = SIZE.width * PNG_SCALE;
  canvas.height = SIZE.height * PNG_SCALE;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This browser cannot draw the picture.');
  context.scale(PNG_SCALE, PNG_SCALE);
  const painter = canvasPainter(context);
  painter.rect({ x: 0, y: 0, ...SIZE }, { color: colors.surface });
  paintWhole(painter, handle, { title, colors });
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('This browser could not write the picture.');
  return blob;
}

function paintWhole(
  painter: Painter,
  handle: ChartHandle,
  { title, colors }: { readonly title: string; readonly colors: ChartColors },
): void {
  painter.text(16, TITLE_HEIGHT / 2 + 2, title, { color: colors.text, size: 14, isBold: true });
  painter.moved(8, TITLE_HEIGHT, () => {
    handle.scene().paint(painter, { width: SIZE.width - 16, height: SIZE.height - TITLE_HEIGHT - 8 }, colors);
  });
}

/** RFC 4180; a text that a spreadsheet would take for a formula gets a leading apostrophe. */
export function renderCsv({ columns, rows }: ChartTable): string {
  const cell = (value: string | number | undefined) => {
    if (value === undefined) return '';
    if (typeof value === 'number') return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${[columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function save(blob: Blob, title: string, kind: ExportKind): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${title.replaceAll(/[^\p{L}\p{N} ._-]+/gu, '-').slice(0, 80) || 'chart'}.${kind}`;
  link.click();
  // The browser has taken hold of the file by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
