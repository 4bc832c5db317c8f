import type { Database } from '../db/port.ts';
import type { RowColumn, RowColumnType } from '../db/row-source.ts';
import type { Access } from '../governance/access.ts';
import type { Catalogs } from '../governance/catalogs.ts';
import type { Schemas } from '../governance/schemas.ts';
import type { ExecutionContext, GovernanceResult, StatementSecurables } from './governance-execution.ts';
import { matcherOf } from './like-pattern.ts';
import { TABLES_CATALOG, TABLES_SCHEMA } from './query-text.ts';
import { type ResultColumn, stringColumn } from './results.ts';
import type { Place } from './sessions.ts';
import type { StatementTable } from './statement-tables.ts';
import type { GovernanceStatement, NamedSecurable } from './statement-tree.ts';

type Show = Extract<GovernanceStatement, { readonly kind: 'show' }>;

export interface ShowsDependencies {
  readonly db: Database;
  readonly catalogs: Pick<Catalogs, 'list'>;
  readonly schemas: Pick<Schemas, 'list'>;
  readonly securables: StatementSecurables;
  /** Those of `system.mlflow`. */
  readonly tables: readonly StatementTable[];
  /** Volumes and tables of a schema that the caller sees, by name. */
  listNames(
    what: 'volumes' | 'tables',
    schema: { readonly catalog: string; readonly schema: string },
    access: Access,
  ): Promise<readonly string[]>;
}

const PAGE = 1000;

/** Databricks' words for the types of the tracking tables' columns. */
const TYPE_TEXTS: Readonly<Record<RowColumnType, string>> = {
  string: 'STRING',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
};

const SHOWN_COLUMNS: readonly ResultColumn[] = [
  ...['col_name', 'catalogName', 'namespace', 'tableName', 'columnType'].map(stringColumn),
  ...['columnSize', 'decimalDigits', 'radix', 'ordinalPosition'].map((name) => ({
    name,
    typeName: 'INT',
    typeText: 'INT',
  })),
  ...['isNullable', 'isAutoIncrement', 'isGenerated', 'remarks'].map(stringColumn),
];

