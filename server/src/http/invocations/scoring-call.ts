import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../../kernel/errors.ts';
import type { Gateway, ScoringAnswer } from '../../serving/gateway/gateway-port.ts';
import type { Route } from '../../serving/gateway/lane.ts';
import { type RenderedFailure, renderScoringFailure } from './answers.ts';
import { readScoringBody } from './body.ts';
import { readContentType } from './content-type.ts';

/** What leaves as the answer of one scoring request. */
export interface WireAnswer {
  readonly status: number;
  readonly contentType: 'application/json' | 'text/plain; charset=utf-8';
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ScoringCallOptions {
  readonly gateway: Gateway;
  readonly route: Route;
  readonly entity: string | undefined;
  readonly requester: string | undefined;
}

/** Reads a request, has it answered, and says what leaves. Never rejects. */
export async function callScoring(
  request: IncomingMessage,
  response: ServerResponse,
  options: ScoringCallOptions,
): Promise<WireAnswer> {
  const { gateway, route, entity, requester } = options;
  // A UUID is what inference tables call a request. Node draws the randomness of many at a time.
  const id = randomUUID();
  const content = readContentType(request.headers['content-type']);
  if ('refusal' in content) return refusedType(request, id, content.refusal);
  let body: Buffer;
  try {
    body = await readScoringBody(request);
  } catch (error) {
    return wireFailure(renderScoringFailure(asAppError(error)), { 'x-request-id': id });
  }
  const traceparent = request.headers.traceparent as string | undefined;
  const asked = { route, entity, id, content: content.kind, body, requester, traceparent };
  const answer = await new Promise<ScoringAnswer>((resolve) => {
    const call = gateway.answer(asked, resolve);
    response.once('close', call.leave);
  });
  return wireAnswer(answer, id);
}

/** In plain text, as MLflow's server says it. */
function refusedType(request: IncomingMessage, id: string, body: string): WireAnswer {
  request.resume();
  return { status: 415, contentType: 'text/plain; charset=utf-8', body, headers: { 'x-request-id': id } };
}

function wireAnswer(answer: ScoringAnswer, id: string): WireAnswer {
  const headers: Record<string, string> = { 'x-request-id': id };
  if (answer.entity !== undefined) {
    headers['served-model-name'] = asciiText(answer.entity.name);
    headers['x-slipway-model-version'] = asciiText(answer.entity.modelVersion);
  }
  if (answer.error !== undefined) return wireFailure(renderScoringFailure(answer.error), headers);
  headers['x-slipway-lane'] = answer.lane;
  if (answer.ignored !== undefined) headers['x-slipway-ignored'] = answer.ignored;
  return { status: 200, contentType: 'application/json', body: answer.body, headers };
}

function wireFailure(
  { status, body, retryAfterS }: RenderedFailure,
  known: Record<string, string>,
): WireAnswer {
  const headers = retryAfterS === undefined ? known : { ...known, 'retry-after': String(retryAfterS) };
  return { status, contentType: 'application/json', body, headers };
}

/** Header values are ASCII; names that are not are escaped as in addresses. */
const asciiText = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());

const asAppError = (error: unknown): AppError =>
  error instanceof AppError
    ? error
    : new AppError('InvalidArgument', 'The request ended before its body was complete.', { cause: error });
