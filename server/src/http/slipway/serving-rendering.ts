import type { Access } from '../../governance/access.ts';
import { securableOf } from '../../registry/model-names.ts';
import type { CaptureConfig, EndpointConfig, EntityConfig } from '../../serving/endpoint-config.ts';
import type { Happened, Step } from '../../serving/endpoint-history.ts';
import type { PastConfig } from '../../serving/endpoint-reads.ts';
import type { ConfigView, EndpointView } from '../../serving/endpoint-states.ts';
import { endpointSecurable } from '../../serving/endpoints.ts';
import type { EntityCounts } from '../../serving/gateway/endpoint-counters.ts';
import type { Signature } from '../../serving/scoring/columns.ts';
import { concurrencyOf } from '../../serving/workload-sizes.ts';
import type { ReadModelName } from '../model-access.ts';

/** For whom an endpoint is shown, and what they may see of it. */
export interface Reader {
  readonly access: Access;
  readonly readModelName: ReadModelName;
}

const mayManage = ({ access }: Pick<Reader, 'access'>, id: string): boolean =>
  access.decide('endpoint.manage', endpointSecurable(id)) === 'allowed';

export function levelOf(access: Access, id: string): string {
  if (mayManage({ access }, id)) return 'CAN_MANAGE';
  return access.decide('endpoint.query', endpointSecurable(id)) === 'allowed' ? 'CAN_QUERY' : 'CAN_VIEW';
}

export function renderHead(endpoint: EndpointView, { access }: Reader): object {
  return {
    name: endpoint.name,
    id: endpoint.id,
    creator: endpoint.creator,
    created_at: endpoint.createdAtMs,
    updated_at: endpoint.updatedAtMs,
    description: endpoint.description,
    tags: endpoint.tags,
    permission_level: levelOf(access, endpoint.id),
    is_ready: endpoint.isReady,
    update: endpoint.update,
    update_message: endpoint.updateMessage,
  };
}

/** A configuration with what becomes of it. */
export function renderView(view: ConfigView, id: string, reader: Reader): object {
  const { version, config, madeBy, createdAtMs, entities } = view;
  const states = new Map(entities.map((entity) => [entity.config.name, entity]));
  return {
    version,
    made_by: madeBy,
    created_at: createdAtMs,
    ...renderCapture(config.capture),
    entities: config.entities.map((entity) => {
      const found = states.get(entity.name);
      return {
        ...renderEntity(entity, { config, id, reader }),
        version: String(found?.version ?? 0),
        state: found?.state.state ?? 'CREATING',
        message: found?.state.message ?? '',
      };
    }),
  };
}

export function renderPast(past: PastConfig, id: string, reader: Reader): object {
  const { config, versions } = past;
  return {
    version: past.version,
    state: past.state,
    message: past.message,
    ...(past.failedEntity !== undefined && { failed_entity: past.failedEntity }),
    made_by: past.madeBy,
    cause: past.cause,
    created_at: past.createdAtMs,
    ...(past.endedAtMs !== undefined && { ended_at: past.endedAtMs }),
    ...renderCapture(config.capture),
    entities: config.entities.map((entity) => ({
      ...renderEntity(entity, { config, id, reader }),
      version: String(versions[entity.name] ?? 0),
    })),
  };
}

/** Whose variables: only who may change them is shown their values, for they may be secrets that somebody wrote out. */
function renderEntity(
  entity: EntityConfig,
  { config, id, reader }: { readonly config: EndpointConfig; readonly id: string; readonly reader: Reader },
): object {
  const { name, model, writtenModel, target, size, workloadType, scaleToZero, variables } = entity;
  const { min, max } = concurrencyOf(size);
  const { access, readModelName } = reader;
  return {
    name,
    model: writtenModel,
    is_model_seen: access.decide('model.see', securableOf(readModelName(model))) === 'allowed',
    ...(target.by === 'alias' && { alias: target.alias }),
    percent: config.routes.find(({ entity: routed }) => routed === name)?.percent ?? 0,
    ...(size.kind === 'named' && { size: size.size }),
    min_concurrency: min,
    max_concurrency: max,
    workload_type: workloadType,
    scale_to_zero: scaleToZero,
    variable_names: Object.keys(variables),
    ...(mayManage(reader, id) && { variables }),
  };
}

const renderCapture = (capture: CaptureConfig | undefined): object =>
  capture === undefined ? {} : { capture: { ...capture } };

export const renderHappened = (of: Happened): object => ({
  requests: of.requests,
  refused: of.refused,
  failed: of.failed,
  p50_ms: of.p50Ms,
  p95_ms: of.p95Ms,
  p99_ms: of.p99Ms,
  queue_ms: of.queueMs,
});

/** By column, all of the same length; null where nothing is known. */
export const renderSteps = (steps: readonly Step[]): object => ({
  at: steps.map(({ atMs }) => atMs),
  requests: steps.map(({ requests }) => requests),
  refused: steps.map(({ refused }) => refused),
  failed: steps.map(({ failed }) => failed),
  p50_ms: steps.map(({ p50Ms }) => p50Ms ?? null),
  p95_ms: steps.map(({ p95Ms }) => p95Ms ?? null),
  p99_ms: steps.map(({ p99Ms }) => p99Ms ?? null),
  queue_ms: steps.map(({ queueMs }) => queueMs ?? null),
  waiting: steps.map(({ waiting }) => waiting ?? null),
  running: steps.map(({ running }) => running ?? null),
  replicas: steps.map(({ replicas }) => replicas ?? null),
});

/** All that was counted of an entity since the process started. */
export const renderCounts = (counts: EntityCounts): object => ({
  answers: [...counts.requests.values()].map(({ lane, status, count }) => ({ lane, status, count })),
  cold_starts: counts.coldStarts,
  cold_start_seconds: counts.coldStartSeconds.sum,
  waiting: counts.waiting,
  running: counts.running,
  ...(counts.lastRequestMs > 0 && { last_request_at: counts.lastRequestMs }),
  rows_depend_on_each_other: counts.notRowWise,
});

/** What the model takes, column by column. */
export function renderSignature(signature: Signature | undefined): object {
  if (signature === undefined) return {};
  return {
    signature: {
      named: signature.named,
      inputs: signature.inputs.map((input) => ({
        ...(input.name !== undefined && { name: input.name }),
        kind: input.kind,
        type: input.kind === 'nested' ? input.shown : input.kind === 'tensor' ? input.element : input.type,
        ...(input.kind === 'tensor' && { shape: input.shape }),
        required: input.required,
      })),
      ...(signature.params !== undefined && {
        params: signature.params.map(({ name, default: value }) => ({ name, default: value ?? null })),
      }),
    },
  };
}
