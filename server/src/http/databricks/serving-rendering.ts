import type { CaptureConfig, EndpointConfig, EntityConfig } from '../../serving/endpoint-config.ts';
import type { ConfigView, EndpointView, EntityState, EntityView } from '../../serving/endpoint-states.ts';

/** What is kept of an endpoint's requests, and how that is. */
export interface CaptureTable {
  readonly name: string;
  readonly status: 'PENDING' | 'READY' | 'FAILED';
  readonly message: string;
}

export interface RenderingOptions {
  /** `CAN_MANAGE`, `CAN_QUERY` or `CAN_VIEW`: what the caller may do. */
  readonly permissionLevel: string;
  readonly table: CaptureTable | undefined;
}

/** An endpoint as `get`, `create` and `update_config` answer it. */
export function renderEndpoint(
  endpoint: EndpointView,
  { permissionLevel, table }: RenderingOptions,
): Record<string, unknown> {
  const { active, pending, settings } = endpoint;
  const configOptions = { table, showsValues: permissionLevel === 'CAN_MANAGE' };
  return {
    name: endpoint.name,
    creator: endpoint.creator,
    creation_timestamp: endpoint.createdAtMs,
    last_updated_timestamp: endpoint.updatedAtMs,
    id: endpoint.id,
    permission_level: permissionLevel,
    route_optimized: false,
    tags: endpoint.tags,
    ...(endpoint.description !== '' && { description: endpoint.description }),
    endpoint_type: 'UNITY_CATALOG_MODEL',
    state: {
      ready: endpoint.isReady ? 'READY' : 'NOT_READY',
      config_update: endpoint.update,
      ...(endpoint.updateMessage !== '' && { config_update_message: endpoint.updateMessage }),
    },
    ...(active !== undefined && { config: renderConfig(endpoint, active, configOptions) }),
    ...(pending !== undefined && {
      pending_config: { ...renderConfig(endpoint, pending, configOptions), start_time: pending.createdAtMs },
    }),
    ...(settings.aiGateway !== undefined && { ai_gateway: settings.aiGateway }),
    ...(settings.notifications !== undefined && { email_notifications: settings.notifications }),
  };
}

interface ConfigOptions {
  readonly table: CaptureTable | undefined;
  /** Whether the values of environment variables are told: they may be secrets that somebody wrote out. */
  readonly showsValues: boolean;
}

function renderConfig(
  endpoint: EndpointView,
  view: ConfigView,
  { table, showsValues }: ConfigOptions,
): object {
  const { config, version, entities } = view;
  return {
    served_entities: entities.map((entity) => renderEntity(view, entity, showsValues)),
    served_models: entities.map((entity) => renderModel(view, entity, showsValues)),
    config_version: version,
    traffic_config: { routes: renderRoutes(config) },
    ...(config.capture?.kind === 'legacy' && {
      auto_capture_config: renderCapture(endpoint, config.capture, table),
    }),
  };
}

const renderRoutes = ({ routes }: EndpointConfig): readonly object[] =>
  routes.map(({ entity, percent }) => ({
    served_model_name: entity,
    served_entity_name: entity,
    traffic_percentage: percent,
  }));

function renderEntity(
  view: ConfigView,
  { config, version, state }: EntityView,
  showsValues: boolean,
): object {
  return {
    name: config.name,
    entity_name: config.writtenModel,
    entity_version: String(version),
    ...(config.target.by === 'alias' && { entity_alias: config.target.alias }),
    ...renderWorkload(view, config, showsValues),
    ...renderLane(config, state),
    state: {
      deployment: `DEPLOYMENT_${state.state}`,
      deployment_state_message: state.message,
    },
  };
}

function renderModel(view: ConfigView, { config, version, state }: EntityView, showsValues: boolean): object {
  return {
    name: config.name,
    model_name: config.writtenModel,
    model_version: String(version),
    ...renderWorkload(view, config, showsValues),
    state: {
      deployment: `DEPLOYMENT_${state.state}`,
      deployment_state_message: state.message,
    },
  };
}

/** Who answers and why; not among what the SDK reads. */
const renderLane = ({ compiledLane }: EntityConfig, { lane }: EntityState): object => ({
  compiled_lane: compiledLane ?? 'auto',
  ...(lane !== undefined && {
    lane: {
      answers: lane.answers,
      compiled: lane.compiled,
      ...(lane.reason !== '' && { reason: lane.reason }),
    },
  }),
});

const renderWorkload = (
  { madeBy, createdAtMs }: ConfigView,
  { size, workloadType, scaleToZero, variables }: EntityConfig,
  showsValues: boolean,
): object => ({
  creator: madeBy,
  creation_timestamp: createdAtMs,
  workload_type: workloadType,
  scale_to_zero_enabled: scaleToZero,
  ...(size.kind === 'named'
    ? { workload_size: size.size }
    : { min_provisioned_concurrency: size.min, max_provisioned_concurrency: size.max }),
  ...(Object.keys(variables).length > 0 && {
    environment_vars: showsValues ? variables : withoutValues(variables),
  }),
});

const withoutValues = (variables: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.keys(variables).map((name) => [name, '********']));

function renderCapture(
  { name }: EndpointView,
  { catalog, schema, prefix, enabled }: CaptureConfig,
  table: CaptureTable | undefined,
): object {
  return {
    ...(catalog !== undefined && { catalog_name: catalog }),
    ...(schema !== undefined && { schema_name: schema }),
    table_name_prefix: prefix ?? name,
    enabled,
    ...(table !== undefined && {
      state: {
        payload_table: { name: table.name, status: table.status, status_message: table.message },
      },
    }),
  };
}
