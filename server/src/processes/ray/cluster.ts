import { AppError, unavailable } from '../../kernel/errors.ts';
import { readDetails, type ServeDetails } from './applications.ts';
import type { Exchange, ExchangeAnswer, ExchangeRequest } from './exchange.ts';
import type { ProgramPackage } from './package.ts';

/** The REST interface of a Ray cluster's head. */
export interface Cluster {
  details(): Promise<ServeDetails>;
  put(document: Readonly<Record<string, unknown>>): Promise<void>;
  /** Brings the package there, if it is not. */
  upload(files: ProgramPackage): Promise<void>;
}

export interface ClusterOptions {
  /** `http://head:8265` */
  readonly address: string;
  readonly token: string | undefined;
  readonly exchange: Exchange;
}

/** The first PUT starts Serve, which takes its time on a busy machine. */
const TIMEOUT_MS = 90_000;
const MAX_MESSAGE = 500;

/**
 * @throws AppError from each: Unavailable where the head does not answer; PermissionDenied where it refuses the token;
 *   InvalidState for what it will not do
 */
export function createCluster({ address, token, exchange }: ClusterOptions): Cluster {
  const base = address.replace(/\/+$/, '');

  async function call(
    method: ExchangeRequest['method'],
    path: string,
    body?: Uint8Array,
    type = 'application/json',
  ): Promise<ExchangeAnswer> {
    const answer = await exchange.send({
      method,
      url: base + path,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': type }),
      },
      body,
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status === 401 || answer.status === 403)
      throw new AppError(
        'PermissionDenied',
        token === undefined
          ? `The Ray cluster at ${base} asks for a token: set SLIPWAY_RAY_TOKEN.`
          : `The Ray cluster at ${base} refuses the token that the server has for it.`,
      );
    return answer;
  }

  function failed({ status, body }: ExchangeAnswer, what: string): AppError {
    const said = textOf(body).trim().slice(-MAX_MESSAGE);
    const message = `The Ray cluster could not ${what} (status ${status})${said === '' ? '.' : `: ${said}`}`;
    return status >= 400 && status < 500 ? new AppError('InvalidState', message) : unavailable(message);
  }

  return {
    async details() {
      const answer = await call('GET', '/api/serve/applications/');
      if (answer.status !== 200) throw failed(answer, 'say what it serves');
      try {
        return readDetails(JSON.parse(textOf(answer.body)));
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        throw unavailable('The Ray cluster did not answer in JSON.', { cause });
      }
    },
    async put(document) {
      const answer = await call(
        'PUT',
        '/api/serve/applications/',
        new TextEncoder().encode(JSON.stringify(document)),
      );
      if (answer.status !== 200) throw failed(answer, 'take its applications');
    },
    async upload({ name, bytes }) {
      const path = `/api/packages/gcs/${name}`;
      const found = await call('GET', path);
      if (found.status === 200) return;
      const answer = await call('PUT', path, bytes, 'application/octet-stream');
      if (answer.status !== 200) throw failed(answer, 'take the programs that serve models');
    },
  };
}

const textOf = (body: Uint8Array): string => new TextDecoder().decode(body);
