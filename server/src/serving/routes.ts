import type { Deployment } from './deployment.ts';
import type { EndpointConfig, EndpointSettings } from './endpoint-config.ts';
import {
  DEFAULT_BATCH_RULES,
  type LogTarget,
  type RateLimit,
  type Route,
  type RoutedEntity,
} from './gateway/lane.ts';
import { concurrencyOf } from './workload-sizes.ts';

export interface ServedEntity {
  readonly name: string;
  readonly version: number;
  readonly deployment: Deployment;
}

export interface RouteInput {
  readonly endpointId: string;
  readonly name: string;
  readonly configVersion: number;
  readonly config: EndpointConfig;
  readonly settings: EndpointSettings;
  readonly entities: readonly ServedEntity[];
  readonly log: LogTarget | undefined;
  readonly deadlineMs: number;
}

/** Requests that may wait for each that runs, and of a cold endpoint. */
const WAITING_A_SLOT = 64;
const MIN_WAITING = 16_384;
const WAITING_BYTES = 256 * 2 ** 20;

/** The endpoint as the gateway answers for it from now on. */
export function routeOf(input: RouteInput): Route {
  const { endpointId, name, configVersion, config, settings, entities, log, deadlineMs } = input;
  const routed = entities.map((entity) => routedEntity(input, entity));
  return {
    endpointId,
    name,
    configVersion,
    entities: routed,
    strict: settings.strict,
    deadlineMs,
    maxWaiting: {
      requests: Math.max(
        MIN_WAITING,
        WAITING_A_SLOT * sum(config.entities.map(({ size }) => concurrencyOf(size).max)),
      ),
      bytes: WAITING_BYTES,
    },
    log,
    rateLimits: settings.rateLimits.map(
      ({ calls, key }): RateLimit => ({
        per: key === 'endpoint' ? 'endpoint' : 'principal',
        principal: undefined,
        calls,
        periodMs: 60_000,
      }),
    ),
  };
}

function routedEntity({ endpointId, config }: RouteInput, entity: ServedEntity): RoutedEntity {
  const { deployment, name, version } = entity;
  const { signature, facts, native } = deployment;
  const isRaw = signature === undefined || signature.path === 'raw' || facts.path === 'raw';
  const own = config.entities.find((each) => each.name === name)!;
  return {
    id: `${endpointId}/${name}`,
    name,
    modelName: deployment.prepared!.modelName,
    modelVersion: String(version),
    weight: config.routes.find((route) => route.entity === name)?.percent ?? 0,
    path: isRaw && native === undefined ? 'raw' : 'columns',
    signature,
    domain: native?.domain,
    batch: { ...DEFAULT_BATCH_RULES, rowWise: native?.rowWise ?? facts.rowWise },
    lanes: native?.lanes ?? deployment.lanes,
    fallback: native === undefined ? undefined : deployment.lanes,
    fallbackJoins: facts.rowWise && facts.path !== 'raw',
    slots: concurrencyOf(own.size).max,
    onNotRowWise: () => deployment.notRowWise(),
  };
}

/** Equal for routes between which nothing would change. */
export const routeFacts = ({ configVersion, name, settings, entities, log }: RouteInput): string =>
  JSON.stringify([
    configVersion,
    name,
    settings.strict,
    settings.rateLimits,
    log?.log.tableId,
    entities.map(({ deployment }) => [deployment.key, deployment.facts, deployment.native?.kind]),
  ]);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
