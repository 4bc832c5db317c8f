import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { DeltaProcesses } from '../delta/delta-processes.ts';
import { AppError, invalidArgument, unavailable } from '../kernel/errors.ts';
import { runBatch, type Score } from './batch-inference.ts';
import { openBatchResults } from './batch-results.ts';
import { openBatchSource } from './batch-sources.ts';
import type { Gateway } from './gateway/gateway-port.ts';
import type { Route } from './gateway/lane.ts';
import { type ModelAddress, parseModelAddress } from './model-address.ts';
import type { TrackingServer } from './model-sources.ts';
import { readNumber } from './serve-command.ts';
import { openSingleModel, type SingleModelDependencies } from './single-model.ts';

export interface PredictCommand {
  /** A model that is run here, or an endpoint of the server that is asked. */
  readonly by:
    | { readonly kind: 'model'; readonly address: ModelAddress }
    | { readonly kind: 'endpoint'; readonly name: string };
  readonly input: string;
  readonly output: string;
  /** A JSON object for the model beside the rows; undefined for its own values. */
  readonly params: string | undefined;
  readonly chunkRows: number;
  readonly workers: number;
  /** For one chunk. */
  readonly timeoutMs: number;
}

export interface PredictDependencies extends SingleModelDependencies {
  readonly gateway: Gateway;
  readonly processes: DeltaProcesses;
}

const USAGE =
  'Expected `slipway models predict -m MODEL -i rows.csv -o answers.csv`, or --endpoint NAME --url http://… instead of -m.';
const CONTENT_TYPES = {
  json: 'application/json',
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
};

/** @throws AppError InvalidArgument for what is no such command. */
export function readPredictCommand(flags: {
  readonly 'model-uri'?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  readonly params?: string | undefined;
  readonly batch?: string | undefined;
  readonly workers?: string | undefined;
  readonly timeout?: string | undefined;
}): PredictCommand {
  const {
    'model-uri': model,
    endpoint,
    input,
    output,
    params,
    batch = '4096',
    workers = '1',
    timeout = '600',
  } = flags;
  if (input === undefined || output === undefined || (model === undefined) === (endpoint === undefined))
    throw invalidArgument(USAGE);
  return {
    by:
      endpoint === undefined
        ? { kind: 'model', address: parseModelAddress(model!) }
        : { kind: 'endpoint', name: endpoint },
    input: path.resolve(input),
    output: path.resolve(output),
    params: params === undefined ? undefined : readParams(params),
    chunkRows: readNumber('batch', batch, { least: 1, most: 1_000_000 }),
    workers: readNumber('workers', workers, { least: 1, most: 256 }),
    timeoutMs: 1000 * readNumber('timeout', timeout, { least: 1, most: 86_400 }),
  };
}

/** As it was written: numbers keep their digits. */
function readParams(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Said below, with what else is no object.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument(`--params is a JSON object, such as '{"threshold": 0.5}'; got '${text}'.`, {
      field: 'params',
    });
  return text;
}

/**
 * Gives every row of the input to a model and writes the rows with their answers.
 * @throws AppError that names the rows at which it stopped; begun anew, it goes on from there
 */
export async function runPredictCommand(
  dependencies: PredictDependencies,
  command: PredictCommand,
  signal: AbortSignal,
): Promise<void> {
  const { processes, clock, tell, gateway } = dependencies;
  const { chunkRows, workers, timeoutMs, output, params } = command;
  const source = await openBatchSource(command.input, { processes, params });
  const batch = async (score: Score, answeredBy: string) => {
    const scorer = params === undefined ? answeredBy : `${answeredBy} ${params}`;
    const results = await openBatchResults({ source, out: output, scorer }, { processes, clock });
    await runBatch({ source, results, score, chunkRows, parallel: workers + 1, clock, tell }, signal);
    tell(`Written to ${output}`);
  };
  if (command.by.kind === 'endpoint') {
    const { name } = command.by;
    return batch(
      askEndpoint(dependencies.server, name, timeoutMs),
      `endpoint ${dependencies.server.url} ${name}`,
    );
  }
  const model = await openSingleModel(
    dependencies,
    {
      address: command.by.address,
      replicas: workers,
      deadlineMs: timeoutMs,
      maxWaiting: { requests: 4 * (workers + 1), bytes: 512 * 2 ** 20 },
    },
    signal,
  );
  try {
    if (params !== undefined && source.kind === 'csv' && model.route.entities[0]!.path === 'raw')
      throw invalidArgument(
        'Rows of CSV go with --params where the signature of the model has columns: give them as Parquet.',
      );
    await batch(askGateway(gateway, model.route), model.digest);
  } finally {
    await model.close({ drainMs: 0 });
  }
}

function askGateway(gateway: Gateway, route: Route): Score {
  return (content, body, signal) =>
    new Promise((resolve, reject) => {
      const request = { route, entity: undefined, id: randomUUID(), content, body, requester: undefined };
      const leave = () => {
        call.leave();
        reject(signal.reason as Error);
      };
      const call = gateway.answer(request, (answer) => {
        signal.removeEventListener('abort', leave);
        if (answer.error === undefined) resolve(answer.body);
        else reject(answer.error);
      });
      signal.addEventListener('abort', leave, { once: true });
    });
}

function askEndpoint({ url, authorization }: TrackingServer, name: string, timeoutMs: number): Score {
  if (url === undefined)
    throw invalidArgument('--endpoint needs the address of its server: --url http://host:port.', {
      field: 'url',
    });
  const address = `${url}/serving-endpoints/${encodeURIComponent(name)}/invocations`;
  return async (content, body, signal) => {
    let response: Response;
    let text: string;
    try {
      response = await fetch(address, {
        method: 'POST',
        body: new Uint8Array(body),
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'content-type': CONTENT_TYPES[content],
          ...(authorization !== undefined && { authorization }),
        },
      });
      text = await response.text();
    } catch (cause) {
      signal.throwIfAborted();
      throw unavailable(`No server answers at ${url}: check --url, and that it runs.`, { cause });
    }
    if (response.ok) return text;
    throw refusal(response.status, text);
  };
}

function refusal(status: number, body: string): AppError {
  let message = `The endpoint answered with status ${status}.`;
  try {
    const said = (JSON.parse(body) as { readonly message?: unknown } | null)?.message;
    if (typeof said === 'string') message = said;
  } catch {
    // No JSON: the status says it.
  }
  if (status === 429 || status === 503) return unavailable(message);
  return new AppError(status === 403 ? 'PermissionDenied' : 'InvalidArgument', message);
}
