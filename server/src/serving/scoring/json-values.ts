import { floatText, stringText } from './json-dumps.ts';

/** A number that is written with a point, also where it is whole. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Plain values as Python's `json.dumps` writes them. */
export function renderJson(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatText(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Float) return floatText(value.value);
  if (Array.isArray(value)) return `[${value.map(renderJson).join(', ')}]`;
  const members = Object.entries(value).map(([name, member]) => `${stringText(name)}: ${renderJson(member)}`);
  return `{${members.join(', ')}}`;
}
