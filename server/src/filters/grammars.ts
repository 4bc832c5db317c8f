import type { Scope } from './tree.ts';

export type AttributeType = 'text' | 'number';

/** What a search can be about: the names it knows, as data. */
export interface Grammar {
  /** For messages: "run", "experiment". */
  readonly entity: string;
  /** Words before the first dot, by the scope that they mean. */
  readonly prefixes: Readonly<Record<string, Scope>>;
  /** Attributes by canonical name. */
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** Other names of attributes. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Keys that scopes besides params, tags and metrics know; a scope that is absent takes any key. */
  readonly keys?: Partial<Record<Scope, readonly string[]>>;
  /** Attributes that rows can be ordered by; absent = all. */
  readonly orderable?: readonly string[];
  /** Scopes besides attributes that rows can be ordered by. */
  readonly orderableScopes: readonly Scope[];
  /** Whether `min(metrics.x)` and its kin are understood. */
  readonly history: boolean;
}

const ATTRIBUTE: Readonly<Record<string, Scope>> = {
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
};
const TAG: Readonly<Record<string, Scope>> = { tag: 'tag', tags: 'tag' };

export const experimentGrammar: Grammar = {
  entity: 'experiment',
  prefixes: { ...ATTRIBUTE, ...TAG },
  attributes: { name: 'text', experiment_id: 'text', creation_time: 'number', last_update_time: 'number' },
  aliases: {},
  orderableScopes: [],
  history: false,
};

export const runGrammar: Grammar = {
  entity: 'run',
  prefixes: {
    ...ATTRIBUTE,
    ...TAG,
    run: 'attribute',
    metric: 'metric',
    metrics: 'metric',
    param: 'param',
    params: 'param',
    parameter: 'param',
    parameters: 'param',
    dataset: 'dataset',
    datasets: 'dataset',
  },
  attributes: {
    run_id: 'text',
    run_name: 'text',
    status: 'text',
    user_id: 'text',
    artifact_uri: 'text',
    start_time: 'number',
    end_time: 'number',
  },
  aliases: {
    created: 'start_time',
    Created: 'start_time',
    'run name': 'run_name',
    'Run name': 'run_name',
    'Run Name': 'run_name',
    run_uuid: 'run_id',
  },
  keys: { dataset: ['name', 'digest', 'context'] },
  orderableScopes: ['metric', 'param', 'tag'],
  history: true,
};

export const loggedModelGrammar: Grammar = {
  entity: 'logged model',
  prefixes: { ...ATTRIBUTE, ...TAG, metric: 'metric', metrics: 'metric', param: 'param', params: 'param' },
  attributes: {
    name: 'text',
    model_id: 'text',
    experiment_id: 'text',
    source_run_id: 'text',
    model_type: 'text',
    status: 'text',
    creation_timestamp: 'number',
    last_updated_timestamp: 'number',
  },
  aliases: { creation_time: 'creation_timestamp', last_updated_time: 'last_updated_timestamp' },
  orderableScopes: ['metric'],
  history: false,
};

export const registeredModelGrammar: Grammar = {
  entity: 'registered model',
  prefixes: { ...ATTRIBUTE, ...TAG },
  attributes: { name: 'text', creation_timestamp: 'number', last_updated_timestamp: 'number' },
  aliases: { timestamp: 'last_updated_timestamp' },
  orderableScopes: [],
  history: false,
};

export const modelVersionGrammar: Grammar = {
  entity: 'model version',
  prefixes: { ...ATTRIBUTE, ...TAG },
  attributes: {
    name: 'text',
    run_id: 'text',
    source_path: 'text',
    version_number: 'number',
    creation_timestamp: 'number',
    last_updated_timestamp: 'number',
  },
  aliases: {},
  orderableScopes: [],
  history: false,
};

export const traceGrammar: Grammar = {
  entity: 'trace',
  prefixes: {
    ...ATTRIBUTE,
    ...TAG,
    trace: 'attribute',
    request_metadata: 'metadata',
    metadata: 'metadata',
    span: 'span',
    feedback: 'feedback',
    expectation: 'expectation',
    issue: 'issue',
  },
  attributes: {
    request_id: 'text',
    timestamp_ms: 'number',
    execution_time_ms: 'number',
    end_time_ms: 'number',
    status: 'text',
    client_request_id: 'text',
    name: 'text',
    run_id: 'text',
    prompt: 'text',
    text: 'text',
    experiment_id: 'text',
  },
  aliases: {
    timestamp: 'timestamp_ms',
    execution_time: 'execution_time_ms',
    end_time: 'end_time_ms',
    trace_id: 'request_id',
    state: 'status',
    execution_duration: 'execution_time_ms',
    request_time: 'timestamp_ms',
  },
  orderableScopes: [],
  history: false,
};
