import type { FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from '../../kernel/errors.ts';
import type { Gateway } from '../../serving/gateway/gateway-port.ts';
import type { Route } from '../../serving/gateway/lane.ts';
import type { Target } from '../route-access.ts';
import type { RawCall, RawRoute, RouteDescription } from '../routes.ts';
import type { ShortCall, ShortWay } from '../short-way.ts';
import { callScoring } from './scoring-call.ts';

/** Where endpoints are asked. The Databricks SDK and its curl examples name these two addresses. */
export function createInvocationRoutes(gateway: Gateway): readonly RawRoute[] {
  const { table } = gateway;

  async function handle(
    request: FastifyRequest,
    reply: FastifyReply,
    requester: string,
  ): Promise<FastifyReply> {
    const { name, entity } = request.params as { readonly name: string; readonly entity?: string };
    const route = table.find(name);
    if (route === undefined) throw noEndpoint(name);
    const answer = await callScoring(request.raw, reply.raw, { gateway, route, entity, requester });
    reply.code(answer.status).headers(answer.headers).header('content-type', answer.contentType);
    return reply.send(answer.body);
  }

  const access = [
    {
      action: 'endpoint.query',
      target: (call: RawCall | ShortCall) => targetOf(call, table.find(nameOf(call))),
    },
  ] as const;

  const shortWayOf = (pattern: RegExp): ShortWay => ({
    pattern,
    access,
    answer({ raw, params }, response, { principal: requester }) {
      const route = table.find(params.name!);
      return route && callScoring(raw, response, { gateway, route, entity: params.entity, requester });
    },
  });

  const routeAt = (path: string, pattern: RegExp, description: RouteDescription): RawRoute => ({
    method: 'POST',
    path,
    access,
    description,
    handle: (request, reply, caller) => handle(request, reply, caller.principal),
    shortWay: shortWayOf(pattern),
  });

  return [
    routeAt('/serving-endpoints/:name/invocations', ENDPOINT_PATH, {
      ...DESCRIPTION,
      summary: 'Scores rows by the entity that the traffic split chooses.',
      parameters: [NAME],
    }),
    routeAt('/serving-endpoints/:name/served-models/:entity/invocations', ENTITY_PATH, {
      ...DESCRIPTION,
      summary: 'Scores rows by the served entity that is named.',
      parameters: [
        NAME,
        { name: 'entity', in: 'path', required: true, description: 'Name of a served entity.' },
      ],
    }),
  ];
}

const ENDPOINT_PATH = /^\/serving-endpoints\/(?<name>[\w-]+)\/invocations$/;
const ENTITY_PATH = /^\/serving-endpoints\/(?<name>[\w-]+)\/served-models\/(?<entity>[\w-]+)\/invocations$/;

const nameOf = ({ request }: RawCall | ShortCall): string =>
  (request.params as { readonly name: string }).name;

function targetOf(call: RawCall | ShortCall, route: Route | undefined): Target {
  const missing = () => noEndpoint(nameOf(call));
  if (route === undefined) throw missing();
  return { on: { type: 'endpoint', id: route.endpointId }, missing };
}

const noEndpoint = (name: string) => notFound(`The serving endpoint '${name.slice(0, 200)}' does not exist.`);

const NAME = { name: 'name', in: 'path', required: true, description: 'Name of the endpoint.' } as const;

const DESCRIPTION = {
  tag: 'Serving',
  body: {
    description:
      'Rows in one of the forms `dataframe_split`, `dataframe_records`, `inputs` and `instances`, with `params`; or CSV, ' +
      'or Parquet. May be gzip.',
    types: ['application/json', 'text/csv', 'application/vnd.apache.parquet'],
  },
  answers: {
    200: {
      description: '`{"predictions": …}`',
      types: ['application/json'],
      headers: {
        'served-model-name': 'The served entity that answered.',
        'x-slipway-model-version': 'The version of its model.',
        'x-slipway-lane': 'What ran the model.',
        'x-slipway-ignored': 'Columns and params of the request that the model does not take.',
      },
    },
    400: {
      description: 'Input that the model does not take, or on which it raised.',
      types: ['application/json'],
    },
    415: { description: 'Another content type.', types: ['text/plain'] },
    429: {
      description: 'Too many requests wait, or a limit of calls is reached.',
      types: ['application/json'],
    },
    503: { description: 'No replica can answer now.', types: ['application/json'] },
    504: { description: 'The deadline of the endpoint is over.', types: ['application/json'] },
  },
} as const;
