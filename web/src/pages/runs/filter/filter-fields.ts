import { codeOf, type HistoryFunction, historyColumn } from '../column-codes.ts';
import { cut, type Token } from './completion.ts';

/** A field as it is written in a filter. */
export interface FilterField {
  /** Undefined for datasets and what is none of the language. */
  readonly scope: 'metrics' | 'params' | 'tags' | 'attributes' | undefined;
  /** Without its quotes. */
  readonly key: string;
  /** Where the name stands: of `min(metrics.loss)` that of the metric. */
  readonly from: number;
  readonly to: number;
  readonly history?: { readonly fn: HistoryFunction | 'last'; readonly step?: string | undefined };
}

const HISTORY = /^(?:min|max|first|last|count|at)$/i;
const SCOPES: Readonly<Record<string, FilterField['scope']>> = {
  metric: 'metrics',
  metrics: 'metrics',
  param: 'params',
  params: 'params',
  parameter: 'params',
  parameters: 'params',
  tag: 'tags',
  tags: 'tags',
  attr: 'attributes',
  attribute: 'attributes',
  attributes: 'attributes',
  run: 'attributes',
};

/** The fields of a filter in their order; of one with mistakes those that can be told. */
export function fieldsIn(filter: string): readonly FilterField[] {
  const tokens = cut(filter);
  const fields: FilterField[] = [];
  let expects: 'field' | 'operator' | 'value' | 'list' | 'connective' = 'field';
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const { text } = token;
    // Between two conditions an AND may be missing.
    if (expects === 'connective' && /^\w+\./.test(text)) expects = 'field';
    switch (expects) {
      case 'field': {
        if (text === '(' || /^not$/i.test(text)) break;
        if (HISTORY.test(text) && tokens[i + 1]?.text === '(') {
          const close = tokens.findIndex((one, j) => j > i && one.text === ')');
          const metric = tokens[i + 2];
          if (close === -1 || metric === undefined || i + 2 >= close) return fields;
          const fn = text.toLowerCase() as HistoryFunction | 'last';
          fields.push({
            ...readField(metric),
            history: { fn, step: fn === 'at' ? tokens[i + 4]?.text : undefined },
          });
          i = close;
        } else fields.push(readField(token));
        expects = 'operator';
        break;
      }
      case 'operator':
        if (/^null$/i.test(text)) expects = 'connective';
        else if (!/^(?:is|not)$/i.test(text)) expects = /^in$/i.test(text) ? 'list' : 'value';
        break;
      case 'value':
        expects = 'connective';
        break;
      case 'list':
        if (text === ')') expects = 'connective';
        break;
      case 'connective':
        if (/^(?:and|or)$/i.test(text)) expects = 'field';
        break;
    }
  }
  return fields;
}

function readField({ text, from, to }: Token): FilterField {
  const dot = text.indexOf('.');
  const key = text.slice(dot + 1).replace(/^(["`])(.*)\1$/s, '$2');
  return { scope: dot === -1 ? 'attributes' : SCOPES[text.slice(0, dot).toLowerCase()], key, from, to };
}

export interface HistoryOfFilter {
  /** Of the column that shows it: `h.min.loss`. */
  readonly code: string;
  /** The metric's. */
  readonly key: string;
}

/** What a filter asks of histories of metrics, each once. */
export function historyColumnsOf(filter: string): readonly HistoryOfFilter[] {
  const found = new Map<string, HistoryOfFilter>();
  for (const { scope, key, history } of fieldsIn(filter)) {
    if (scope !== 'metrics' || history === undefined || history.fn === 'last') continue;
    const { fn, step } = history;
    if (fn === 'at' && !/^-?\d{1,19}$/.test(step ?? '')) continue;
    const code = codeOf(historyColumn({ fn, key, step }));
    found.set(code, { code, key });
  }
  return [...found.values()];
}
