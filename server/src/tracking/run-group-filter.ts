import type { Column } from './run-table-columns.ts';

/** Where a filter asks for an attribute that is no attribute to it. */
const TAG_OF: Readonly<Record<string, string>> = {
  source_name: 'mlflow.source.name',
  parent_run_id: 'mlflow.parentRunId',
};

/** The condition of the filter language under which all columns have the given values; null for none. */
export function renderGroupFilter(columns: readonly Column[], values: readonly (string | null)[]): string {
  return columns.map((column, i) => renderCondition(column, values[i]!)).join(' AND ');
}

function renderCondition({ scope, key }: Column, value: string | null): string {
  const field = renderField(scope, key);
  if (value === null) return `${field} IS NULL`;
  // Between quotes nothing escapes; in a list a backslash does. A quote after one never closes, not even after two:
  // one more quote does, and is no part of the value.
  if (/['\\]/.test(value)) {
    const escaped = value.replace(/['\\]/g, '\\$&');
    return `${field} IN ('${escaped}${value.endsWith('\\') ? "'" : ''}')`;
  }
  return `${field} = '${value}'`;
}

function renderField(scope: Column['scope'], key: string): string {
  if (scope === 'attribute') {
    const tag = TAG_OF[key];
    return tag === undefined ? `attributes.${key}` : `tags.${quote(tag)}`;
  }
  return `${scope === 'param' ? 'params' : 'tags'}.${quote(key)}`;
}

/** Keys hold no quotes of any kind (see `checkKey`). */
const quote = (key: string): string => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : `\`${key}\``);
