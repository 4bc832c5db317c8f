import { invalidArgument } from '../kernel/errors.ts';
import { type ModelAddress, parseModelAddress } from './model-address.ts';
import { openSingleModel, type SingleModel, type SingleModelDependencies } from './single-model.ts';

export interface ServeCommand {
  readonly address: ModelAddress;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly timeoutMs: number;
}

/** Where requests come in. */
export interface ModelDoor {
  /** The address. */
  listen(options: { readonly host: string; readonly port: number }): Promise<string>;
  /** Takes no more requests, and answers those that it has. */
  close(options: { readonly drainMs: number }): Promise<void>;
}

export interface ServeDependencies extends SingleModelDependencies {
  openDoor(model: SingleModel): ModelDoor;
}

/** What waits beyond what runs, before requests are refused with 429. */
const MAX_WAITING = { requests: 4096, bytes: 256 * 2 ** 20 };
const DRAIN_MS = 5000;

/** @throws AppError InvalidArgument for what is no such command. */
export function readServeCommand(flags: {
  readonly 'model-uri'?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly workers?: string | undefined;
  readonly timeout?: string | undefined;
}): ServeCommand {
  const { 'model-uri': model, host = '127.0.0.1', port = '5000', workers = '1', timeout = '60' } = flags;
  if (model === undefined)
    throw invalidArgument('Expected `slipway models serve -m models:/NAME/VERSION -p 5000`.');
  return {
    address: parseModelAddress(model),
    host,
    port: readNumber('port', port, { least: 0, most: 65_535 }),
    workers: readNumber('workers', workers, { least: 1, most: 256 }),
    timeoutMs: 1000 * readNumber('timeout', timeout, { least: 1, most: 86_400 }),
  };
}

/** @throws AppError InvalidArgument */
export function readNumber(
  flag: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  const number = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw invalidArgument(`--${flag} is a number from ${least} to ${most}; got '${text}'.`, { field: flag });
  return number;
}

/**
 * Serves one model until the signal aborts, as `mlflow models serve` does.
 * @throws AppError that says why it does not start
 */
export async function runServeCommand(
  dependencies: ServeDependencies,
  command: ServeCommand,
  signal: AbortSignal,
): Promise<void> {
  const { address, workers: replicas, timeoutMs: deadlineMs, host, port } = command;
  const model = await openSingleModel(
    dependencies,
    { address, replicas, deadlineMs, maxWaiting: MAX_WAITING },
    signal,
  );
  const door = dependencies.openDoor(model);
  try {
    const at = await door.listen({ host, port });
    const version = model.version === '' ? '' : ` version ${model.version}`;
    dependencies.tell(`Serving ${model.name}${version} at ${at}/invocations`);
    await aborted(signal);
  } finally {
    await door.close({ drainMs: DRAIN_MS });
    await model.close({ drainMs: DRAIN_MS });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
