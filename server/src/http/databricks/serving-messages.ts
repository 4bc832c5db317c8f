import { AppError, invalidArgument } from '../../kernel/errors.ts';
import type { CaptureConfig, RateLimitSetting, TrafficRoute } from '../../serving/endpoint-config.ts';
import type { WrittenConfig, WrittenEntity } from '../../serving/endpoint-rules.ts';
import type { Tag } from '../../serving/endpoints.ts';
import {
  invalid,
  objectList,
  optionalBoolean,
  optionalInt32,
  optionalObject,
  optionalString,
  requiredString,
} from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';

/** What an endpoint can have elsewhere and cannot have here. */
const FOREIGN = ['external_model', 'foundation_model', 'provisioned_model_units'] as const;

/**
 * Reads a configuration as `create` (in `config`) and `update_config` (as the whole body) send it; the older
 * `served_models` means the same as `served_entities`.
 * @throws AppError InvalidArgument; NotSupported for models that run elsewhere.
 */
export function readWrittenConfig(message: JsonObject, at = ''): WrittenConfig {
  const entities = objectList(message, 'served_entities', `${at}served_entities`);
  const models = objectList(message, 'served_models', `${at}served_models`);
  if (entities.length > 0 && models.length > 0)
    throw invalidArgument("Give 'served_entities' or 'served_models', not both.", {
      field: `${at}served_entities`,
    });
  const traffic = optionalObject(message, 'traffic_config', `${at}traffic_config`);
  return {
    entities: [
      ...entities.map((entity, i) => readEntity(entity, ENTITY_NAMES, `${at}served_entities[${i}]`)),
      ...models.map((model, i) => readEntity(model, MODEL_NAMES, `${at}served_models[${i}]`)),
    ],
    routes: traffic && objectList(traffic, 'routes', `${at}traffic_config.routes`).map(readRoute),
    capture: readCapture(message, at),
  };
}

const ENTITY_NAMES = { model: 'entity_name', version: 'entity_version' } as const;
const MODEL_NAMES = { model: 'model_name', version: 'model_version' } as const;

function readEntity(
  message: JsonObject,
  names: { readonly model: string; readonly version: string },
  at: string,
): WrittenEntity {
  for (const field of FOREIGN)
    if (message[field] !== undefined && message[field] !== null)
      throw new AppError('NotSupported', `${at}.${field}: only models of the registry are served here.`, {
        field: `${at}.${field}`,
      });
  const of = (name: string) => `${at}.${name}`;
  const optional = (name: string) => optionalString(message, name, of(name)) || undefined;
  return {
    name: optional('name'),
    model: requiredString(message, names.model, of(names.model)),
    version: requiredString(message, names.version, of(names.version)),
    size: optional('workload_size'),
    minConcurrency: optionalInt32(message, 'min_provisioned_concurrency', of('min_provisioned_concurrency')),
    maxConcurrency: optionalInt32(message, 'max_provisioned_concurrency', of('max_provisioned_concurrency')),
    workloadType: optional('workload_type'),
    scaleToZero: optionalBoolean(message, 'scale_to_zero_enabled', of('scale_to_zero_enabled')),
    compiledLane: optional('compiled_lane'),
    variables: readVariables(message, of('environment_vars')),
  };
}

function readVariables(message: JsonObject, at: string): Readonly<Record<string, string>> {
  const written = optionalObject(message, 'environment_vars', at) ?? {};
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => {
      // The value may be a secret that somebody wrote out: it is not repeated.
      if (typeof value !== 'string')
        throw invalidArgument(`${at}.${name.slice(0, 100)} is no text.`, { field: at });
      return [name, value];
    }),
  );
}

function readRoute(route: JsonObject, i: number): TrafficRoute {
  const at = `traffic_config.routes[${i}]`;
  const entity =
    optionalString(route, 'served_entity_name', `${at}.served_entity_name`) ||
    requiredString(route, 'served_model_name', `${at}.served_model_name`);
  const percent = optionalInt32(route, 'traffic_percentage', `${at}.traffic_percentage`);
  if (percent === undefined) throw invalid(`${at}.traffic_percentage`, percent, 'expected a whole number.');
  return { entity, percent };
}

function readCapture(message: JsonObject, at: string): CaptureConfig | undefined {
  const field = `${at}auto_capture_config`;
  const written = optionalObject(message, 'auto_capture_config', field);
  return written && readTable(written, { kind: 'legacy', field });
}

function readTable(
  written: JsonObject,
  { kind, field }: { readonly kind: CaptureConfig['kind']; readonly field: string },
): CaptureConfig {
  const text = (name: string) => optionalString(written, name, `${field}.${name}`) || undefined;
  return {
    kind,
    catalog: text('catalog_name'),
    schema: text('schema_name'),
    prefix: text('table_name_prefix'),
    enabled: optionalBoolean(written, 'enabled', `${field}.enabled`) ?? true,
  };
}

export function readTags(message: JsonObject, name: string): readonly Tag[] {
  return objectList(message, name).map((tag, i) => ({
    key: requiredString(tag, 'key', `${name}[${i}].key`),
    value: optionalString(tag, 'value', `${name}[${i}].value`) ?? '',
  }));
}

/** @throws AppError InvalidArgument, NotSupported */
export function readRateLimits(message: JsonObject, at = ''): readonly RateLimitSetting[] {
  return objectList(message, 'rate_limits', `${at}rate_limits`).map((limit, i) => {
    const of = (name: string) => `${at}rate_limits[${i}].${name}`;
    const calls = optionalInt32(limit, 'calls', of('calls'));
    if (calls === undefined || calls < 0)
      throw invalid(of('calls'), limit.calls, 'expected a number of calls of at least 0.');
    const key = optionalString(limit, 'key', of('key')) ?? 'endpoint';
    if (key !== 'user' && key !== 'endpoint')
      throw new AppError(
        'NotSupported',
        `${of('key')}: limits are kept for each 'user' and for the 'endpoint', not for '${key.slice(0, 50)}'.`,
        { field: of('key') },
      );
    const period = optionalString(limit, 'renewal_period', of('renewal_period')) ?? 'minute';
    if (period !== 'minute') throw invalid(of('renewal_period'), period, "expected 'minute'.");
    return { calls, key, renewalPeriod: 'minute' };
  });
}

/** What of the AI gateway's settings means something here. @throws AppError InvalidArgument, NotSupported */
export function readAiGateway(message: JsonObject): {
  readonly rateLimits: readonly RateLimitSetting[];
  readonly capture: CaptureConfig | undefined;
  readonly written: Readonly<Record<string, unknown>>;
} {
  for (const field of ['guardrails', 'fallback_config'])
    if (isOn(message[field]))
      throw new AppError('NotSupported', `ai_gateway.${field} is for models that run elsewhere.`, { field });
  const table = optionalObject(message, 'inference_table_config');
  const kept = [
    'inference_table_config',
    'usage_tracking_config',
    'rate_limits',
    'guardrails',
    'fallback_config',
  ];
  return {
    rateLimits: readRateLimits(message, 'ai_gateway.'),
    capture: table && readTable(table, { kind: 'gateway', field: 'ai_gateway.inference_table_config' }),
    written: plain(
      Object.fromEntries(kept.flatMap((name) => (message[name] == null ? [] : [[name, message[name]]]))),
    ),
  };
}

/** As it can be written as JSON again: integers beyond 2^53 as text. */
export const plain = (message: JsonObject): Readonly<Record<string, unknown>> =>
  JSON.parse(
    JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ) as Readonly<Record<string, unknown>>;

const isOn = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && JSON.stringify(value).includes('true');
