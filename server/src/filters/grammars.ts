import type { Scope } from './tree.ts';

/**
 * What a field may be compared with. `assessment`: the stored value is any JSON; numbers for < <= > >=, quoted text
 * for everything else.
 */
export type ValueType = 'string' | 'integer' | 'number' | 'assessment';

export interface KnownKey {
  /** The canonical name. */
  readonly key: string;
  readonly type: ValueType;
}

export interface ScopeGrammar {
  readonly scope: Scope;
  /** What may stand before the first dot. */
  readonly prefixes: readonly string[];
  /** The closed list of keys as users may write them; without it any key is allowed. */
  readonly keys?: Readonly<Record<string, KnownKey>>;
  /** Beside `keys`: keys with this beginning are open. */
  readonly openKeys?: string;
  /** The type of keys that stand in no list. */
  readonly type: ValueType;
}

export interface OrderGrammar {
  /** Attributes as users may write them, with their canonical names. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Scopes besides the attributes. */
  readonly scopes: readonly Scope[];
  /** What becomes of a field that is named twice: an error, or only the first counts. */
  readonly repeated: 'refused' | 'ignored';
}

/** The search language of one kind of entity. A field without a dot belongs to the scope `attribute`. */
export interface Grammar {
  readonly entity: string;
  readonly scopes: readonly ScopeGrammar[];
  /** Whether min(…), max(…), first(…), last(…), count(…) and at(…, step) may stand around a metric. */
  readonly history: boolean;
  /** Whether text may be compared with regular expressions (RLIKE). */
  readonly patterns: boolean;
  /** Whether text may go without quotes: `params.lr = 0.01`. */
  readonly bareStrings: boolean;
  /** Whether numbers of attributes may stand in quotes: `version_number = '1'`. */
  readonly quotedIntegers: boolean;
  /** Keys, in lower case, that mean something else whatever stands before the dot (in `span` they keep their meaning). */
  readonly renames: Readonly<Record<string, { readonly scope?: Scope; readonly key: string }>>;
  readonly order: OrderGrammar;
}

const ATTRIBUTE_PREFIXES = ['attribute', 'attributes', 'attr'];

/** Keys that are their own canonical names. */
function plain(type: ValueType, ...keys: readonly string[]): Record<string, KnownKey> {
  return Object.fromEntries(keys.map((key) => [key, { key, type }]));
}

/** Other spellings of one key. */
function aliases(of: KnownKey, ...names: readonly string[]): Record<string, KnownKey> {
  return Object.fromEntries(names.map((name) => [name, of]));
}

function attributes(keys: Readonly<Record<string, KnownKey>>, ...more: readonly string[]): ScopeGrammar {
  return { scope: 'attribute', prefixes: [...ATTRIBUTE_PREFIXES, ...more], keys, type: 'string' };
}

function canonicalNames(keys: Readonly<Record<string, KnownKey>>): Record<string, string> {
  return Object.fromEntries(Object.entries(keys).map(([name, known]) => [name, known.key]));
}

const TAGS: ScopeGrammar = { scope: 'tag', prefixes: ['tag', 'tags'], type: 'string' };
const METRICS: ScopeGrammar = { scope: 'metric', prefixes: ['metric', 'metrics'], type: 'number' };
const PARAMS: ScopeGrammar = {
  scope: 'param',
  prefixes: ['param', 'params', 'parameter', 'parameters'],
  type: 'string',
};
const DATASETS: ScopeGrammar = {
  scope: 'dataset',
  prefixes: ['dataset', 'datasets'],
  keys: plain('string', 'name', 'digest', 'context'),
  type: 'string',
};

const NO_EXTRAS = { history: false, patterns: false, bareStrings: false, quotedIntegers: false, renames: {} };

const EXPERIMENT_KEYS = {
  ...plain('string', 'name', 'experiment_id'),
  ...plain('integer', 'creation_time', 'last_update_time'),
};

/** Where an experiment is, by its name: the folder it is directly in, and each folder that is above it. */
const EXPERIMENT_FOLDER_KEYS = plain('string', 'folder', 'within');

export const experimentGrammar: Grammar = {
  ...NO_EXTRAS,
  entity: 'experiments',
  scopes: [attributes({ ...EXPERIMENT_KEYS, ...EXPERIMENT_FOLDER_KEYS }), TAGS],
  order: { attributes: canonicalNames(EXPERIMENT_KEYS), scopes: [], repeated: 'ignored' },
};

const RUN_KEYS = {
  ...plain('string', 'run_id', 'run_name', 'status', 'user_id', 'artifact_uri'),
  ...plain('integer', 'start_time', 'end_time'),
  ...aliases({ key: 'run_name', type: 'string' }, 'run name', 'Run name', 'Run Name'),
  ...aliases({ key: 'run_id', type: 'string' }, 'run_uuid'),
  ...aliases({ key: 'start_time', type: 'integer' }, 'created', 'Created'),
};

