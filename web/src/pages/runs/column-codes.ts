/**
 * Columns as addresses and views name them, short: `m.acc` a metric's latest value, `s.acc` its history as a small line,
 * `p.lr` a param, `t.team` a tag, `a.status` an attribute.
 */
export type ColumnKind = 'm' | 's' | 'p' | 't' | 'a';

export interface ColumnCode {
  readonly kind: ColumnKind;
  readonly key: string;
}

const KINDS = /^([mspta])\.(.+)$/s;

export function parseColumnCode(code: string): ColumnCode | undefined {
  const found = KINDS.exec(code);
  if (!found) return undefined;
  const [, kind, key] = found as unknown as [string, ColumnKind, string];
  return kind === 'a' && !Object.hasOwn(ATTRIBUTES, key) ? undefined : { kind, key };
}

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
  p: 'params',
  t: 'tags',
  a: 'attributes',
};

const GROUPS: Readonly<Record<ColumnKind, string>> = {
  m: 'Metrics',
  s: 'Metric histories',
  p: 'Params',
  t: 'Tags',
  a: 'Attributes',
};

export const groupOfColumn = ({ kind }: ColumnCode) => GROUPS[kind];

export const labelOfColumn = ({ kind, key }: ColumnCode) =>
  kind === 'a' ? (ATTRIBUTES[key]?.label ?? key) : key;

/** `metrics.acc`, as the server's read models call it. */
export const serverColumn = ({ kind, key }: ColumnCode) => `${SCOPES[kind]}.${key}`;

/** Columns whose cells have to be asked for besides the rows themselves. */
export const needsCells = ({ kind, key }: ColumnCode) =>
  kind !== 's' && !(kind === 'a' && ATTRIBUTES[key]?.isOfEveryRow);

export const isSortable = ({ kind, key }: ColumnCode) =>
  kind === 'a' ? ATTRIBUTES[key]?.isSortable === true : kind !== 's' && quoteKey(key) !== undefined;

/** `metrics.acc`, ``params.`two words` ``, as filters and orders name it; undefined where no quotes fit. */
export function fieldOfColumn({ kind, key }: ColumnCode): string | undefined {
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
