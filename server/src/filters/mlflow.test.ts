import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import {
  experimentGrammar,
  type Grammar,
  loggedModelGrammar,
  modelVersionGrammar,
  registeredModelGrammar,
  runGrammar,
  traceGrammar,
} from './grammars.ts';
import { parseOrderBy } from './order.ts';
import { parseFilter } from './parser.ts';
import type { FilterNode, Literal } from './tree.ts';

// What MLflow 3.17.2 makes of the same texts; written by tools/filter-fixture.py.
interface Clause {
  scope: string;
  key: string;
  op: string;
  value: unknown;
}
interface Judged<Meaning> {
  text: string;
  accepted: boolean;
  meaning: Meaning;
}
interface Fixture {
  filters: Record<string, Judged<Clause[]>[]>;
  orders: Record<string, Judged<{ scope: string; key: string; descending: boolean }>[]>;
}

const fixture: Fixture = JSON.parse(readFileSync(new URL('./mlflow.fixture.json', import.meta.url), 'utf8'));

const grammars: Record<string, Grammar> = {
  runs: runGrammar,
  experiments: experimentGrammar,
  loggedModels: loggedModelGrammar,
  registeredModels: registeredModelGrammar,
  modelVersions: modelVersionGrammar,
  traces: traceGrammar,
};

const SCOPES: Record<string, string> = {
  parameter: 'param',
  params: 'param',
  metrics: 'metric',
  tags: 'tag',
  attributes: 'attribute',
  request_metadata: 'metadata',
};

/** MLflow resolves these after parsing, or not at all where its column bears the other name. */
const ALIASES: Record<string, string> = {
  created: 'start_time',
  Created: 'start_time',
  'run name': 'run_name',
  'Run name': 'run_name',
  'Run Name': 'run_name',
  creation_timestamp_ms: 'creation_timestamp',
  last_updated_timestamp_ms: 'last_updated_timestamp',
  timestamp: 'last_updated_timestamp',
};

function canonical(scope: string, key: string): string {
  const ours = SCOPES[scope] ?? scope;
  return `${ours}.${ours === 'attribute' ? (ALIASES[key] ?? key) : key}`;
}

/** What is said here in other words than MLflow's: an integer is compared with integers. */
const OTHERWISE: Record<string, string> = {
  'start_time > 1690000000000.5': 'attribute.start_time >= 1690000000001',
  'execution_time < 100.5': 'attribute.execution_time_ms <= 100',
  'creation_timestamp > 1.5': 'attribute.creation_timestamp >= 2',
  "version_number = '1'": 'attribute.version_number = 1',
  "attributes.timestamp = '5'": 'attribute.timestamp_ms = 5',
  // MLflow's logged models take double quotes for a part of the text, so that nothing matches.
  'params.opt = "adam"': 'param.opt = "adam"',
};

function sentence(node: FilterNode | undefined): string {
  if (node === undefined) return '';
  switch (node.kind) {
    case 'and':
      return node.nodes.map(sentence).join(' AND ');
    case 'or':
      return node.nodes.map(sentence).join(' OR ');
    case 'not':
      return negated(sentence(node.node));
    case 'compare':
      return `${name(node)} ${node.op} ${literal(node.value)}`;
    case 'like':
      return `${name(node)} ${node.caseSensitive ? 'LIKE' : 'ILIKE'} ${JSON.stringify(node.pattern)}`;
    case 'matches':
      return `${name(node)} RLIKE ${JSON.stringify(node.pattern)}`;
    case 'in':
      return `${name(node)} IN ${node.values.map(literal).join()}`;
    case 'null':
      return `${name(node)} IS NULL`;
  }
}

const name = (node: { field: { scope: string; key: string } }) => `${node.field.scope}.${node.field.key}`;
const negated = (text: string) => text.replace(' IN ', ' NOT IN ').replace(' IS NULL', ' IS NOT NULL');
const literal = (value: Literal) =>
  value.kind === 'string' ? JSON.stringify(value.text) : String(value.value);

function mlflowSentence(clauses: readonly Clause[]): string {
  return clauses
    .map(({ scope, key, op, value }) => {
      const field = canonical(scope, key);
      if (op.startsWith('IS')) return `${field} ${op}`;
      if (Array.isArray(value)) return `${field} ${op} ${value.map((item) => JSON.stringify(item)).join()}`;
      // MLflow keeps the numbers of metrics as texts until it compares.
      const isNumber = SCOPES[scope] === 'metric' || scope === 'metric';
      if (typeof value === 'object' && value !== null) return `${field} ${op} Infinity`;
      return `${field} ${op} ${isNumber ? Number(value) : JSON.stringify(value)}`;
    })
    .join(' AND ');
}

/** What this language has beyond MLflow's, of the texts that MLflow refuses. */
const BEYOND: Record<string, string[]> = {
  runs: [
    'metrics.a == 1',
    'metrics.a <> 1',
    'metrics.a > 1 OR metrics.b > 1',
    "metrics.a > 1 AND (params.b = 'x')",
    "params.model NOT LIKE 'L%'",
    "params.model IN ('a')",
    "status IN ('FINISHED')",
    'status IS NULL',
    'start_time IN (5)',
    '(metrics.a > 1)',
    'NOT metrics.a > 1',
  ],
  experiments: [
    "attributes.name = 'x'",
    "name IN ('a')",
    "experiment_id LIKE '1'",
    'creation_time = 5.5',
    'name IS NULL',
    "name = 'a' OR name = 'b'",
  ],
  loggedModels: ['tags.a IS NULL', "name = 'a' OR name = 'b'"],
  registeredModels: ['tags.a IS NULL', "tags.a IN ('x')", "name = 'a' OR name = 'b'"],
  modelVersions: ["source_path IN ('a')", 'version_number = 1.5', "attributes.name = 'm'"],
  traces: ["timestamp = '5'", "name IN ('a','b')", "tags.a IN ('x')"],
};
/** Regular expressions of users have no bound on their time. */
const ORDERS_BEYOND = ['end_time asc'];

describe.each(Object.entries(fixture.filters))('filters of %s', (kind, cases) => {
  const grammar = grammars[kind]!;
  const taken = cases.filter(({ accepted }) => accepted);
  it.each(taken)('reads as MLflow does: $text', ({ text, meaning }) => {
    expect(sentence(parseFilter(text, grammar))).toBe(OTHERWISE[text] ?? mlflowSentence(meaning));
  });

  it('accepts of what MLflow refuses only what is listed', () => {
    const accepted = cases
      .filter((judged) => !judged.accepted)
      .map(({ text }) => text)
      .filter((text) => isAccepted(() => parseFilter(text, grammar)));
    expect(accepted).toEqual(BEYOND[kind]);
  });
});

describe.each(Object.entries(fixture.orders))('orders of %s', (kind, cases) => {
  const grammar = grammars[kind]!;
  it.each(cases.filter(({ accepted }) => accepted))('reads as MLflow does: $text', ({ text, meaning }) => {
    const [term] = parseOrderBy([text], grammar);
    expect([`${term!.field.scope}.${term!.field.key}`, term!.descending]).toEqual([
      canonical(meaning.scope, meaning.key),
      meaning.descending,
    ]);
  });

  it('refuses what MLflow refuses', () => {
    const refused = cases.filter(({ accepted, text }) => !accepted && !ORDERS_BEYOND.includes(text));
    expect(refused.filter(({ text }) => isAccepted(() => parseOrderBy([text], grammar)))).toEqual([]);
  });
});

function isAccepted(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return false;
  }
}
