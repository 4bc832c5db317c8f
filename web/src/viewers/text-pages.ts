import { readRange, type ShownFile } from './bytes.ts';

/** So much of a large file is on the screen at a time. */
export const PAGE_BYTES = 512 * 1024;

/** A stretch of a text file in whole lines. */
export interface TextPage {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

const NEWLINE = 10;

/** The lines from `start` on, where a line begins. A line longer than a page is cut. */
export async function readPage(file: ShownFile, start: number, signal?: AbortSignal): Promise<TextPage> {
  const bytes = await readRange(file, { start, end: start + PAGE_BYTES }, signal);
  const isLast = start + bytes.length >= file.sizeBytes;
  const lastNewline = bytes.lastIndexOf(NEWLINE);
  const used = isLast || lastNewline < 0 ? bytes : bytes.subarray(0, lastNewline + 1);
  return { start, end: start + used.length, lines: linesOf(new TextDecoder().decode(used)) };
}

/** Where the first line that begins at or behind a place begins; at most a page is read to find it. */
export async function findLineStart(file: ShownFile, place: number, signal?: AbortSignal): Promise<number> {
  if (place <= 0) return 0;
  const start = Math.min(place, file.sizeBytes) - 1;
  const bytes = await readRange(file, { start, end: start + PAGE_BYTES }, signal);
  const newline = bytes.indexOf(NEWLINE);
  return newline < 0 || start + newline + 1 >= file.sizeBytes ? place : start + newline + 1;
}

/** Lines without their ends; what follows the last end is a line only if something stands in it. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r\n|\n/);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines;
}