export const runGrammar: Grammar = {
  ...NO_EXTRAS,
  entity: 'runs',
  scopes: [attributes(RUN_KEYS, 'run'), METRICS, PARAMS, TAGS, DATASETS],
  history: true,
  order: { attributes: canonicalNames(RUN_KEYS), scopes: ['metric', 'param', 'tag'], repeated: 'refused' },
};

const LOGGED_MODEL_KEYS = {
  ...plain('string', 'name', 'model_id', 'experiment_id', 'source_run_id', 'model_type', 'status'),
  ...plain('integer', 'creation_timestamp', 'last_updated_timestamp'),
  ...aliases({ key: 'creation_timestamp', type: 'integer' }, 'creation_time', 'creation_timestamp_ms'),
  ...aliases(
    { key: 'last_updated_timestamp', type: 'integer' },
    'last_updated_time',
    'last_updated_timestamp_ms',
  ),
};

export const loggedModelGrammar: Grammar = {
  ...NO_EXTRAS,
  entity: 'logged models',
  // MLflow's logged models know the plurals alone.
  scopes: [
    { scope: 'attribute', prefixes: ['attributes'], keys: LOGGED_MODEL_KEYS, type: 'string' },
    { ...METRICS, prefixes: ['metrics'] },
    { ...PARAMS, prefixes: ['params'] },
    { ...TAGS, prefixes: ['tags'] },
  ],
  bareStrings: true,
  order: { attributes: canonicalNames(LOGGED_MODEL_KEYS), scopes: ['metric'], repeated: 'ignored' },
};

export const registeredModelGrammar: Grammar = {
  ...NO_EXTRAS,
  entity: 'registered models',
  scopes: [attributes(plain('string', 'name')), TAGS],
  order: {
    attributes: {
      name: 'name',
      timestamp: 'last_updated_timestamp',
      last_updated_timestamp: 'last_updated_timestamp',
      creation_timestamp: 'creation_timestamp',
    },
    scopes: [],
    repeated: 'refused',
  },
};

export const modelVersionGrammar: Grammar = {
  ...NO_EXTRAS,
  entity: 'model versions',
  quotedIntegers: true,
  scopes: [
    attributes({
      ...plain('string', 'name', 'run_id', 'source_path'),
      ...plain('integer', 'version_number'),
    }),
    TAGS,
  ],
  order: {
    attributes: canonicalNames(
      plain('integer', 'name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'),
    ),
    scopes: [],
    repeated: 'refused',
  },
};

const TRACE_KEYS = {
  ...plain('string', 'request_id', 'status', 'client_request_id'),
  ...plain('integer', 'timestamp_ms', 'execution_time_ms', 'end_time_ms'),
  ...aliases({ key: 'request_id', type: 'string' }, 'trace_id'),
  ...aliases({ key: 'status', type: 'string' }, 'state'),
  ...aliases({ key: 'timestamp_ms', type: 'integer' }, 'timestamp', 'request_time'),
  ...aliases({ key: 'execution_time_ms', type: 'integer' }, 'execution_time', 'execution_duration'),
  ...aliases({ key: 'end_time_ms', type: 'integer' }, 'end_time'),
};

/** Attributes that live elsewhere; `renames` says where. */
const TRACE_KEYS_ELSEWHERE = plain('string', 'name', 'run_id', 'prompt', 'text');

export const traceGrammar: Grammar = {
  ...NO_EXTRAS,
  entity: 'traces',
  patterns: true,
  quotedIntegers: true,
  scopes: [
    attributes({ ...TRACE_KEYS, ...TRACE_KEYS_ELSEWHERE }, 'trace'),
    TAGS,
    { scope: 'metadata', prefixes: ['metadata', 'request_metadata'], type: 'string' },
    {
      scope: 'span',
      prefixes: ['span'],
      keys: plain('string', 'name', 'type', 'status', 'content'),
      openKeys: 'attributes.',
      type: 'string',
    },
    { scope: 'feedback', prefixes: ['feedback'], type: 'assessment' },
    { scope: 'expectation', prefixes: ['expectation'], type: 'assessment' },
    { scope: 'issue', prefixes: ['issue'], keys: plain('string', 'id'), type: 'string' },
  ],
  // MLflow 3.17.2 renames by the key alone, so that `tags.name` is the trace's name too: kept, so that a filter means
  // the same here and there (`_replace_key_to_tag_or_metadata`).
  renames: {
    name: { scope: 'tag', key: 'mlflow.traceName' },
    prompt: { scope: 'tag', key: 'mlflow.linkedPrompts' },
    run_id: { scope: 'metadata', key: 'mlflow.sourceRun' },
    text: { scope: 'span', key: 'content' },
    timestamp: { key: 'timestamp_ms' },
    execution_time: { key: 'execution_time_ms' },
    end_time: { key: 'end_time_ms' },
  },
  order: {
    attributes: {
      ...canonicalNames(TRACE_KEYS),
      ...canonicalNames(plain('string', 'experiment_id', 'name', 'run_id')),
    },
    scopes: ['tag', 'metadata'],
    repeated: 'refused',
  },
};
