import { invalidArgument, notFound } from '../../kernel/errors.ts';
import { securableOf } from '../../registry/model-names.ts';
import type { EndpointHistory } from '../../serving/endpoint-history.ts';
import { KEPT_MS, SAMPLE_MS } from '../../serving/endpoint-history.ts';
import type { EntityLog, LogKind } from '../../serving/endpoint-logs.ts';
import type { EndpointReads } from '../../serving/endpoint-reads.ts';
import type { EndpointView } from '../../serving/endpoint-states.ts';
import { type Endpoints, endpointNotFound, endpointSecurable } from '../../serving/endpoints.ts';
import type { EntityCounts } from '../../serving/gateway/endpoint-counters.ts';
import type { ServedEntity } from '../../serving/routes.ts';
import type { CaptureTable } from '../databricks/serving-rendering.ts';
import { invalid, optionalInt32, optionalString, requiredString } from '../mlflow/fields.ts';
import type { MlflowCall, MlflowRoute } from '../mlflow/routes.ts';
import { onModel, type ReadModelName } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import {
  levelOf,
  renderCounts,
  renderHappened,
  renderHead,
  renderPast,
  renderSignature,
  renderSteps,
  renderView,
} from './serving-rendering.ts';

export interface ServingReadDependencies {
  readonly endpoints: Pick<Endpoints, 'find' | 'get' | 'list'>;
  readonly reads: EndpointReads;
  readonly history: EndpointHistory;
  readonly readModelName: ReadModelName;
  /** What answers for an endpoint on this process. */
  servedBy(endpointId: string): readonly ServedEntity[];
  countsOf(endpointId: string): readonly EntityCounts[];
  logOf(endpointId: string, entity: string): EntityLog | undefined;
  tableOf(endpoint: EndpointView): Promise<CaptureTable | undefined>;
  /** Which of the server processes this is, and since when it counts. */
  readonly process: { readonly id: string; readonly sinceMs: number };
  nowMs(): number;
}

const PATH = 'slipway/v1/serving-endpoints';
/** What lists tell of traffic. */
const RECENT_MS = 5 * 60_000;
const MOST_STEPS = 720;
const CONFIGS_AT_ONCE = 20;
const MOST_CONFIGS = 50;

/**
 * What pages show of endpoints and Databricks' protocol has no message for: numbers over time, how far each process is,
 * past configurations, logs as they grow. Numbers are those of the process that answers, and it says which one that is.
 */
