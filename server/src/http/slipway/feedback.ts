import type { Feedback, FeedbackItem } from '../../inference-log/feedback.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { endpointNotFound, endpointSecurable } from '../../serving/endpoints.ts';
import { invalid, missing, objectList, optionalInt64, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';

export interface FeedbackRoutesDependencies {
  readonly feedback: Pick<Feedback, 'record'>;
  findEndpoint(name: string): Promise<{ readonly id: string; readonly endpointNo: number } | undefined>;
}

const MAX_ITEMS = 10_000;
const MAX_NAME_CHARACTERS = 250;
const MAX_VALUE_CHARACTERS = 10_000;

/** Labels and measures that come after the answer, by the id that the answer bore (`x-request-id`). */
export function feedbackRoutes({
  feedback,
  findEndpoint,
}: FeedbackRoutesDependencies): readonly MlflowRoute[] {
  const getEndpoint = async (name: string) => {
    const endpoint = await findEndpoint(name);
    if (endpoint === undefined) throw endpointNotFound(name);
    return endpoint;
  };
  return [
    {
      method: 'POST',
      path: 'slipway/v1/serving-endpoints/:name/feedback',
      access: [
        {
          action: 'endpoint.query',
          target: async ({ path }) => {
            const name = path.name!;
            const { id } = await getEndpoint(name);
            return { on: endpointSecurable(id), missing: () => endpointNotFound(name) };
          },
        },
      ],
      request: [
        { name: 'request_id', type: 'string' },
        { name: 'row', type: 'int64' },
        { name: 'name', type: 'string' },
        { name: 'value', type: 'any' },
        { name: 'at', type: 'any' },
        { name: 'feedback', type: 'any', repeated: true },
      ],
      async handle({ message, path, caller }) {
        const isList = message.feedback !== undefined;
        const items = isList ? objectList(message, 'feedback') : [message];
        if (items.length > MAX_ITEMS)
          throw invalidArgument(`At most ${MAX_ITEMS} pieces of feedback come in one request.`, {
            field: 'feedback',
          });
        const read = items.map((item, i) => readItem(item, isList ? `feedback[${i}].` : ''));
        const { endpointNo } = await getEndpoint(path.name!);
        await feedback.record(endpointNo, read, { name: caller.principal });
        return { recorded: read.length };
      },
    },
  ];
}

function readItem(item: JsonObject, at: string): FeedbackItem {
  const row = optionalInt64(item, 'row', `${at}row`);
  // The reader cuts fractions off, as MLflow does; a row and a half is a mistake.
  const isWhole = typeof item.row !== 'number' || Number.isInteger(item.row);
  if (row !== undefined && (!isWhole || row < 0 || row > Number.MAX_SAFE_INTEGER))
    throw invalid(`${at}row`, item.row, 'the number of a row, from 0');
  return {
    requestId: readShort(item, 'request_id', at),
    row: row === undefined ? undefined : Number(row),
    name: readShort(item, 'name', at),
    value: readValue(item, at),
    atMs: readTime(item, at),
  };
}

function readShort(item: JsonObject, name: string, at: string): string {
  const text = requiredString(item, name, at + name);
  if (text === '' || text.length > MAX_NAME_CHARACTERS)
    throw invalid(at + name, text, `1 to ${MAX_NAME_CHARACTERS} characters`);
  return text;
}

function readValue({ value }: JsonObject, at: string): FeedbackItem['value'] {
  if (value === undefined || value === null) throw missing(`${at}value`);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && value.length <= MAX_VALUE_CHARACTERS) return value;
  throw invalid(
    `${at}value`,
    value,
    `a number, true, false, or a text of at most ${MAX_VALUE_CHARACTERS} characters`,
  );
}

/** Milliseconds since 1970, or ISO 8601 with a zone. */
function readTime(item: JsonObject, at: string): number | undefined {
  const { at: time } = item;
  if (time === undefined || time === null) return undefined;
  const ms =
    typeof time === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(time)
      ? Date.parse(time)
      : typeof time === 'number'
        ? time
        : Number.NaN;
  if (!Number.isInteger(ms) || ms < 0 || ms > LAST_MS)
    throw invalid(`${at}at`, time, 'milliseconds since 1970, or a time such as 2026-11-21T12:00:00Z');
  return ms;
}

/** The end of the year 9999, the last that dates have four digits for. */
const LAST_MS = 253_402_300_799_999;
