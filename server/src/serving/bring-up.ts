import { randomUUID } from 'node:crypto';
import { AppError, unavailable } from '../kernel/errors.ts';
import type { Gateway } from './gateway/gateway-port.ts';
import { type RouteInput, routeOf, type ServedEntity } from './routes.ts';

/** Why a configuration cannot be brought up, and which of its entities is at fault. */
export class BringUpFailure extends Error {
  readonly entity: string;
  readonly error: AppError;
  constructor(entity: string, error: AppError) {
    super(error.message);
    this.entity = entity;
    this.error = error;
  }
}

export interface BringUpOptions {
  readonly route: Omit<RouteInput, 'log'>;
  readonly gateway: Gateway;
  readonly signal: AbortSignal;
  /** Makes the place where requests are kept, if they are. */
  openLog(): Promise<void>;
  /** Whether it must have answered once; a configuration that did so before need only be prepared. */
  readonly proves: boolean;
  onError(error: unknown): void;
}

/** How long failures that may pass by themselves are met by trying again. */
const PATIENCE_MS = 20 * 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Brings every entity of a configuration up, side by side.
 * @throws BringUpFailure for the first that cannot be, once nothing more is to be hoped for.
 */
export async function bringUp(options: BringUpOptions): Promise<void> {
  const { route, signal, proves } = options;
  await patiently(route.entities[0]!, options, () => options.openLog());
  await Promise.all(
    route.entities.map(async (entity) => {
      await patiently(entity, options, () => entity.deployment.prepare(signal));
      if (!proves) {
        wakeIfAlwaysOn(route, entity);
        return;
      }
      await patiently(entity, options, () => entity.deployment.start(signal));
    }),
  );
  if (proves) for (const entity of route.entities) await probe(options, entity);
}

function wakeIfAlwaysOn({ config }: BringUpOptions['route'], { name, deployment }: ServedEntity): void {
  if (!config.entities.find((entity) => entity.name === name)!.scaleToZero && deployment.native === undefined)
    deployment.lanes.wake();
}

async function patiently(
  { name }: ServedEntity,
  { signal, onError }: BringUpOptions,
  work: () => Promise<void>,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  for (let waitedMs = 0; ; waitedMs += pauseMs, pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError)) onError(error);
      const failure =
        error instanceof AppError
          ? error
          : unavailable('Something went wrong on the server; see its log.', { cause: error });
      if (!isTransient(failure) || waitedMs >= PATIENCE_MS) throw new BringUpFailure(name, failure);
      await pause(pauseMs, signal);
    }
  }
}

const isTransient = ({ code }: AppError): boolean => code === 'Unavailable' || code === 'Internal';

/** The model must answer its own example, on the way that requests take. */
async function probe({ route, gateway }: BringUpOptions, { name, deployment }: ServedEntity): Promise<void> {
  const { prepared } = deployment;
  if (prepared?.example === undefined) return;
  const endpointId = `probe ${route.endpointId} ${route.configVersion}`;
  const asked = routeOf({
    ...route,
    endpointId,
    log: undefined,
    settings: { ...route.settings, rateLimits: [], strict: false },
  });
  const error = await new Promise<AppError | undefined>((resolve) => {
    gateway.answer(
      {
        route: asked,
        entity: name,
        id: randomUUID(),
        content: 'json',
        body: prepared.example!,
        requester: undefined,
        traceparent: 'untraced',
      },
      (answer) => resolve(answer.error),
    );
  });
  gateway.counters.forget(endpointId);
  if (error === undefined) {
    deployment.log.build('The model answers its input example.');
    return;
  }
  throw new BringUpFailure(
    name,
    new AppError('InvalidState', `The model does not answer its own input example: ${error.message}`, {
      cause: error,
    }),
  );
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
