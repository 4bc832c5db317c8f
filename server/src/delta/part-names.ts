import { randomBytes } from 'node:crypto';

/**
 * The name of a new file of a table, within the folder of its partition. No name comes twice, so no file is ever
 * written over; it says when it was made, so that what no version names can be removed a day later.
 */
export function newPartName({
  column,
  partition,
  label,
  nowMs,
}: {
  readonly column: string;
  readonly partition: string;
  readonly label: string;
  readonly nowMs: number;
}): string {
  const made = nowMs.toString(16).padStart(12, '0');
  return `${column}=${partition}/part-${label}-${made}${randomBytes(10).toString('hex')}.zstd.parquet`;
}

/** When a file was made, by its name; undefined for those of other programs. */
export function madeAtMs(name: string): number | undefined {
  const [, made] = /\/part-[a-z0-9]+-([0-9a-f]{12})[0-9a-f]{20}\.zstd\.parquet$/.exec(name) ?? [];
  return made === undefined ? undefined : Number.parseInt(made, 16);
}
