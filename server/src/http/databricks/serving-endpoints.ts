import type { Access } from '../../governance/access.ts';
import type { Action } from '../../governance/privileges.ts';
import { AppError, notFound } from '../../kernel/errors.ts';
import { securableOf } from '../../registry/model-names.ts';
import { modelNotFound } from '../../registry/model-places.ts';
import { noScope, scopeSecurable } from '../../secrets/scopes.ts';
import type { EndpointConfig } from '../../serving/endpoint-config.ts';
import type { EntityLog } from '../../serving/endpoint-logs.ts';
import { readConfig, secretsIn } from '../../serving/endpoint-rules.ts';
import type { EndpointView } from '../../serving/endpoint-states.ts';
import { type Endpoints, endpointNotFound, endpointSecurable } from '../../serving/endpoints.ts';
import type { EntityCounts } from '../../serving/gateway/endpoint-counters.ts';
import type { Route } from '../../serving/gateway/lane.ts';
import { optionalObject, optionalString, requiredString, stringList } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import { creatingUnseen, type ReadModelName } from '../model-access.ts';
import { type Need, requireOn } from '../route-access.ts';
import type { RawCall, RawRoute } from '../routes.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { plain, readAiGateway, readRateLimits, readTags, readWrittenConfig } from './serving-messages.ts';
import { renderEndpointMetrics } from './serving-metrics.ts';
import { describeEndpoint } from './serving-openapi.ts';
import { type CaptureTable, renderEndpoint } from './serving-rendering.ts';

export interface ServingEndpointsDependencies {
  readonly endpoints: Endpoints;
  readonly readModelName: ReadModelName;
  /** What this process has of an entity: its logs. */
  logOf(endpointId: string, entity: string): EntityLog | undefined;
  routeOf(endpointId: string): Route | undefined;
  countsOf(endpointId: string): readonly EntityCounts[];
  /** Whether the caller may have tables made for requests there. @throws AppError */
  requireCapture(config: EndpointConfig, access: Access): void;
  /** Where its requests are kept; undefined where they are not. */
  tableOf(endpoint: EndpointView): Promise<CaptureTable | undefined>;
}

const PATH = '/api/2.0/serving-endpoints';

