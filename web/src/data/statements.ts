import { getFrom, sendTo } from './request.ts';
import { RequestError } from './request-error.ts';

export interface StatementColumn {
  readonly name: string;
  readonly type_text: string;
}

export interface StatementResult {
  readonly columns: readonly StatementColumn[];
  /** Values as text; null for none. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** There were more rows than are asked for. */
  readonly isCut: boolean;
}

type State = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'CLOSED';

interface Chunk {
  readonly data_array?: readonly (readonly (string | null)[])[];
}

interface StatementAnswer {
  readonly statement_id: string;
  readonly status: {
    readonly state: State;
    readonly error?: { readonly error_code: string; readonly message: string };
  };
  readonly manifest?: {
    readonly schema: { readonly columns: readonly StatementColumn[] };
    readonly total_chunk_count: number;
    readonly truncated: boolean;
  };
  readonly result?: Chunk;
}

const PATH = '/api/2.0/sql/statements';
/** More than anybody scrolls through; a LIMIT, or the API, gives others. */
export const MOST_ROWS = 10_000;
const FIRST_WAIT_MS = 40;
const LONGEST_WAIT_MS = 1000;

/**
 * Runs a statement under the reader's rights and waits for its end; an abort cancels it on the server.
 * @throws RequestError with the server's words for what is wrong with the statement.
 */
export async function runStatement(statement: string, signal: AbortSignal): Promise<StatementResult> {
  let answer = await sendTo<StatementAnswer>('POST', PATH, {
    statement,
    wait_timeout: '0s',
    on_wait_timeout: 'CONTINUE',
    format: 'JSON_ARRAY',
    disposition: 'INLINE',
    row_limit: MOST_ROWS,
  });
  const id = answer.statement_id;
  const place = `${PATH}/${encodeURIComponent(id)}`;
  try {
    for (let wait = FIRST_WAIT_MS; isGoing(answer); wait = Math.min(LONGEST_WAIT_MS, wait * 1.6)) {
      await pause(wait, signal);
      answer = await getFrom<StatementAnswer>(place, signal);
    }
  } catch (error) {
    if (signal.aborted) await sendTo('POST', `${place}/cancel`, {});
    throw error;
  }
  const { state, error } = answer.status;
  if (state !== 'SUCCEEDED')
    throw new RequestError(error?.message ?? `The statement was ended: ${state.toLowerCase()}.`, {
      code: error?.error_code ?? state,
    });
  const { manifest } = answer;
  const rows = [...(answer.result?.data_array ?? [])];
  for (let part = 1; part < (manifest?.total_chunk_count ?? 0); part++) {
    const chunk = await getFrom<Chunk>(`${place}/result/chunks/${part}`, signal);
    for (const row of chunk.data_array ?? []) rows.push(row);
  }
  return { columns: manifest?.schema.columns ?? [], rows, isCut: manifest?.truncated ?? false };
}

const isGoing = ({ status }: StatementAnswer): boolean =>
  status.state === 'PENDING' || status.state === 'RUNNING';

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
}