/** What there is, as far as the caller sees it. */
export function createShows(dependencies: ShowsDependencies) {
  const { db, catalogs, schemas, securables, tables, listNames } = dependencies;

  async function catalogNames(access: Access): Promise<readonly string[]> {
    const names = [TABLES_CATALOG];
    let pageToken: string | undefined;
    do {
      const page = await catalogs.list(access, { maxResults: PAGE, pageToken });
      names.push(...page.items.map(({ name }) => name));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    return names.sort();
  }

  async function schemaNames(catalog: string, access: Access): Promise<readonly string[]> {
    if (isTables(catalog)) return [TABLES_SCHEMA];
    await securables.require({ type: 'CATALOG', name: [catalog] }, 'see', access);
    const names: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await schemas.list(access, catalog, { maxResults: PAGE, pageToken });
      names.push(...page.items.map(({ name }) => name));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    return names;
  }

  const catalogsOf = async ({ place }: Show, { access, place: here }: ExecutionContext) =>
    place === 'everywhere' ? catalogNames(access) : [place?.[0] ?? here.catalog];

  /** The schemas that a statement looks in: `IN schema`, `IN catalog.schema`, `IN catalog`, or where the session is. */
  async function schemasOf(statement: Show, context: ExecutionContext) {
    const like = matcherOf(statement.schemaLike);
    return (await namedSchemas(statement, context)).filter(({ schema }) => like(schema));
  }

  async function namedSchemas(statement: Show, context: ExecutionContext): Promise<readonly Place[]> {
    const { place } = statement;
    const { access, place: here } = context;
    if (place === undefined) return [here];
    const all: { catalog: string; schema: string }[] = [];
    if (place === 'everywhere') {
      for (const catalog of await catalogNames(access))
        for (const schema of await schemaNames(catalog, access)) all.push({ catalog, schema });
      return all;
    }
    const [first, second] = place as [string, string?];
    if (second === undefined && (await isCatalog(first, access))) {
      for (const schema of await schemaNames(first, access)) all.push({ catalog: first, schema });
      return all;
    }
    const found =
      second === undefined ? { catalog: here.catalog, schema: first } : { catalog: first, schema: second };
    if (!isTables(found.catalog))
      await securables.require({ type: 'SCHEMA', name: [found.catalog, found.schema] }, 'see', access);
    return [found];
  }

  async function isCatalog(name: string, access: Access): Promise<boolean> {
    if (isTables(name)) return true;
    return (await catalogNames(access)).some((known) => known.toLowerCase() === name.toLowerCase());
  }

  async function showSchemas(statement: Show, context: ExecutionContext): Promise<GovernanceResult> {
    const like = matcherOf(statement.like);
    const rows: (readonly string[])[] = [];
    for (const catalog of await catalogsOf(statement, context))
      for (const schema of await schemaNames(catalog, context.access))
        if (like(schema)) rows.push([schema, catalog]);
    const second = statement.place === 'everywhere' ? 'catalog' : 'catalogName';
    return { columns: ['databaseName', second].map(stringColumn), rows };
  }

  async function showTables(statement: Show, context: ExecutionContext): Promise<GovernanceResult> {
    const like = matcherOf(statement.like);
    const rows: (readonly (string | null)[])[] = [];
    for (const { catalog, schema } of await schemasOf(statement, context)) {
      const found = isTables(catalog)
        ? tables.map(({ name, comment }) => ({ name, comment, type: 'VIEW' }))
        : (await listNames('tables', { catalog, schema }, context.access)).map((name) => ({
            name,
            comment: null,
            type: 'TABLE',
          }));
      for (const { name, comment, type } of found)
        if (like(name)) rows.push([schema, name, 'false', null, catalog, type, comment]);
    }
    // In the order in which clients of this API count them.
    const columns = [
      'namespace',
      'tableName',
      'isTemporary',
      'information',
      'catalogName',
      'tableType',
      'remarks',
    ];
    return {
      columns: columns.map((name) =>
        name === 'isTemporary' ? { name, typeName: 'BOOLEAN', typeText: 'BOOLEAN' } : stringColumn(name),
      ),
      rows,
    };
  }

  async function showModels(statement: Show, context: ExecutionContext): Promise<GovernanceResult> {
    const like = matcherOf(statement.like);
    const wanted = new Set(
      (await schemasOf(statement, context)).map(({ catalog, schema }) =>
        `${catalog}.${schema}`.toLowerCase(),
      ),
    );
    const models = tables.find(({ name }) => name === 'registered_models')!;
    const rows: string[][] = [];
    for await (const page of models.pages(db, context.access, {})) {
      for (const [name, catalog, schema] of page as readonly (readonly [string, string, string])[]) {
        const prefix = `${catalog}.${schema}.`;
        const last = name.startsWith(prefix) ? name.slice(prefix.length) : name;
        if (wanted.has(`${catalog}.${schema}`.toLowerCase()) && like(last)) rows.push([prefix + last]);
      }
    }
    return { columns: [stringColumn(statement.what === 'functions' ? 'function' : 'model')], rows };
  }

  async function showVolumes(statement: Show, context: ExecutionContext): Promise<GovernanceResult> {
    const like = matcherOf(statement.like);
    const rows: string[][] = [];
    for (const place of await schemasOf(statement, context)) {
      if (isTables(place.catalog)) continue;
      for (const name of await listNames('volumes', place, context.access))
        if (like(name)) rows.push([place.schema, name]);
    }
    return { columns: ['database', 'volume_name'].map(stringColumn), rows };
  }

  /** Those of the tracking tables, which are the only ones whose columns are known here. */
  function showColumns({ place, schemaLike, tableLike, like }: Show): GovernanceResult {
    const parts = place === undefined || place === 'everywhere' ? [] : place;
    const [catalog, table] =
      parts.length === 1 && !isTables(parts[0]!)
        ? [TABLES_CATALOG, parts[0]]
        : [parts[0] ?? TABLES_CATALOG, parts[2]];
    const isShown = isTables(catalog!) && matcherOf(schemaLike)(TABLES_SCHEMA);
    const ofTable = matcherOf(table ?? tableLike);
    const ofColumn = matcherOf(like);
    const rows = tables
      .filter(({ name }) => isShown && ofTable(name))
      .flatMap(({ name, columns }) =>
        columns.map((column, i) => [
          column.name,
          TABLES_CATALOG,
          TABLES_SCHEMA,
          name,
          TYPE_TEXTS[column.type],
          null,
          null,
          null,
          String(i),
          'true',
          'NO',
          'NO',
          column.comment,
        ]),
      )
      .filter(([name]) => ofColumn(name!));
    return { columns: SHOWN_COLUMNS, rows };
  }

  return {
    async show(statement: Show, context: ExecutionContext): Promise<GovernanceResult> {
      switch (statement.what) {
        case 'catalogs': {
          const names = (await catalogNames(context.access)).filter(matcherOf(statement.like));
          return { columns: [stringColumn('catalog')], rows: names.map((name) => [name]) };
        }
        case 'schemas':
          return showSchemas(statement, context);
        case 'tables':
          return showTables(statement, context);
        case 'functions':
        case 'models':
          return showModels(statement, context);
        case 'volumes':
          return showVolumes(statement, context);
        case 'columns':
          return showColumns(statement);
      }
    },

    /** DESCRIBE of what lies in the catalog of the tracking tables; undefined for everything else. */
    describe({ type, name }: NamedSecurable): GovernanceResult | undefined {
      const [catalog, schema, last] = name;
      if (type === 'TABLE') {
        // A query finds these under their last name alone, wherever the session looks.
        const isWhole = catalog?.toLowerCase() === TABLES_CATALOG && schema?.toLowerCase() === TABLES_SCHEMA;
        const wanted = name.length === 1 ? catalog : isWhole ? last : undefined;
        const table = tables.find((known) => known.name === wanted?.toLowerCase());
        return table === undefined ? undefined : describeTable(table.columns);
      }
      if (catalog?.toLowerCase() !== TABLES_CATALOG || !['CATALOG', 'SCHEMA'].includes(type))
        return undefined;
      return {
        columns: ['info_name', 'info_value'].map(stringColumn),
        rows: [
          ['Catalog Name', TABLES_CATALOG],
          ...(type === 'SCHEMA' ? [['Namespace Name', TABLES_SCHEMA]] : []),
          [
            'Comment',
            'What is tracked and registered, as tables: each shows the rows that its reader may see',
          ],
        ],
      };
    },
  };
}

export type Shows = ReturnType<typeof createShows>;

const isTables = (catalog: string): boolean => catalog.toLowerCase() === TABLES_CATALOG;

const describeTable = (columns: readonly RowColumn[]): GovernanceResult => ({
  columns: ['col_name', 'data_type', 'comment'].map(stringColumn),
  rows: columns.map(({ name, type, comment }) => [name, TYPE_TEXTS[type], comment]),
});