/** Serving endpoints, as the SDK and `mlflow.deployments` manage them. Scoring is not here. */
export function servingEndpointRoutes(dependencies: ServingEndpointsDependencies): {
  readonly routes: readonly DatabricksRoute[];
  readonly rawRoutes: readonly RawRoute[];
} {
  const { endpoints, readModelName, logOf, routeOf, countsOf } = dependencies;
  const target = async (name: string) => {
    const id = await endpoints.idOf(name);
    if (id === undefined) throw endpointNotFound(name);
    return { on: endpointSecurable(id), missing: () => endpointNotFound(name) };
  };
  const needs = (action: Action): readonly Need<DatabricksCall>[] => [
    { action, target: ({ path }) => target(path.name!) },
  ];

  const readStored = (body: JsonObject, at: string, previous?: EndpointConfig): EndpointConfig => {
    const written = readWrittenConfig(body, at);
    const capture = written.capture ?? previous?.capture;
    return readConfig({ ...written, capture }, (text) => readModelName(text).stored);
  };

  /** What it takes to serve that: to load the models, and to read the secrets. */
  function requireConfig(config: EndpointConfig, access: Access): void {
    for (const { model, writtenModel, variables } of config.entities) {
      requireOn(access, 'model.read-files', [
        { on: securableOf(readModelName(model)), missing: () => modelNotFound(writtenModel) },
      ]);
      requireOn(
        access,
        'secret-scope.read',
        secretsIn(variables).map(({ scope }) => ({
          on: scopeSecurable(scope),
          missing: () => noScope(scope),
        })),
      );
    }
    dependencies.requireCapture(config, access);
  }

  const render = async (endpoint: EndpointView, { access }: { readonly access: Access }): Promise<object> =>
    renderEndpoint(endpoint, {
      permissionLevel: levelOf(access, endpoint.id),
      table: await dependencies.tableOf(endpoint),
    });

  async function entityLog({ path }: DatabricksCall): Promise<EntityLog> {
    const id = (await endpoints.idOf(path.name!)) ?? '';
    const log = logOf(id, path.entity!);
    if (log !== undefined) return log;
    throw notFound(`Endpoint '${path.name!.slice(0, 100)}' serves no '${path.entity!.slice(0, 100)}'.`);
  }

  const routes: readonly DatabricksRoute[] = [
    {
      method: 'POST',
      path: PATH,
      summary: 'Creates a serving endpoint',
      access: [
        {
          action: 'workspace.create-endpoint',
          target: () => ({ on: { type: 'workspace' }, missing: mayNotCreate }),
        },
      ],
      async handle({ body, caller }) {
        const { access } = caller;
        const name = requiredString(body, 'name');
        const written = optionalObject(body, 'config');
        const gateway = optionalObject(body, 'ai_gateway');
        const ai = gateway && readAiGateway(gateway);
        const notifications = optionalObject(body, 'email_notifications');
        const config = written && withCapture(readStored(written, 'config.'), ai?.capture);
        if (config !== undefined) requireConfig(config, access);
        const taken = (await endpoints.idOf(name)) ?? '';
        const made = await creatingUnseen(
          access,
          { on: endpointSecurable(taken), action: 'endpoint.see', creates: 'workspace.create-endpoint' },
          () =>
            endpoints.create(
              {
                name,
                config,
                description: optionalString(body, 'description') ?? '',
                tags: readTags(body, 'tags'),
                settings: {
                  rateLimits: [...readRateLimits(body), ...(ai?.rateLimits ?? [])],
                  ...(ai !== undefined && { aiGateway: ai.written }),
                  ...(notifications !== undefined && { notifications: plain(notifications) }),
                },
              },
              access,
            ),
        );
        return render(made, caller);
      },
    },
    {
      method: 'GET',
      path: PATH,
      summary: 'Lists the serving endpoints that the caller sees',
      access: 'filtered',
      async handle({ caller }) {
        const found = await endpoints.list(caller.access);
        return { endpoints: await Promise.all(found.map((endpoint) => render(endpoint, caller))) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:name`,
      summary: 'Describes a serving endpoint',
      access: needs('endpoint.see'),
      handle: async ({ path, caller }) => render(await endpoints.get(path.name!), caller),
    },
    {
      method: 'DELETE',
      path: `${PATH}/:name`,
      summary: 'Deletes a serving endpoint',
      access: needs('endpoint.manage'),
      async handle({ path }) {
        await endpoints.delete(path.name!);
        return {};
      },
    },
    {
      method: 'PUT',
      path: `${PATH}/:name/config`,
      summary: 'Gives a serving endpoint other models, or another split of its requests',
      access: needs('endpoint.manage'),
      async handle({ path, body, caller }) {
        const { access } = caller;
        const changed = await endpoints.configure(
          path.name!,
          (previous) => {
            const config = readStored(body, '', previous);
            requireConfig(config, access);
            return config;
          },
          access,
        );
        return render(changed, caller);
      },
    },
    {
      method: 'PATCH',
      path: `${PATH}/:name/tags`,
      summary: 'Changes the tags of a serving endpoint',
      access: needs('endpoint.manage'),
      async handle({ path, body }) {
        const add = readTags(body, 'add_tags');
        return {
          tags: await endpoints.changeTags(path.name!, { add, remove: stringList(body, 'delete_tags') }),
        };
      },
    },
    {
      method: 'PUT',
      path: `${PATH}/:name/rate-limits`,
      summary: 'Sets how many requests an endpoint takes',
      access: needs('endpoint.manage'),
      async handle({ path, body }) {
        const rateLimits = readRateLimits(body);
        await endpoints.changeSettings(path.name!, (settings) => ({ ...settings, rateLimits }));
        return {
          rate_limits: rateLimits.map(({ calls, key }) => ({ calls, key, renewal_period: 'minute' })),
        };
      },
    },
    {
      method: 'PUT',
      path: `${PATH}/:name/ai-gateway`,
      summary: 'Sets rate limits and the table of requests of an endpoint',
      access: needs('endpoint.manage'),
      async handle({ path, body, caller }) {
        const { rateLimits, capture, written } = readAiGateway(body);
        if (capture !== undefined)
          await endpoints.configure(
            path.name!,
            (previous) => {
              if (previous === undefined)
                throw new AppError('InvalidState', 'The endpoint serves nothing yet: configure it first.');
              const config = withCapture(previous, capture);
              requireConfig(config, caller.access);
              return config;
            },
            caller.access,
          );
        await endpoints.changeSettings(path.name!, (settings) => ({
          ...settings,
          aiGateway: written,
          ...(rateLimits.length > 0 && { rateLimits }),
        }));
        return written;
      },
    },
    {
      method: 'PATCH',
      path: `${PATH}/:name/notifications`,
      summary: 'Sets who is told of updates of an endpoint',
      access: needs('endpoint.manage'),
      async handle({ path, body }) {
        const notifications = plain(optionalObject(body, 'email_notifications') ?? {});
        await endpoints.changeSettings(path.name!, (settings) => ({ ...settings, notifications }));
        return { name: path.name!, email_notifications: notifications };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:name/served-models/:entity/logs`,
      summary: 'Shows what the processes of a served entity printed last',
      access: needs('endpoint.manage'),
      handle: async (call) => ({ logs: (await entityLog(call)).serverText }),
    },
    {
      method: 'GET',
      path: `${PATH}/:name/served-models/:entity/build-logs`,
      summary: 'Shows how the environment of a served entity was built and its processes were started',
      access: needs('endpoint.manage'),
      handle: async (call) => ({ logs: (await entityLog(call)).buildText }),
    },
    {
      method: 'GET',
      path: `${PATH}/:name/openapi`,
      summary: 'Describes what an endpoint takes, by the signatures of its models',
      access: needs('endpoint.see'),
      async handle({ path }) {
        const endpoint = await endpoints.get(path.name!);
        return describeEndpoint(endpoint.name, routeOf(endpoint.id)?.entities ?? []);
      },
    },
  ];

  const rawRoutes: readonly RawRoute[] = [
    {
      method: 'GET',
      path: `${PATH}/:name/metrics`,
      access: [
        {
          action: 'endpoint.see',
          target: ({ request }: RawCall) => target((request.params as { name: string }).name),
        },
      ],
      description: {
        summary: 'Counts the requests of an endpoint, for Prometheus',
        tag: 'databricks',
        parameters: [{ name: 'name', in: 'path', required: true, description: 'The endpoint.' }],
        answers: { 200: { description: 'Metrics in Prometheus’ text format.', types: ['text/plain'] } },
      },
      async handle(request, reply) {
        const { name } = request.params as { name: string };
        const endpoint = await endpoints.get(name);
        return reply
          .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
          .send(renderEndpointMetrics(endpoint.name, countsOf(endpoint.id)));
      },
    },
  ];
  return { routes, rawRoutes };
}

const mayNotCreate = () =>
  new AppError(
    'PermissionDenied',
    'Permission denied: to create an endpoint takes CAN_EDIT on the workspace.',
  );

/** The gateway's own way of naming the table wins. */
const withCapture = (config: EndpointConfig, capture: EndpointConfig['capture']): EndpointConfig =>
  capture === undefined ? config : { ...config, capture };

function levelOf(access: Access, id: string): string {
  const on = endpointSecurable(id);
  if (access.decide('endpoint.manage', on) === 'allowed') return 'CAN_MANAGE';
  return access.decide('endpoint.query', on) === 'allowed' ? 'CAN_QUERY' : 'CAN_VIEW';
}
