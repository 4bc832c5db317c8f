import { HISTORY_KEY, spread } from '../data/shape.ts';
import { type Connection, prepareRequest } from '../load/connection.ts';
import type { Requests, Scenario, Subject } from './scenario.ts';

const API = '/api/2.0/mlflow';
const CONNECTIONS = 16;
const PAGE = 100;
const LARGE_PAGE = 1000;
const HISTORY_PAGE = 25_000;
/** A run with the fixed data takes more than this in any server's JSON. */
const RUN_BYTES = 1200;

interface SearchBody {
  readonly filter?: string;
  readonly order_by?: readonly string[];
}

interface WireRun {
  readonly info: { readonly run_name: string; readonly start_time: number; readonly status: string };
  readonly data: Readonly<
    Record<'metrics' | 'params' | 'tags', readonly Readonly<Record<string, unknown>>[] | undefined>
  >;
}

function searchRequest(
  { experimentId }: Subject,
  body: SearchBody & { max_results?: number; page_token?: string },
): Buffer {
  return prepareRequest(
    'POST',
    `${API}/runs/search`,
    JSON.stringify({
      experiment_ids: [experimentId],
      run_view_type: 'ACTIVE_ONLY',
      max_results: PAGE,
      ...body,
    }),
  );
}

function search(body: (i: number) => SearchBody): Pick<Scenario, 'plan' | 'probe'> {
  return {
    plan(subject): Requests {
      let count = 0;
      return {
        kind: 'requests',
        connections: CONNECTIONS,
        unitsPerAnswer: 1,
        next: () => ({
          bytes: searchRequest(subject, body(count++)),
          minBytes: Math.min(PAGE, subject.runIds.length / 100) * RUN_BYTES,
        }),
      };
    },
    probe: {
      request: (subject) => searchRequest(subject, body(0)),
      summarise: (answer) => (answer as { runs?: WireRun[] }).runs?.map(summariseRun).join('\n') ?? 'no runs',
    },
  };
}

function summariseRun({ info, data }: WireRun): string {
  const pairs = (['metrics', 'params', 'tags'] as const).flatMap((kind) =>
    (data[kind] ?? []).map(
      ({ key, value, step, timestamp }) => `${kind}.${key}=${value}@${step ?? ''}/${timestamp ?? ''}`,
    ),
  );
  return `${info.run_name} ${info.status} ${info.start_time} ${pairs.sort().join(' ')}`;
}

/** Varies a bound from request to request, so that no answer can be kept ready. */
const bound = (i: number, from: number, to: number): string => (from + (to - from) * spread(i, 7)).toFixed(4);

async function pageThrough(subject: Subject, connection: Connection): Promise<number> {
  let runs = 0;
  let token: string | undefined;
  do {
    const body = { max_results: LARGE_PAGE, ...(token !== undefined && { page_token: token }) };
    const answer = await connection.exchange(searchRequest(subject, body), { keepBody: true });
    if (answer.status !== 200) throw new Error(`runs/search answered ${answer.status}`);
    // Reading the whole JSON would measure this program's parser; the token stands at either end.
    token = nextPageToken(answer.body);
    runs += count(answer.body, '"run_name"');
  } while (token !== undefined);
  if (runs !== subject.runIds.length)
    throw new Error(`paged through ${runs} of ${subject.runIds.length} runs`);
  return runs;
}

function nextPageToken(body: Buffer): string | undefined {
  const at = body.lastIndexOf('"next_page_token"');
  if (at < 0) return undefined;
  const token = /^"next_page_token": *"([^"]+)"/.exec(body.toString('latin1', at, at + 2000))?.[1];
  return token === undefined ? undefined : (JSON.parse(`"${token}"`) as string);
}

function count(body: Buffer, text: string): number {
  let found = 0;
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + text.length)) found += 1;
  return found;
}

const historyRequest = ({ historyRunId }: Subject, query: string): Buffer =>
  prepareRequest(
    'GET',
    `${API}/metrics/get-history?run_id=${historyRunId}&metric_key=${HISTORY_KEY}${query}`,
  );

