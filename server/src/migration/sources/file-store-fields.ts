import { invalidArgument } from '../../kernel/errors.ts';
import { type Int64, parseInt64Text } from '../../kernel/int64.ts';
import type { TransferredRun } from '../../tracking/transfer-entities.ts';
import type { Meta } from './file-store-files.ts';

/** Reads one `meta.yaml`; names the file in every complaint. */
export function fieldsOf(meta: Meta, where: string) {
  const refuse = (field: string, expected: string) =>
    invalidArgument(`${where}/meta.yaml: '${field}' is not ${expected}.`);
  const value = (field: string): unknown => meta[field] ?? undefined;

  const fields = {
    text(field: string): string | undefined {
      const found = value(field);
      if (found === undefined) return undefined;
      if (typeof found === 'string') return found;
      throw refuse(field, 'a text');
    },
    int64(field: string): Int64 | undefined {
      const found = value(field);
      if (found === undefined) return undefined;
      const read = typeof found === 'string' ? parseInt64Text(found) : undefined;
      if (read === undefined) throw refuse(field, 'an integer');
      return read;
    },
    time(field: string): number {
      return Number(fields.int64(field) ?? 0);
    },
    required(field: string): string {
      const found = fields.text(field);
      if (found === undefined) throw refuse(field, 'there');
      return found;
    },
    stage(): TransferredRun['stage'] {
      return fields.text('lifecycle_stage') === 'deleted' ? 'deleted' : 'active';
    },
    /** The texts of a map; empty where there is none. */
    pairs(field: string): { key: string; value: string }[] {
      const found = value(field);
      if (found === undefined) return [];
      if (typeof found !== 'object' || Array.isArray(found)) throw refuse(field, 'a map');
      return Object.entries(found as Record<string, unknown>).map(([key, text]) => ({
        key,
        value: String(text ?? ''),
      }));
    },
  };
  return fields;
}

export type Fields = ReturnType<typeof fieldsOf>;
