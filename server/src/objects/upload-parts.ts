import { invalidArgument } from '../kernel/errors.ts';
import type { CompletedPart } from './port.ts';

/** @throws AppError InvalidArgument */
export function requirePartNumber(partNumber: number, maxParts: number): void {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > maxParts) {
    throw invalidArgument(`A part number is a whole number from 1 to ${maxParts}.`, { field: 'part_number' });
  }
}

/** By ascending number. @throws AppError InvalidArgument for none, for one given twice and for impossible numbers */
export function orderedParts(parts: readonly CompletedPart[], maxParts: number): CompletedPart[] {
  if (parts.length === 0)
    throw invalidArgument('An upload is completed with at least one part.', { field: 'parts' });
  const ordered = parts.toSorted((a, b) => a.partNumber - b.partNumber);
  for (const [index, part] of ordered.entries()) {
    requirePartNumber(part.partNumber, maxParts);
    if (part.partNumber === ordered[index - 1]?.partNumber) {
      throw invalidArgument(`Part ${part.partNumber} is given twice.`, { field: 'parts' });
    }
  }
  return ordered;
}
