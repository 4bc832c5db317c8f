import type { FastifyRequest } from 'fastify';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { type JsonObject, parseJson } from './mlflow/json.ts';
import { readWholeBody } from './whole-body.ts';

/**
 * The small JSON object that a route outside of the JSON protocols takes. Nothing of it stands in an error: it may hold
 * a password.
 * @throws AppError InvalidArgument for another content type (a form is what a foreign page can send without asking) and
 *   for what is no JSON object; PayloadTooLarge.
 */
export async function readJsonBody(request: FastifyRequest, maxBytes: number): Promise<JsonObject> {
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json')
    throw invalidArgument('Content-Type must be application/json.', { field: 'Content-Type' });
  const body = await readWholeBody(
    request,
    maxBytes,
    () => new AppError('PayloadTooLarge', 'The request body is too large.'),
  );
  try {
    const value = parseJson(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, without a word of what was sent.
  }
  throw invalidArgument('The request body must be a JSON object.');
}
