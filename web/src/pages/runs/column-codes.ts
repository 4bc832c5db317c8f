/**
 * Columns as addresses and views name them, short: `m.acc` a metric's latest value, `s.acc` its history as a small line,
 * `h.min.acc` a number drawn from its history, `p.lr` a param, `t.team` a tag, `a.status` an attribute.
 */
export type ColumnKind = 'm' | 's' | 'h' | 'p' | 't' | 'a';

export interface ColumnCode {
  readonly kind: ColumnKind;
  readonly key: string;
}

const KINDS = /^([mshpta])\.(.+)$/s;

export function parseColumnCode(code: string): ColumnCode | undefined {
  const found = KINDS.exec(code);
  if (!found) return undefined;
  const [, kind, key] = found as unknown as [string, ColumnKind, string];
  if (kind === 'a' && !Object.hasOwn(ATTRIBUTES, key)) return undefined;
  if (kind === 'h' && parseHistory(key) === undefined) return undefined;
  return { kind, key };
}

/** A function over a metric's history, as filters know it. */
export type HistoryFunction = 'min' | 'max' | 'first' | 'count' | 'at';

export interface MetricHistory {
  readonly fn: HistoryFunction;
  /** The metric's. */
  readonly key: string;
  /** Of `at`: a number of up to 64 bits, as it is written. */
  readonly step?: string | undefined;
}

/** `min.loss`, `at.5.loss`. */
function parseHistory(text: string): MetricHistory | undefined {
  const found = /^(?:(min|max|first|count)|at\.(-?\d{1,19}))\.(.+)$/s.exec(text);
  if (!found) return undefined;
  const [, fn = 'at', step, key] = found as unknown as [string, HistoryFunction?, string?, string?];
  return { fn, key: key!, step };
}

/** What a column of the kind `h` draws from a history; undefined for others. */
const historyOf = ({ kind, key }: ColumnCode) => (kind === 'h' ? parseHistory(key) : undefined);

export const historyColumn = ({ fn, key, step }: MetricHistory): ColumnCode => ({
  kind: 'h',
  key: fn === 'at' ? `at.${step}.${key}` : `${fn}.${key}`,
});

export const codeOf = ({ kind, key }: ColumnCode) => `${kind}.${key}`;

/** `min(loss)`, `at(loss, 5)`: around the metric's name as it is shown or as filters write it. */
const renderHistory = ({ fn, step }: MetricHistory, metric: string) =>
  fn === 'at' ? `at(${metric}, ${step})` : `${fn}(${metric})`;

export interface AttributeFacts {
  readonly label: string;
  readonly width: number;
  /** Comes with every row: needs no question of its own. */
  readonly isOfEveryRow?: boolean;
  readonly isSortable?: boolean;
  readonly isNumber?: boolean;
}

export const ATTRIBUTES: Readonly<Record<string, AttributeFacts>> = {
  status: { label: 'Status', width: 104, isOfEveryRow: true, isSortable: true },
  start_time: { label: 'Started', width: 116, isOfEveryRow: true, isSortable: true },
  duration: { label: 'Duration', width: 92, isOfEveryRow: true, isNumber: true },
  end_time: { label: 'Ended', width: 116, isOfEveryRow: true, isSortable: true },
  user_id: { label: 'User', width: 110, isSortable: true },
  source_name: { label: 'Source', width: 160 },
  datasets: { label: 'Datasets', width: 160 },
  models: { label: 'Models', width: 180 },
  run_id: { label: 'Run ID', width: 150, isOfEveryRow: true, isSortable: true },
  experiment_name: { label: 'Experiment', width: 180 },
  parent_run_id: { label: 'Parent run', width: 150 },
  lifecycle_stage: { label: 'Stage', width: 90, isOfEveryRow: true },
  artifact_uri: { label: 'Artifact location', width: 220, isSortable: true },
};

const SCOPES: Readonly<Record<ColumnKind, string>> = {
  m: 'metrics',
  s: 'metrics',
  h: 'history',
  p: 'params',
  t: 'tags',
  a: 'attributes',
};

const GROUPS: Readonly<Record<ColumnKind, string>> = {
  m: 'Metrics',
  s: 'Metric histories',
  // Beside the latest value, under one label.
  h: 'Metrics',
  p: 'Params',
  t: 'Tags',
  a: 'Attributes',
};

export const groupOfColumn = ({ kind }: ColumnCode) => GROUPS[kind];

export function labelOfColumn(column: ColumnCode): string {
  const { kind, key } = column;
  const history = historyOf(column);
  if (history !== undefined) return renderHistory(history, history.key);
  return kind === 'a' ? (ATTRIBUTES[key]?.label ?? key) : key;
}

/** Whose cells are a metric's numbers. */
export const isMetric = ({ kind }: ColumnCode) => kind === 'm' || kind === 'h';

/** `metrics.acc`, `history.min.acc`, as the server's read models call it. */
export const serverColumn = ({ kind, key }: ColumnCode) => `${SCOPES[kind]}.${key}`;

/** Columns whose cells have to be asked for besides the rows themselves. */
export const needsCells = ({ kind, key }: ColumnCode) =>
  kind !== 's' && !(kind === 'a' && ATTRIBUTES[key]?.isOfEveryRow);

export const isSortable = (column: ColumnCode) =>
  column.kind === 'a'
    ? ATTRIBUTES[column.key]?.isSortable === true
    : column.kind !== 's' && fieldOfColumn(column) !== undefined;

/** `metrics.acc`, `min(metrics.acc)`, ``params.`two words` ``, as filters and orders name it; undefined where no quotes fit. */
export function fieldOfColumn(column: ColumnCode): string | undefined {
  const { kind, key } = column;
  const history = historyOf(column);
  if (history !== undefined) {
    const metric = fieldOfColumn({ kind: 'm', key: history.key });
    return metric && renderHistory(history, metric);
  }
  const quoted = quoteKey(key);
  return quoted === undefined ? undefined : `${SCOPES[kind]}.${quoted}`;
}

/** The language cannot escape a quote: a key that holds all kinds of them cannot be named. */
export function quoteKey(key: string): string | undefined {
  if (/^[A-Za-z_][\w./-]*$/.test(key)) return key;
  if (!key.includes('`')) return `\`${key}\``;
  return key.includes('"') ? undefined : `"${key}"`;
}

const isWord = (text: string) => !/['\\]/.test(text);

/** `'adam'`; undefined for a text that holds both kinds of quotes. */
export function quoteValue(value: string): string | undefined {
  if (isWord(value)) return `'${value}'`;
  return value.includes('"') || value.includes('\\') ? undefined : `"${value}"`;
}
