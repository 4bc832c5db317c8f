import { setTimeout as wait } from 'node:timers/promises';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { writeTextTable } from './text-table.ts';

export const SQL_FLAGS = ['url', 'token', 'format', 'catalog', 'schema'] as const;

export interface SqlCommand {
  readonly statement: string;
  /** Of the server, without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly format: 'table' | 'csv' | 'json';
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
}

export interface SqlCommandDependencies {
  fetch(url: string, init: RequestInit): Promise<Response>;
  write(text: string): void;
}

const FORMATS = ['table', 'csv', 'json'] as const;
const POLL_MS = 500;
/** A call that gets no answer for as long is given up; statements themselves are polled. */
const CALL_TIMEOUT_MS = 120_000;

/** @throws AppError InvalidArgument for what is no such command. */
export function readSqlCommand(
  flags: Partial<Record<(typeof SQL_FLAGS)[number], string>>,
  {
    rest,
    env,
  }: { readonly rest: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> },
): SqlCommand {
  const [statement, ...more] = rest;
  if (statement === undefined || statement.trim() === '' || more.length > 0)
    throw invalidArgument('Expected one statement: `slipway sql "SELECT …"`.');
  const format = FORMATS.find((known) => known === (flags.format ?? 'table'));
  if (format === undefined)
    throw invalidArgument(`--format is one of ${FORMATS.join(', ')}; got '${flags.format}'.`, {
      field: 'format',
    });
  const url = flags.url ?? env.DATABRICKS_HOST ?? 'http://127.0.0.1:5000';
  if (!/^https?:\/\/[^/]/.test(url))
    throw invalidArgument(`--url is the address of a server, such as http://127.0.0.1:5000; got '${url}'.`, {
      field: 'url',
    });
  return {
    statement,
    url: url.replace(/\/+$/, ''),
    token: flags.token ?? env.SLIPWAY_TOKEN ?? env.DATABRICKS_TOKEN,
    format,
    catalog: flags.catalog,
    schema: flags.schema,
  };
}

interface Column {
  readonly name: string;
  readonly type_name: string;
}

interface Link {
  readonly external_link: string;
  readonly next_chunk_index?: number;
}

/** What is read of the API's answers. */
interface StatementAnswer {
  readonly statement_id: string;
  readonly status: { readonly state: string; readonly error?: { readonly message: string } };
  readonly manifest?: { readonly schema: { readonly columns: readonly Column[] } };
  readonly result?: { readonly external_links?: readonly Link[] };
}

/**
 * Sends a statement to a running server and writes its result.
 * @throws AppError InvalidArgument with the server's message for a statement that fails; Unavailable for a server that
 *   does not answer.
 */
export async function runSqlCommand(
  dependencies: SqlCommandDependencies,
  command: SqlCommand,
): Promise<void> {
  const { write } = dependencies;
  const statements = '/api/2.0/sql/statements';
  let answer = (await callApi(dependencies, command, {
    path: statements,
    body: {
      statement: command.statement,
      warehouse_id: 'slipway',
      wait_timeout: '30s',
      disposition: 'EXTERNAL_LINKS',
      format: command.format === 'csv' ? 'CSV' : 'JSON_ARRAY',
      catalog: command.catalog,
      schema: command.schema,
    },
  })) as StatementAnswer;
  while (['PENDING', 'RUNNING'].includes(answer.status.state)) {
    await wait(POLL_MS);
    answer = (await callApi(dependencies, command, {
      path: `${statements}/${answer.statement_id}`,
    })) as StatementAnswer;
  }
  if (answer.status.state !== 'SUCCEEDED')
    throw invalidArgument(answer.status.error?.message ?? `The statement is ${answer.status.state}.`);
  const columns = answer.manifest!.schema.columns;
  const parts = readParts(dependencies, command, answer);
  if (command.format === 'csv') {
    for await (const text of parts) write(text);
    return;
  }
  const rows: (string | null)[][] = [];
  for await (const text of parts) {
    for (const row of JSON.parse(text) as (string | null)[][]) rows.push(row);
  }
  if (command.format === 'json') write(`${writeJson(columns, rows)}\n`);
  else if (columns.length > 0)
    write(
      writeTextTable(
        columns.map(({ name }) => name),
        rows,
      ),
    );
}

async function* readParts(
  dependencies: SqlCommandDependencies,
  command: SqlCommand,
  { statement_id: id, result }: StatementAnswer,
): AsyncGenerator<string> {
  let links = result?.external_links ?? [];
  while (links.length > 0) {
    let next: number | undefined;
    for (const link of links) {
      // The link is the permission: no credential goes with it.
      const response = await reach(dependencies, link.external_link, {});
      if (!response.ok)
        throw new AppError('Unavailable', `The server gave no result: status ${response.status}.`);
      yield await response.text();
      next = link.next_chunk_index;
    }
    if (next === undefined) return;
    const path = `/api/2.0/sql/statements/${id}/result/chunks/${next}`;
    links = ((await callApi(dependencies, command, { path })) as { external_links: readonly Link[] })
      .external_links;
  }
}

async function callApi(
  dependencies: SqlCommandDependencies,
  { url, token }: SqlCommand,
  { path, body }: { readonly path: string; readonly body?: object },
): Promise<unknown> {
  const response = await reach(dependencies, url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && typeof answer === 'object' && answer !== null) return answer;
  const message = (answer as { message?: unknown } | undefined)?.message;
  throw invalidArgument(
    typeof message === 'string'
      ? message
      : `${url} answered with status ${response.status}: is it a Slipway server?`,
  );
}

async function reach({ fetch }: SqlCommandDependencies, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  } catch (cause) {
    throw new AppError('Unavailable', `${new URL(url).origin} does not answer: is the server running?`, {
      cause,
    });
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['BYTE', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE']);
const NESTED: ReadonlySet<string> = new Set(['ARRAY', 'MAP', 'STRUCT']);

/** A list of objects, one a line. Numbers that JSON or its readers would change stay texts. */
function writeJson(columns: readonly Column[], rows: readonly (readonly (string | null)[])[]): string {
  const lines = rows.map((row) =>
    JSON.stringify(
      Object.fromEntries(columns.map(({ name, type_name }, i) => [name, readValue(row[i]!, type_name)])),
    ),
  );
  return lines.length === 0 ? '[]' : `[\n${lines.map((line) => `  ${line}`).join(',\n')}\n]`;
}

function readValue(text: string | null, typeName: string): unknown {
  if (text === null) return null;
  if (typeName === 'BOOLEAN') return text === 'true';
  if (NESTED.has(typeName)) return JSON.parse(text) as unknown;
  const number = NUMBERS.has(typeName) ? Number(text) : Number.NaN;
  const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
  return isExact ? number : text;
}
