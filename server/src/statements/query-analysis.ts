import { invalidArgument } from '../kernel/errors.ts';
import type { SpelledName } from './lake-tables.ts';
import { type KnownTable, narrowingsOf } from './query-narrowing.ts';
import { TABLES_SCHEMA } from './query-text.ts';

/** DuckDB's own tree of a query, as its `json_serialize_sql` gives it. */
export interface TreeNode {
  readonly [field: string]: unknown;
}

export interface NeededTable {
  readonly name: string;
  /** Values of columns besides which no rows are wanted; see `RowQuery`. */
  readonly only: Readonly<Record<string, readonly string[]>>;
}

/**
 * Table functions that make rows of their arguments alone. All others read files, the network, or the engine's own
 * state: they are refused by not being here.
 */
export const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  'generate_series',
  'json_each',
  'json_tree',
  'range',
  'repeat',
  'repeat_row',
  'unnest',
]);

/** Functions of values that tell of the engine, change it, or run text as SQL. */
export const REFUSED_FUNCTION =
  /^(pg_|has_|duckdb_|pragma_|icu_|__internal|current_setting$|getvariable$|getenv$|nextval$|currval$|write_log$|parse_duckdb_log_message$|txid_current$|in_search_path$|current_database$|current_schemas?$|current_catalog$|current_query|current_connection|current_transaction|query|read_|glob$|sniff|which_secret$|json_execute_serialized_sql$|json_serialize_plan$|error$|sleep|version$|user$|current_user$|current_role$|session_user$|get_block_size$|array_to_json_file)/;

/** Names that DuckDB keeps for views of its own state. */
const RESERVED = /^(duckdb_|pragma_|sqlite_|pg_)/;

export interface ReadTables {
  readonly known: readonly NeededTable[];
  /** Tables that are not among the known ones, each once, by the parts of their names as the query spells them. */
  readonly others: readonly SpelledName[];
}

/**
 * What a query reads, from its tree.
 * @throws AppError InvalidArgument for a function that reaches beyond the query's own data.
 */
export function analyseQuery(
  tree: TreeNode,
  {
    tables,
    parameters,
  }: {
    readonly tables: readonly KnownTable[];
    /** Values by the names that the tree has for them. */
    readonly parameters: Readonly<Record<string, string>>;
  },
): ReadTables {
  const known = new Map(tables.map((table) => [table.name, table]));
  const withNames = new Set<string>();
  const named: TreeNode[] = [];
  for (const node of nodesOf(tree)) {
    checkFunction(node);
    for (const name of withNamesOf(node)) withNames.add(name);
    if (node.type === 'BASE_TABLE') named.push(node);
    else if (typeof node.table_name === 'string') checkShown(node);
  }
  const counts = new Map<string, number>();
  const others = new Map<string, SpelledName>();
  for (const node of named) {
    const name = tableNameOf(node);
    if (known.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    else if (!isWithName(node, withNames)) others.set(name, partsOf(node));
  }
  const narrowings = narrowingsOf(nodesOf(tree), { known, parameters });
  // A condition of one mention says nothing of another.
  return {
    known: [...counts].map(([name, count]) => ({
      name,
      only: count === 1 ? (narrowings.get(name) ?? {}) : {},
    })),
    others: [...others.values()],
  };
}

/** Every object of the tree, whatever it is. The depth of a query is the caller's choice, our stack is not. */
function* nodesOf(tree: TreeNode): Generator<TreeNode> {
  const waiting: unknown[] = [tree];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (!Array.isArray(next)) yield next as TreeNode;
    for (const child of Object.values(next))
      if (typeof child === 'object' && child !== null) waiting.push(child);
  }
}

function checkFunction(node: TreeNode): void {
  if (node.type === 'TABLE_FUNCTION') {
    const name = functionNameOf(node.function);
    if (name === undefined || !TABLE_FUNCTIONS.has(name)) throw refusedFunction(name ?? 'a function');
  }
  const name = functionNameOf(node);
  if (name !== undefined && REFUSED_FUNCTION.test(name)) throw refusedFunction(name);
}

function functionNameOf(node: unknown): string | undefined {
  const name = (node as TreeNode | undefined)?.function_name;
  return typeof name === 'string' ? name.toLowerCase() : undefined;
}

const refusedFunction = (name: string) =>
  invalidArgument(
    `The function ${name.slice(0, 100)} is not available: a query reads the tables of its caller alone.`,
  );

function withNamesOf(node: TreeNode): readonly string[] {
  const entries = (node.cte_map as TreeNode | undefined)?.map;
  const names = Array.isArray(entries) ? entries.map((entry: TreeNode) => String(entry.key)) : [];
  if (typeof node.cte_name === 'string') names.push(node.cte_name);
  if (typeof node.ctename === 'string') names.push(node.ctename);
  const reserved = names.find((name) => RESERVED.test(name.toLowerCase()));
  if (reserved !== undefined) throw invalidArgument(`WITH cannot use the name ${reserved.slice(0, 100)}.`);
  return names.map((name) => name.toLowerCase());
}

/** `DESCRIBE` and `SUMMARIZE` of a query look at the query alone; of a name, they are statements of their own. */
function checkShown(node: TreeNode): void {
  if (node.type !== 'SHOW_REF' || node.query === null)
    throw invalidArgument('SHOW and DESCRIBE of a name cannot stand within a query.');
}

const partsOf = (node: TreeNode): SpelledName =>
  ['catalog_name', 'schema_name', 'table_name']
    .map((field) => String(node[field] ?? ''))
    .filter((part) => part !== '');

/** In lower case; with the schema where it is not that of the known tables. */
function tableNameOf(node: TreeNode): string {
  const parts = partsOf(node).map((part) => part.toLowerCase());
  return parts.length === 2 && parts[0] === TABLES_SCHEMA ? parts[1]! : parts.join('.');
}

const isWithName = (node: TreeNode, names: ReadonlySet<string>): boolean =>
  node.schema_name === '' && node.catalog_name === '' && names.has(String(node.table_name).toLowerCase());

/** Said of what is not there, and of what the caller may not know of. */
export const unknownTable = (name: SpelledName, tables: readonly KnownTable[]) =>
  invalidArgument(
    `The table ${name.join('.').toLowerCase().slice(0, 200)} does not exist. The tables are ${tables
      .map((table) => `system.mlflow.${table.name}`)
      .join(', ')}.`,
    { reason: 'TABLE_OR_VIEW_NOT_FOUND' },
  );
