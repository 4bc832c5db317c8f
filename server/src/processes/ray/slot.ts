import { AppError } from '../../kernel/errors.ts';
import type { Exchange, ExchangeAnswer, ExchangeRequest } from './exchange.ts';

/** A place for one model in the cluster, as the server speaks with it (`python/ray_app/slot.py`). */
export interface Slot {
  readonly name: string;
  /**
   * @throws AppError Unavailable with the reason `slot-lost` where it is not there any more, `slot-silent` where it did
   *   not answer; InvalidState with what it refuses; Unavailable with the reason `ended` where it has no such process
   */
  call(path: string, options?: SlotCall): Promise<ExchangeAnswer>;
  /** The same, with JSON both ways. */
  json(path: string, options?: SlotCall & { readonly message?: unknown }): Promise<Record<string, unknown>>;
  /** Aborted when the cluster has it no more. */
  readonly lost: AbortSignal;
}

export interface SlotCall {
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: Uint8Array;
  readonly timeoutMs?: number;
}

export interface SlotOptions {
  readonly name: string;
  /** Of Serve's proxies. */
  readonly address: string;
  readonly key: string;
  readonly exchange: Exchange;
  readonly lost: AbortSignal;
}

const TIMEOUT_MS = 30_000;

export function createSlot({ name, address, key, exchange, lost }: SlotOptions): Slot {
  const base = `${address.replace(/\/+$/, '')}/${name}/`;

  async function call(path: string, options: SlotCall = {}): Promise<ExchangeAnswer> {
    const query = new URLSearchParams(
      Object.entries(options.query ?? {}).map(([field, value]): [string, string] => [field, String(value)]),
    );
    const request: ExchangeRequest = {
      method: options.body === undefined ? 'GET' : 'POST',
      url: `${base}${path}?${query}`,
      headers: { 'x-slipway-key': key },
      body: options.body,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    };
    const answer = await exchange.send(request).catch((cause: AppError) => {
      throw new AppError('Unavailable', cause.message, { reason: 'slot-silent', cause });
    });
    // A proxy answers for a slot that is gone, or that is just being moved.
    if (answer.headers['x-slipway-slot'] === undefined && answer.headers['x-slipway-type'] === undefined)
      throw new AppError(
        'Unavailable',
        `The Ray cluster lost the place of the model (status ${answer.status}).`,
        {
          reason: answer.status === 404 ? 'slot-lost' : 'slot-silent',
        },
      );
    if (answer.status < 300) return answer;
    const { message } = parse(answer);
    const said = typeof message === 'string' ? message : `status ${answer.status}`;
    if (answer.status === 409 || answer.status === 410)
      throw new AppError('Unavailable', said, { reason: answer.status === 409 ? 'busy' : 'ended' });
    throw new AppError('InvalidState', said, { reason: 'slot-refused' });
  }

  return {
    name,
    lost,
    call,
    async json(path, { message, ...options } = {}) {
      const body = message === undefined ? undefined : new TextEncoder().encode(JSON.stringify(message));
      const answer = await call(path, { ...options, ...(body && { body }) });
      return { ...parse(answer), status: answer.status };
    },
  };
}

function parse({ body }: ExchangeAnswer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (cause) {
    throw new AppError('Unavailable', 'A place of the Ray cluster answered without JSON.', {
      reason: 'slot-silent',
      cause,
    });
  }
}