export function servingReadRoutes(dependencies: ServingReadDependencies): readonly MlflowRoute[] {
  const { endpoints, reads, history, readModelName, servedBy, countsOf, logOf } = dependencies;

  const find = async (name: string) => {
    const found = await endpoints.find(name);
    if (found === undefined) throw endpointNotFound(name);
    return found;
  };
  const needs = (action: 'endpoint.see' | 'endpoint.manage'): readonly Need<MlflowCall>[] => [
    {
      action,
      async target({ path }) {
        const name = path.name!;
        return { on: endpointSecurable((await find(name)).id), missing: () => endpointNotFound(name) };
      },
    },
  ];

  const renderProcess = async (): Promise<object> => ({
    id: dependencies.process.id,
    counts_since: dependencies.process.sinceMs,
    count: await reads.countProcesses(),
  });

  function renderRecent(endpointId: string): object {
    const toMs = dependencies.nowMs();
    return {
      span_ms: RECENT_MS,
      ...renderHappened(history.happenedTo(endpointId, { fromMs: toMs - RECENT_MS, toMs })),
    };
  }

  const replicasOf = (endpointId: string): number =>
    servedBy(endpointId).reduce((sum, { deployment }) => sum + deployment.replicas, 0);

  return [
    {
      method: 'GET',
      path: PATH,
      access: 'filtered',
      request: [],
      compressed: true,
      async handle({ caller: { access } }) {
        const seen = await endpoints.list(access);
        const reader = { access, readModelName };
        return {
          process: await renderProcess(),
          may_create: access.decide('workspace.create-endpoint', { type: 'workspace' }) === 'allowed',
          endpoints: seen.map((endpoint) => ({
            ...renderHead(endpoint, reader),
            ...(endpoint.active && { active: renderView(endpoint.active, endpoint.id, reader) }),
            ...(endpoint.pending && { pending: renderView(endpoint.pending, endpoint.id, reader) }),
            recent: renderRecent(endpoint.id),
            replicas: replicasOf(endpoint.id),
          })),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:name`,
      access: needs('endpoint.see'),
      request: [],
      async handle({ path, caller: { access } }) {
        const endpoint = await endpoints.get(path.name!);
        const { id, active, pending, settings } = endpoint;
        const reader = { access, readModelName };
        const table = await dependencies.tableOf(endpoint);
        return {
          process: await renderProcess(),
          ...renderHead(endpoint, reader),
          strict: settings.strict,
          rate_limits: settings.rateLimits.map(({ calls, key }) => ({ calls, key })),
          ...(active && { active: renderView(active, id, reader) }),
          ...(pending && { pending: renderView(pending, id, reader) }),
          ...(table && { table }),
          recent: renderRecent(id),
          replicas: replicasOf(id),
          processes: (await reads.processes(endpoint.endpointNo)).map((each) => ({
            id: each.nodeId,
            config_version: each.configVersion,
            state: each.state,
            at: each.atMs,
            entities: each.entities,
          })),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:name/inputs`,
      access: needs('endpoint.see'),
      request: [],
      async handle({ path, caller: { access } }) {
        const { id } = await find(path.name!);
        return {
          entities: servedBy(id).map(({ name, deployment }) => {
            const { prepared, signature } = deployment;
            // Rows of the training data, perhaps: for those who may read the model's files anyway.
            const isExampleSeen =
              prepared !== undefined &&
              access.decide('model.read-files', securableOf(readModelName(prepared.modelName))) === 'allowed';
            return {
              name,
              ...renderSignature(signature),
              ...(isExampleSeen && prepared.example && { example: prepared.example.toString('utf8') }),
            };
          }),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:name/numbers`,
      access: needs('endpoint.see'),
      compressed: true,
      request: [
        { name: 'span_ms', type: 'int32' },
        { name: 'step_ms', type: 'int32' },
      ],
      async handle({ path, message }) {
        const { id } = await find(path.name!);
        const spanMs = optionalInt32(message, 'span_ms') ?? 15 * 60_000;
        const stepMs = optionalInt32(message, 'step_ms') ?? 10_000;
        if (spanMs < SAMPLE_MS || spanMs > KEPT_MS)
          throw invalidArgument(`span_ms must be ${SAMPLE_MS} to ${KEPT_MS}: no more is kept.`, {
            field: 'span_ms',
          });
        if (stepMs < SAMPLE_MS || spanMs / stepMs > MOST_STEPS)
          throw invalidArgument(`step_ms must be at least ${SAMPLE_MS}: counters are looked at that often.`, {
            field: 'step_ms',
          });
        const toMs = dependencies.nowMs();
        const counts = new Map(countsOf(id).map((each) => [each.entity, each]));
        return {
          process: await renderProcess(),
          step_ms: stepMs,
          entities: history.stepsOf(id, { fromMs: toMs - spanMs, toMs }, stepMs).map(({ entity, steps }) => {
            const total = counts.get(entity);
            return { name: entity, ...renderSteps(steps), ...(total && { total: renderCounts(total) }) };
          }),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:name/configs`,
      access: needs('endpoint.see'),
      request: [
        { name: 'before', type: 'int32' },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ path, message, caller: { access } }) {
        const { id, endpointNo } = await find(path.name!);
        const limit = optionalInt32(message, 'limit') ?? CONFIGS_AT_ONCE;
        if (limit < 1 || limit > MOST_CONFIGS)
          throw invalid('limit', limit, `expected 1 to ${MOST_CONFIGS}.`);
        const before = optionalInt32(message, 'before');
        // One more tells whether there are more.
        const found = await reads.history(endpointNo, { before, limit: limit + 1 });
        const shown = found.slice(0, limit);
        return {
          configs: shown.map((past) => renderPast(past, id, { access, readModelName })),
          ...(found.length > limit && { next: shown.at(-1)!.version }),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:name/log`,
      access: needs('endpoint.manage'),
      compressed: true,
      request: [
        { name: 'entity', type: 'string', required: true },
        { name: 'kind', type: 'string' },
        { name: 'log', type: 'string' },
        { name: 'from', type: 'int32' },
      ],
      async handle({ path, message }) {
        const { id } = await find(path.name!);
        const entity = requiredString(message, 'entity');
        const log = logOf(id, entity);
        if (log === undefined)
          throw notFound(
            `Endpoint '${path.name!.slice(0, 100)}' serves no '${entity.slice(0, 100)}' on this process.`,
          );
        const from = optionalInt32(message, 'from') ?? 0;
        // Places in an earlier log say nothing of this one.
        const isSame = optionalString(message, 'log') === log.id;
        const part = log.since(readKind(optionalString(message, 'kind')), isSame ? Math.max(0, from) : 0);
        return { log: log.id, text: part.text, next: part.next, is_cut: part.isCut };
      },
    },
    {
      method: 'GET',
      path: 'slipway/v1/registered-models/served',
      access: [
        onModel('model.see', readModelName, {
          nameOf: ({ message }: MlflowCall) => requiredString(message, 'name'),
        }),
      ],
      request: [{ name: 'name', type: 'string', required: true }],
      async handle({ message, caller: { access } }) {
        const found = await reads.servedAt(readModelName(requiredString(message, 'name')).stored);
        return {
          may_serve: access.decide('workspace.create-endpoint', { type: 'workspace' }) === 'allowed',
          served: found
            .filter(
              ({ endpointId }) => access.decide('endpoint.see', endpointSecurable(endpointId)) === 'allowed',
            )
            .map((each) => ({
              endpoint: each.endpoint,
              entity: each.entity,
              version: String(each.version),
              ...(each.alias !== undefined && { alias: each.alias }),
              percent: each.percent,
              is_active: each.isActive,
              permission_level: levelOf(access, each.endpointId),
            })),
        };
      },
    },
  ];
}

function readKind(text = 'server'): LogKind {
  if (text === 'server' || text === 'build') return text;
  throw invalid('kind', text, "expected 'server' or 'build'.");
}
