// The bare program: what the hardware and the libraries allow when nothing is checked. It answers the requests of
// the benchmark with the paths and bodies of MLflow's REST protocol, durably, and nothing else.
//
//   node bench/limit/main.ts --port 5001 --home FOLDER [--postgres postgres://…]
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { receiveFile, sendFile } from './artifacts.ts';
import { openPostgresStore } from './postgres-store.ts';
import { parseSearch } from './requests.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store, Write } from './store.ts';

const API = '/api/2.0/mlflow/';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts/';

const WRITES: Readonly<Record<string, Write['kind']>> = {
  'experiments/create': 'create-experiment',
  'runs/create': 'create-run',
  'runs/log-batch': 'log-batch',
  'registered-models/create': 'create-model',
  'registered-models/alias': 'set-alias',
  'model-versions/create': 'create-version',
};

function send(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function sendError(response: ServerResponse, error: unknown): void {
  send(response, JSON.stringify({ error_code: 'INTERNAL_ERROR', message: String(error) }), 500);
}

function handlePost(store: Store, operation: string, text: string, response: ServerResponse): void {
  const body = JSON.parse(text);
  if (operation === 'runs/search') {
    const found = store.search(parseSearch(body));
    if (typeof found === 'string') send(response, found);
    else found.then((json) => send(response, json)).catch((error: unknown) => sendError(response, error));
    return;
  }
  const write: Write =
    operation === 'runs/log-metric'
      ? { kind: 'log-batch', body: { run_id: body.run_id, metrics: [body] } }
      : { kind: WRITES[operation]!, body };
  store.write(write, (answer) =>
    typeof answer === 'string' ? send(response, answer) : sendError(response, answer),
  );
}

async function handleGet(store: Store, operation: string, query: URLSearchParams): Promise<string> {
  const field = (name: string): string => query.get(name) ?? '';
  switch (operation) {
    case 'runs/get':
      return store.getRun(field('run_id'));
    case 'registered-models/alias':
      return store.aliasVersion(field('name'), field('alias'));
    case 'metrics/get-history':
      return store.history({
        runId: field('run_id'),
        key: field('metric_key'),
        limit: Number(query.get('max_results') ?? -1),
        offset: Number(query.get('page_token') ?? 0),
      });
    default:
      throw new Error(`unknown path: ${operation}`);
  }
}

function handle(store: Store, artifacts: string, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  if (url === '/health') {
    send(response, '"OK"');
    return;
  }
  if (url.startsWith(ARTIFACTS)) {
    const name = url.slice(ARTIFACTS.length);
    const done =
      request.method === 'PUT'
        ? receiveFile(request, artifacts, name).then(() => send(response, '{}'))
        : sendFile(response, artifacts, name);
    done.catch((error: unknown) => sendError(response, error));
    return;
  }
  const question = url.indexOf('?');
  const operation = url.slice(API.length, question < 0 ? undefined : question);
  if (request.method === 'GET') {
    handleGet(store, operation, new URLSearchParams(question < 0 ? '' : url.slice(question)))
      .then((json) => send(response, json))
      .catch((error: unknown) => sendError(response, error));
    return;
  }
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    try {
      const body = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
      handlePost(store, operation, body.toString(), response);
    } catch (error) {
      sendError(response, error);
    }
  });
}

const { values } = parseArgs({
  options: { port: { type: 'string' }, home: { type: 'string' }, postgres: { type: 'string' } },
});
const home = path.resolve(values.home ?? '.');
mkdirSync(home, { recursive: true });
const store =
  values.postgres === undefined
    ? openSqliteStore(path.join(home, 'bare.db'))
    : await openPostgresStore(values.postgres);
const artifacts = path.join(home, 'artifacts');
createServer((request, response) => handle(store, artifacts, request, response)).listen(
  Number(values.port),
  '127.0.0.1',
);
process.on('SIGTERM', () => process.exit(0));
