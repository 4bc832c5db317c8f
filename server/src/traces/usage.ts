import { pythonFloat, pythonObject } from './python-json.ts';
import { parseRawJson, type RawJson, rawMember, rawString } from './raw-json.ts';

/** A sum over a trace's spans: tokens, or money in US dollars. */
export type Amounts = ReadonlyMap<string, number>;

/** How amounts of one kind are read, summed and written. */
export interface AmountKind {
  /** Always in a sum, zero where no span has them. */
  readonly keys: readonly string[];
  /** In a sum only where a span has them. */
  readonly optional: readonly string[];
  readonly whole: boolean;
}

export const TOKENS: AmountKind = {
  keys: ['input_tokens', 'output_tokens', 'total_tokens'],
  optional: [
    'cache_read_input_tokens',
    'cache_creation_input_tokens',
    'cache_creation_input_tokens_above_1hr',
  ],
  whole: true,
};

export const COST: AmountKind = {
  keys: ['input_cost', 'output_cost', 'total_cost'],
  optional: [],
  whole: false,
};

/** Reads a JSON object of amounts; undefined where it has none of the known keys. */
export function readAmounts(json: string | undefined, kind: AmountKind): Amounts | undefined {
  const value = json === undefined ? undefined : parseRawJson(json);
  const amounts = new Map<string, number>();
  for (const key of [...kind.keys, ...kind.optional]) {
    const amount = numberOf(rawMember(value, key));
    if (amount !== undefined && (!kind.whole || Number.isSafeInteger(amount))) amounts.set(key, amount);
  }
  return amounts.size === 0 ? undefined : amounts;
}

function numberOf(value: RawJson | undefined): number | undefined {
  const text = value?.kind === 'number' ? value.text : rawString(value)?.trim();
  const number = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

export function writeAmounts(amounts: Amounts, kind: AmountKind): string {
  const write = kind.whole ? String : pythonFloat;
  return pythonObject(
    [...kind.keys, ...kind.optional].flatMap((key) => {
      const amount = amounts.get(key);
      return amount === undefined ? [] : [[key, write(amount)] as const];
    }),
  );
}

export interface AmountNode {
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly amounts: Amounts | undefined;
}

/**
 * The sum over a trace's spans. A span that states amounts speaks for everything below it: parents often hold the sums
 * of their children. Source: `_aggregate_from_nodes` of MLflow 3.17.2.
 */
export function sumAmounts(nodes: readonly AmountNode[], kind: AmountKind): Amounts | undefined {
  const known = new Set(nodes.map(({ spanId }) => spanId));
  const isRoot = ({ parentSpanId }: AmountNode) => parentSpanId === undefined || !known.has(parentSpanId);
  const children = Map.groupBy(
    nodes.filter((node) => !isRoot(node)),
    ({ parentSpanId }) => parentSpanId!,
  );
  const sum = new Map<string, number>(kind.keys.map((key) => [key, 0]));
  let found = false;
  const waiting = nodes.filter(isRoot);
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.amounts === undefined) {
      waiting.push(...(children.get(node.spanId) ?? []));
      continue;
    }
    found = true;
    for (const [key, amount] of node.amounts) sum.set(key, (sum.get(key) ?? 0) + amount);
  }
  return found ? sum : undefined;
}