async function readHistory(
  subject: Subject,
  connection: Connection,
  pageSize: number | undefined,
): Promise<number> {
  let points = 0;
  let token: string | undefined;
  do {
    const page = pageSize === undefined ? '' : `&max_results=${pageSize}`;
    const rest = token === undefined ? '' : `&page_token=${encodeURIComponent(token)}`;
    const answer = await connection.exchange(historyRequest(subject, page + rest), { keepBody: true });
    if (answer.status !== 200) throw new Error(`metrics/get-history answered ${answer.status}`);
    token = nextPageToken(answer.body);
    points += count(answer.body, '"step"');
  } while (token !== undefined);
  if (points !== subject.historyPoints) throw new Error(`read ${points} of ${subject.historyPoints} points`);
  return points;
}

function summariseHistory(answer: unknown): string {
  const { metrics = [] } = answer as { metrics?: { step: number; value: number; timestamp: number }[] };
  return metrics.map(({ step, value, timestamp }) => `${step} ${timestamp} ${value}`).join('\n');
}

export const reads: readonly Scenario[] = [
  {
    name: 'get-run',
    title: 'get run',
    unit: 'requests/s',
    bar: { peer: 40, bare: 0.5 },
    plan({ runIds }) {
      let count = 0;
      return {
        kind: 'requests',
        connections: CONNECTIONS,
        unitsPerAnswer: 1,
        next: () => {
          const runId = runIds[Math.floor(spread(count++, 5) * runIds.length)]!;
          return {
            bytes: prepareRequest('GET', `${API}/runs/get?run_uuid=${runId}&run_id=${runId}`),
            minBytes: RUN_BYTES,
          };
        },
      };
    },
    probe: {
      request: ({ runIds }) => prepareRequest('GET', `${API}/runs/get?run_id=${runIds[17]!}`),
      summarise: (answer) => summariseRun((answer as { run: WireRun }).run),
    },
  },
  {
    name: 'search-page',
    title: 'search: default page',
    unit: 'requests/s',
    bar: { peer: 50, bare: 0.5 },
    ...search(() => ({})),
  },
  {
    name: 'search-metric',
    title: 'search: metric filter, metric order',
    unit: 'requests/s',
    bar: { peer: 50, bare: 0.5 },
    ...search((i) => ({ filter: `metrics.m3 > ${bound(i, 0.3, 0.9)}`, order_by: ['metrics.m3 ASC'] })),
  },
  {
    name: 'search-complex',
    title: 'search: tag LIKE, metric, param; two orders',
    unit: 'requests/s',
    bar: { peer: 50, bare: 0.5 },
    ...search((i) => ({
      filter: `tags.team LIKE 'team-1%' AND metrics.m1 > ${bound(i, 0.1, 0.3)} AND params.p2 = 'v3'`,
      order_by: ['params.p4 DESC', 'metrics.m5 ASC'],
    })),
  },
  {
    name: 'page-all',
    title: 'page through all runs by 1,000, one connection',
    unit: 'runs/s',
    bar: { peer: 20, bare: 0.5 },
    plan: (subject) => ({ kind: 'sequence', run: (connection) => pageThrough(subject, connection) }),
  },
  {
    name: 'history-pages',
    title: 'read a history by pages of 25,000, one connection',
    unit: 'points/s',
    bar: { peer: 20, bare: 0.5 },
    plan: (subject) => ({
      kind: 'sequence',
      run: (connection) => readHistory(subject, connection, HISTORY_PAGE),
    }),
    probe: {
      request: (subject) => historyRequest(subject, '&max_results=1000'),
      summarise: summariseHistory,
    },
  },
  {
    name: 'history-whole',
    title: 'read a history in one answer, one connection',
    unit: 'points/s',
    bar: { peer: 20, bare: 0.5 },
    plan: (subject) => ({
      kind: 'sequence',
      run: (connection) => readHistory(subject, connection, undefined),
    }),
    probe: { request: (subject) => historyRequest(subject, ''), summarise: summariseHistory },
  },
];
