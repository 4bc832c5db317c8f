import type { Database } from '../db/port.ts';
import type { Access } from '../governance/access.ts';
import type { TableName } from '../governance/tables.ts';
import { AppError } from '../kernel/errors.ts';
import type { GovernanceExecutor } from './governance-execution.ts';
import type { HeldLakeTable, OpenLakeTable, SpelledName } from './lake-tables.ts';
import { readParameters, type StatementParameter } from './parameters.ts';
import { parseStatement } from './parser.ts';
import type { NeededTable } from './query-analysis.ts';
import type { OfferedTable } from './query-messages.ts';
import type { QueryProcesses } from './query-processes.ts';
import { renderForDuckDb } from './query-text.ts';
import {
  type Disposition,
  type ResultFormat,
  type ResultLimits,
  writeCsvRow,
  writeJsonRow,
} from './results.ts';
import { DEFAULT_PLACE, type Place, type SqlSessions } from './sessions.ts';
import type { ResultStore, StoredResult } from './statement-results.ts';
import type { StatementTable } from './statement-tables.ts';
import type { QueryStatement } from './statement-tree.ts';

export interface StatementRequest {
  readonly text: string;
  readonly parameters: readonly StatementParameter[];
  /** Where names of fewer than three parts lie, where there is no session to say it. */
  readonly place: Partial<Place>;
  readonly sessionId: string | undefined;
  readonly format: ResultFormat;
  readonly disposition: Disposition;
  readonly rowLimit: number | undefined;
  readonly byteLimit: number | undefined;
}

export interface StatementRunnerDependencies {
  readonly db: Database;
  readonly processes: QueryProcesses;
  readonly results: ResultStore;
  readonly sessions: SqlSessions;
  readonly governance: GovernanceExecutor;
  readonly tables: readonly StatementTable[];
  readonly openLakeTable: OpenLakeTable;
  onError(error: unknown): void;
}

const MIB = 2 ** 20;
const PART_BYTES = 8 * MIB;
/** What an answer in JSON may carry; parsed and written again by the server's one thread. */
const INLINE_BYTES = 16 * MIB;
const MAX_RESULT_BYTES = 1024 * MIB;
const MAX_TABLE_ROWS = 5_000_000;

/** Runs single statements to their end, and keeps what they give. */
export function createStatementRunner(dependencies: StatementRunnerDependencies) {
  const { db, processes, results, sessions, governance, tables, openLakeTable, onError } = dependencies;

  async function perform(
    request: StatementRequest,
    access: Access,
    signal: AbortSignal,
  ): Promise<StoredResult> {
    const sink = results.open(signal);
    try {
      const statement = parseStatement(request.text);
      const limits = limitsOf(request);
      if (statement.kind === 'query') {
        const truncated = await runQuery(statement, request, { access, signal, sink, limits });
        return { columns: sink.described, parts: sink.parts, truncated };
      }
      const place = await placeOf(request, access);
      const { columns, rows, moveTo } = await governance.execute(statement, { access, place });
      if (moveTo !== undefined && request.sessionId !== undefined)
        await sessions.move(request.sessionId, moveTo, access);
      const shown = rows.slice(0, request.rowLimit);
      if (request.format === 'ARROW_STREAM') {
        await processes.encode({ columns, rows: shown }, { sink, signal, owner: ownerOf(access) });
      } else {
        const isCsv = request.format === 'CSV';
        const text = isCsv
          ? [columns.map(({ name }) => name), ...shown].map(writeCsvRow).join('')
          : `[${shown.map(writeJsonRow).join(',')}]`;
        await sink.part(shown.length, Buffer.from(text));
      }
      return { columns, parts: sink.parts, truncated: shown.length < rows.length };
    } catch (error) {
      await results.remove(sink.parts).catch(onError);
      throw error;
    }
  }

  async function runQuery(
    statement: QueryStatement,
    request: StatementRequest,
    {
      access,
      signal,
      sink,
      limits,
    }: {
      readonly access: Access;
      readonly signal: AbortSignal;
      readonly sink: ReturnType<ResultStore['open']>;
      readonly limits: ResultLimits;
    },
  ): Promise<boolean> {
    const parameters = readParameters(request.parameters);
    const names = new Set(parameters.flatMap(({ name }) => name ?? []));
    const job = {
      query: renderForDuckDb(statement.query, names),
      about: statement.about,
      parameters,
      format: request.format,
      limits,
      tables: tables.map(({ name, columns, narrowing }) => ({
        name,
        narrowing,
        columns: columns.map((column) => column.name),
        types: columns.map((column) => column.type),
      })),
    };
    const held: HeldLakeTable[] = [];
    try {
      return await processes.query(job, {
        sink,
        signal,
        owner: ownerOf(access),
        load: (needed) => load(needed, access),
        async offer(names) {
          const place = await placeOf(request, access);
          const offered: OfferedTable[] = [];
          for (const name of names) {
            const table = await openLakeTable(fullName(name, place), access, signal);
            if (table === undefined) continue;
            held.push(table);
            const { columns, partitionColumn, files } = table;
            offered.push({ name, columns, partitionColumn, files });
          }
          return offered;
        },
      });
    } finally {
      for (const table of held) table.release();
    }
  }

  async function* load(needed: readonly NeededTable[], access: Access) {
    for (const { name, only } of needed) {
      const table = tables.find((known) => known.name === name);
      if (table === undefined) throw new AppError('Internal', `A query asked for the table ${name}.`);
      let count = 0;
      for await (const rows of table.pages(db, access, only)) {
        count += rows.length;
        if (count > MAX_TABLE_ROWS) throw tooManyRows(table);
        if (rows.length > 0) yield { table: name, rows };
      }
    }
  }

  async function placeOf({ sessionId, place }: StatementRequest, access: Access): Promise<Place> {
    const from = sessionId === undefined ? DEFAULT_PLACE : await sessions.find(sessionId, access);
    return { catalog: place.catalog ?? from.catalog, schema: place.schema ?? from.schema };
  }

  return {
    /** Whether it takes no time worth a word: every statement but queries, and what is none. */
    isQuick(text: string): boolean {
      try {
        return parseStatement(text).kind !== 'query';
      } catch {
        return true;
      }
    },
    /** Where names of fewer than three parts lie. @throws AppError NotFound for an unknown session. */
    placeOf,
    /** @throws AppError what is wrong with the statement; the signal's reason. Nothing is kept then. */
    perform,
  };
}

/** Who has a share of the processes. */
const ownerOf = ({ principal }: Access): string | undefined =>
  principal.kind === 'local' ? undefined : principal.id;

export type StatementRunner = ReturnType<typeof createStatementRunner>;

const fullName = (parts: SpelledName, { catalog, schema }: Place): TableName => ({
  catalog: parts.at(-3) ?? catalog,
  schema: parts.at(-2) ?? schema,
  name: parts.at(-1) ?? '',
});

function limitsOf({ disposition, rowLimit, byteLimit }: StatementRequest): ResultLimits {
  const isInline = disposition === 'INLINE';
  return {
    partBytes: isInline ? 'whole' : PART_BYTES,
    maxBytes: isInline ? INLINE_BYTES : MAX_RESULT_BYTES,
    rowLimit,
    byteLimit,
  };
}

const tooManyRows = ({ name, narrowing }: StatementTable) =>
  new AppError(
    'LimitExceeded',
    `The query reads more than ${MAX_TABLE_ROWS} rows of ${name}: name ${narrowing.join(', or ')} in its WHERE, compared with a constant.`,
  );
