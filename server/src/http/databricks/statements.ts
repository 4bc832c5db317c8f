import type { AppError, ErrorCode } from '../../kernel/errors.ts';
import { invalidArgument, notFound } from '../../kernel/errors.ts';
import type { StatementParameter } from '../../statements/parameters.ts';
import type { ResultLinks } from '../../statements/result-links.ts';
import type { Disposition, ResultFormat } from '../../statements/results.ts';
import type { StoredResult } from '../../statements/statement-results.ts';
import type { StatementRequest } from '../../statements/statement-runner.ts';
import type { Statements, StatementView } from '../../statements/statements.ts';
import { objectList, optionalInt64, optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

export interface StatementRoutesDependencies {
  readonly statements: Statements;
  readonly links: ResultLinks;
}

const STATEMENTS = '/api/2.0/sql/statements';
const FORMATS: readonly ResultFormat[] = ['JSON_ARRAY', 'ARROW_STREAM', 'CSV'];
const DISPOSITIONS: readonly Disposition[] = ['INLINE', 'EXTERNAL_LINKS', 'INLINE_OR_EXTERNAL_LINKS'];
const MAX_TEXT_CHARACTERS = 16 * 2 ** 20;
const DEFAULT_WAIT = '10s';
const MAX_WAIT_SECONDS = 50;
/** Links in one answer; the next are asked for by the number of their part. */
const LINKS_AT_ONCE = 32;

/** Databricks' API for statements. A statement belongs to who sent it; to all others it does not exist. */
export function statementRoutes({
  statements,
  links,
}: StatementRoutesDependencies): readonly DatabricksRoute[] {
  async function render(view: StatementView, call: DatabricksCall): Promise<object> {
    const answer = { statement_id: view.id, status: renderStatus(view) };
    if (view.result === undefined) return answer;
    return {
      ...answer,
      manifest: renderManifest(view, view.result),
      result: await renderPart({ view, index: 0, call }),
    };
  }

  async function renderPart({ view, index, call }: PartOf): Promise<object> {
    const result = view.result!;
    const part = result.parts[index];
    if (part === undefined)
      throw invalidArgument(`The result has ${result.parts.length} parts, numbered from 0 on.`, {
        field: 'chunk_index',
      });
    if (!view.inline) return { external_links: linksFrom({ view, index, call }) };
    const { bytes } = await statements.readPart(view.id, index);
    const body = await whole(bytes);
    return {
      ...describePart(result, index),
      ...(view.format === 'JSON_ARRAY'
        ? { data_array: JSON.parse(body.toString('utf8')) as unknown }
        : { attachment: body.toString('base64') }),
    };
  }

  function linksFrom({ view, index, call }: PartOf): readonly object[] {
    const result = view.result!;
    return result.parts.slice(index, index + LINKS_AT_ONCE).map((_, i) => {
      const part = index + i;
      const link = links.sign({ statementId: view.id, part });
      const isLast = part === result.parts.length - 1;
      return {
        ...describePart(result, part),
        external_link: `${call.caller.origin}${STATEMENTS}/${view.id}/result/files/${part}${link.query}`,
        expiration: new Date(link.expiresAtMs).toISOString(),
        ...(!isLast && {
          next_chunk_index: part + 1,
          next_chunk_internal_link: `${STATEMENTS}/${view.id}/result/chunks/${part + 1}`,
        }),
      };
    });
  }

  return [
    {
      method: 'POST',
      path: STATEMENTS,
      summary: 'Runs a statement of SQL',
      access: 'filtered',
      async handle(call) {
        const { body } = call;
        const request = readRequest(body);
        const onTimeout = oneOf(body, 'on_wait_timeout', ['CONTINUE', 'CANCEL'] as const) ?? 'CONTINUE';
        const wait = { waitMs: readWait(optionalString(body, 'wait_timeout') ?? DEFAULT_WAIT), onTimeout };
        return render(await statements.execute(request, call.caller.access, wait), call);
      },
    },
    {
      method: 'GET',
      path: `${STATEMENTS}/:id`,
      summary: 'Tells the state of a statement, and its result',
      access: 'filtered',
      handle: async (call) => render(await statements.get(call.path.id!, call.caller.access), call),
    },
    {
      method: 'GET',
      path: `${STATEMENTS}/:id/result/chunks/:index`,
      summary: 'Gives a part of a result',
      access: 'filtered',
      async handle(call) {
        const view = await statements.get(call.path.id!, call.caller.access);
        const index = /^\d{1,9}$/.test(call.path.index!) ? Number(call.path.index) : Number.NaN;
        if (view.result === undefined)
          throw notFound(`The statement ${view.id} has no result: it is ${view.state}.`);
        return renderPart({ view, index, call });
      },
    },
    {
      method: 'POST',
      path: `${STATEMENTS}/:id/cancel`,
      summary: 'Cancels a statement',
      access: 'filtered',
      async handle({ path, caller }) {
        await statements.cancel(path.id!, caller.access);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${STATEMENTS}/:id`,
      summary: 'Ends a statement, and removes its result',
      access: 'filtered',
      async handle({ path, caller }) {
        await statements.close(path.id!, caller.access);
        return {};
      },
    },
  ];
}

interface PartOf {
  readonly view: StatementView;
  readonly index: number;
  readonly call: DatabricksCall;
}

function readRequest(body: JsonObject): StatementRequest {
  const text = requiredString(body, 'statement');
  if (text.length > MAX_TEXT_CHARACTERS)
    throw invalidArgument(`'statement' has more than ${MAX_TEXT_CHARACTERS} characters.`, {
      field: 'statement',
    });
  const format = oneOf(body, 'format', FORMATS) ?? 'JSON_ARRAY';
  const disposition = oneOf(body, 'disposition', DISPOSITIONS) ?? 'INLINE';
  if (disposition === 'INLINE' && format !== 'JSON_ARRAY')
    throw invalidArgument(`The disposition INLINE takes the format JSON_ARRAY alone, not ${format}.`, {
      field: 'format',
    });
  const [catalog, schema] = [optionalString(body, 'catalog'), optionalString(body, 'schema')];
  return {
    text,
    format,
    // Text in a base64 attachment helps nobody.
    disposition: format === 'CSV' ? 'EXTERNAL_LINKS' : disposition,
    parameters: objectList(body, 'parameters').map(readParameter),
    place: { ...(catalog && { catalog }), ...(schema && { schema }) },
    sessionId: optionalString(body, 'session_id') || undefined,
    rowLimit: readLimit(body, 'row_limit'),
    byteLimit: readLimit(body, 'byte_limit'),
  };
}

function readParameter(parameter: JsonObject, i: number): StatementParameter {
  const path = `parameters[${i}]`;
  const { value } = parameter;
  const isScalar =
    ['string', 'number', 'bigint', 'boolean', 'undefined'].includes(typeof value) || value === null;
  if (!isScalar) throw invalidArgument(`'${path}.value' must be a string.`, { field: `${path}.value` });
  // Ordinal numbers come as numbers, too.
  const name =
    typeof parameter.name === 'number' ? String(parameter.name) : optionalString(parameter, 'name');
  return {
    name: name || undefined,
    value: value === undefined || value === null ? null : String(value),
    type: optionalString(parameter, 'type') || undefined,
  };
}

/** None for 0 and what is missing: clients send 0 for no limit. */
function readLimit(body: JsonObject, name: string): number | undefined {
  const limit = optionalInt64(body, name);
  if (limit === undefined || limit === 0) return undefined;
  if (limit < 0) throw invalidArgument(`'${name}' cannot be negative.`, { field: name });
  return Number(limit);
}

function readWait(text: string): number {
  const [, seconds] = /^(\d{1,3})s$/.exec(text) ?? [];
  if (seconds === undefined || Number(seconds) > MAX_WAIT_SECONDS)
    throw invalidArgument(
      `'wait_timeout' is 0s, or from 5s to ${MAX_WAIT_SECONDS}s; got '${text.slice(0, 20)}'.`,
      {
        field: 'wait_timeout',
      },
    );
  return Number(seconds) * 1000;
}

function oneOf<Word extends string>(
  body: JsonObject,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = optionalString(body, name);
  if (text === undefined || text === '') return undefined;
  const found = words.find((word) => word === text.toUpperCase());
  if (found !== undefined) return found;
  throw invalidArgument(`'${name}' is one of ${words.join(', ')}; got '${text.slice(0, 100)}'.`, {
    field: name,
  });
}

/** Databricks' words for what went wrong with a statement; its API itself answers otherwise. */
const ERROR_CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  NotFound: 'NOT_FOUND',
  AlreadyExists: 'ALREADY_EXISTS',
  LimitExceeded: 'RESOURCE_EXHAUSTED',
  DeadlineExceeded: 'DEADLINE_EXCEEDED',
  Unavailable: 'TEMPORARILY_UNAVAILABLE',
  Internal: 'INTERNAL_ERROR',
};

function renderStatus({ state, error }: StatementView): object {
  if (error === undefined || state === 'CANCELED') return { state };
  const code = ERROR_CODES[error.code satisfies AppError['code']] ?? 'BAD_REQUEST';
  const message = error.reason === undefined ? error.message : `[${error.reason}] ${error.message}`;
  return { state, error: { error_code: code, message } };
}

function renderManifest({ format }: StatementView, result: StoredResult): object {
  return {
    format,
    schema: {
      column_count: result.columns.length,
      columns: result.columns.map(({ name, typeName, typeText, precision, scale }, position) => ({
        name,
        type_text: typeText,
        type_name: typeName,
        position,
        ...(precision !== undefined && { type_precision: precision, type_scale: scale ?? 0 }),
      })),
    },
    total_chunk_count: result.parts.length,
    chunks: result.parts.map((_, i) => describePart(result, i)),
    total_row_count: result.parts.reduce((sum, part) => sum + part.rows, 0),
    total_byte_count: result.parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    truncated: result.truncated,
  };
}

function describePart({ parts }: StoredResult, index: number) {
  return {
    chunk_index: index,
    row_offset: parts.slice(0, index).reduce((sum, part) => sum + part.rows, 0),
    row_count: parts[index]!.rows,
    byte_count: parts[index]!.sizeBytes,
  };
}

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
