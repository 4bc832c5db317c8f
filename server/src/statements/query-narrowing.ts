import type { TreeNode } from './query-analysis.ts';

export interface KnownTable {
  /** In lower case. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns for whose values the rows can be asked. */
  readonly narrowing: readonly string[];
}

type Only = Record<string, readonly string[]>;

interface Mention {
  readonly table: KnownTable;
  /** What its columns are called by, in lower case. */
  readonly alias: string;
  readonly only: Only;
}

interface Options {
  readonly known: ReadonlyMap<string, KnownTable>;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * What the conditions of a query say of the rows that it needs of each table: of `WHERE a.run_id = 'x' AND …` that no
 * others of `a` are. Only what can never change the answer: top-level equalities with constants, in a WHERE over tables
 * joined by INNER and LEFT joins; such a condition is false for the rows that are left out, and for the NULLs that a
 * LEFT JOIN puts in their place. A run lies in one experiment, so what is joined by `run_id` shares both.
 */
export function narrowingsOf(nodes: Iterable<TreeNode>, options: Options): ReadonlyMap<string, Only> {
  const narrowings = new Map<string, Only>();
  for (const node of nodes) {
    if (node.type !== 'SELECT_NODE' || !isObject(node.from_table) || isObject(node.sample)) continue;
    const from = readFrom(node.from_table, options.known);
    if (from === undefined) continue;
    for (const condition of conjuncts(node.where_clause)) apply(condition, from, options.parameters);
    share(from);
    for (const { table, only } of from.mentions) narrowings.set(table.name, only);
  }
  return narrowings;
}

interface From {
  readonly mentions: readonly Mention[];
  /** Pairs of mentions that are joined by their run ids. */
  readonly byRun: readonly (readonly [Mention, Mention])[];
  /** Whether a column without a table's name stands for that of every table that has it. */
  readonly shared: boolean;
}

/** Undefined where anything but known tables and plain joins stands in the FROM. */
function readFrom(node: TreeNode, known: ReadonlyMap<string, KnownTable>): From | undefined {
  if (node.type === 'BASE_TABLE') {
    const name = String(node.table_name).toLowerCase();
    const table = known.get(name);
    const aliases = node.column_name_alias;
    const plain = !isObject(node.sample) && !(Array.isArray(aliases) && aliases.length > 0);
    if (table === undefined || !plain) return undefined;
    const alias = String(node.alias ?? '').toLowerCase() || name;
    return { mentions: [{ table, alias, only: {} }], byRun: [], shared: true };
  }
  if (node.type !== 'JOIN' || !isObject(node.left) || !isObject(node.right)) return undefined;
  const kind = String(node.join_type);
  if (!['INNER', 'LEFT'].includes(kind) || !['REGULAR', 'CROSS', 'NATURAL'].includes(String(node.ref_type)))
    return undefined;
  const left = readFrom(node.left, known);
  const right = readFrom(node.right, known);
  if (left === undefined || right === undefined) return undefined;
  const byRun = [...left.byRun, ...right.byRun];
  const mentions = [...left.mentions, ...right.mentions];
  const using = Array.isArray(node.using_columns) ? node.using_columns.map(lower) : [];
  if (using.includes('run_id')) {
    const pair = [left, right].map((side) =>
      side.mentions.filter(({ table }) => table.columns.includes('run_id')),
    );
    // With more than one on a side it is not told which of them is meant.
    if (pair.every((side) => side.length === 1)) byRun.push([pair[0]![0]!, pair[1]![0]!]);
  }
  for (const condition of conjuncts(node.condition)) {
    if (condition.type !== 'COMPARE_EQUAL') continue;
    const a = findColumn(condition.left, mentions);
    const b = findColumn(condition.right, mentions);
    if (a?.column === 'run_id' && b?.column === 'run_id') byRun.push([a.mention, b.mention]);
  }
  return { mentions, byRun, shared: kind === 'INNER' && left.shared && right.shared };
}

function apply(condition: TreeNode, from: From, parameters: Readonly<Record<string, string>>): void {
  let column: unknown;
  let constants: readonly unknown[];
  if (condition.type === 'COMPARE_EQUAL') {
    const flipped = isObject(condition.right) && condition.right.class === 'COLUMN_REF';
    column = flipped ? condition.right : condition.left;
    constants = [flipped ? condition.left : condition.right];
  } else if (condition.type === 'COMPARE_IN' && Array.isArray(condition.children)) {
    [column, ...constants] = condition.children as unknown[];
  } else {
    return;
  }
  for (const { mention, name } of columnsMeant(column, from)) {
    if (!mention.table.narrowing.includes(name)) continue;
    const values = constants.map((constant) => readConstant(constant, name, parameters));
    if (values.includes(undefined)) continue;
    const before = mention.only[name];
    const wanted = values as string[];
    mention.only[name] = before === undefined ? wanted : before.filter((value) => wanted.includes(value));
  }
}

/** The columns that a name in the WHERE stands for. */
function columnsMeant(node: unknown, { mentions, shared }: From): { mention: Mention; name: string }[] {
  const names = columnNames(node);
  if (names === undefined) return [];
  if (names.length === 1) {
    const name = names[0]!;
    if (!shared) return [];
    // Of several tables that have it DuckDB takes the one name only where a join has made them equal.
    return mentions.filter(({ table }) => table.columns.includes(name)).map((mention) => ({ mention, name }));
  }
  const found = findColumn(node, mentions);
  return found === undefined ? [] : [{ mention: found.mention, name: found.column }];
}

function findColumn(
  node: unknown,
  mentions: readonly Mention[],
): { mention: Mention; column: string } | undefined {
  const names = columnNames(node);
  if (names?.length !== 2) return undefined;
  const [alias, column] = names as [string, string];
  const found = mentions.filter((mention) => mention.alias === alias);
  return found.length === 1 ? { mention: found[0]!, column } : undefined;
}

/** What is joined by the run is of the same run, and of the same experiment. */
function share({ mentions, byRun }: From): void {
  for (const _ of mentions) {
    for (const [a, b] of byRun) {
      for (const name of ['run_id', 'experiment_id']) {
        a.only[name] ??= b.only[name]!;
        b.only[name] ??= a.only[name]!;
        if (a.only[name] === undefined) {
          delete a.only[name];
          delete b.only[name];
        }
      }
    }
  }
}

/** The texts that are equal to a constant of the query; undefined for what is none. */
function readConstant(
  node: unknown,
  column: string,
  parameters: Readonly<Record<string, string>>,
): string | undefined {
  if (!isObject(node)) return undefined;
  if (node.class === 'PARAMETER') return parameters[String(node.identifier)];
  const value = node.class === 'CONSTANT' ? node.value : undefined;
  if (!isObject(value) || value.is_null === true || !isObject(value.type)) return undefined;
  const type = value.type.id;
  if (type === 'VARCHAR' && typeof value.value === 'string') return value.value;
  // Ids of experiments are decimal digits, without zeros in front.
  const isNumber = type === 'INTEGER' || type === 'BIGINT' || type === 'INTEGER_LITERAL';
  return isNumber && column === 'experiment_id' ? String(value.value) : undefined;
}

function* conjuncts(node: unknown): Generator<TreeNode> {
  if (!isObject(node)) return;
  if (node.type === 'CONJUNCTION_AND' && Array.isArray(node.children)) {
    for (const child of node.children as unknown[]) yield* conjuncts(child);
  } else {
    yield node;
  }
}

function columnNames(node: unknown): readonly string[] | undefined {
  if (!isObject(node) || node.class !== 'COLUMN_REF' || !Array.isArray(node.column_names)) return undefined;
  return node.column_names.map(lower);
}

const lower = (value: unknown): string => String(value).toLowerCase();
const isObject = (value: unknown): value is TreeNode => typeof value === 'object' && value !== null;
