import type { DatabricksRoute } from './databricks/routes.ts';
import requestFields from './mlflow/request-fields.json' with { type: 'json' };
import type { MlflowRoute, RequestField } from './mlflow/routes.ts';
import { MLFLOW_VERSION } from './mlflow/server-facts.ts';
import { describeDatabricks } from './openapi-databricks.ts';
import { describeStreams } from './openapi-streams.ts';
import { describeAccess } from './route-access.ts';
import type { RawRoute } from './routes.ts';

type Schema = Readonly<Record<string, unknown>>;

/** A field as a description has it: its type is a scalar, `any`, or the name of a message or an enum. */
type DescribedField = Omit<RequestField, 'type'> & { readonly type: string };

const endpoints: Readonly<Record<string, string>> = requestFields.endpoints;
const messages: Readonly<Record<string, readonly DescribedField[]>> = requestFields.messages;
const enums: Readonly<Record<string, readonly string[]>> = requestFields.enums;

const INT64_TEXT = { type: 'string', pattern: '^-?[0-9]{1,19}$' };

/** Scalars as protobuf's JSON writes them: 64-bit integers may be text, doubles that are no number must be. */
const SCALARS: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { oneOf: [{ type: 'integer', format: 'int64' }, INT64_TEXT] },
  double: { oneOf: [{ type: 'number' }, { type: 'string', enum: ['NaN', 'Infinity', '-Infinity'] }] },
  bytes: { type: 'string', contentEncoding: 'base64' },
  any: {},
};

/** What every route may answer besides. */
const ERRORS = [
  ['4XX', 'The request was refused: the message says why.'],
  ['501', 'Not supported with the configuration of this server.'],
  ['503', 'The server cannot do it right now; nothing was changed. Try again.'],
  ['504', 'It took longer than it may.'],
] as const;

/**
 * The OpenAPI 3.1 document of the JSON routes, of those that move streams and of Databricks' protocol, each under `/api/` (or `/ajax-api/` where
 * it has no other prefix). A route whose request nobody describes says so; a test holds that there is none.
 */
export function openApiDocument(
  routes: readonly MlflowRoute[],
  streams: readonly RawRoute[] = [],
  databricks: readonly DatabricksRoute[] = [],
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const prefix = route.prefixes === 'ajax' ? '/ajax-api/' : '/api/';
    const path = prefix + namedPath(route).replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(route) };
  }
  const others = [
    ...describeStreams(streams, errorAnswers()),
    ...describeDatabricks(databricks, errorAnswers()),
  ];
  for (const { path, method, operation } of others) {
    paths[path] = { ...paths[path], [method]: operation };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Slipway',
      version: MLFLOW_VERSION,
      description:
        `The version is that of MLflow, whose REST protocol this is. What is under /api/ also answers under ` +
        '/ajax-api/. Fields that a request has beyond the described ones are ignored.',
    },
    paths,
    components: { schemas: describeComponents(paths) },
  };
}

/** Tells the document, made when it is asked for the first time. */
export function openApiRoute(
  routes: readonly MlflowRoute[],
  streams: readonly RawRoute[],
  databricks: readonly DatabricksRoute[],
): RawRoute {
  let text: string | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    access: 'open',
    async handle(_request, reply) {
      text ??= JSON.stringify(openApiDocument(routes, streams, databricks));
      return reply.type('application/json').send(text);
    },
  };
}

function describeOperation(route: MlflowRoute): object {
  const inPath = [...namedPath(route).matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const described = fieldsOf(route);
  const fields = (described ?? []).filter((field) => !inPath.includes(field.name));
  const inQuery = route.method === 'GET';
  const parameters = [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string', minLength: 1 } })),
    ...(inQuery ? fields.map(describeQueryField) : []),
  ];
  return {
    operationId: `${route.method} ${route.path}`,
    ...(described === undefined && { description: 'The request is not described.' }),
    tags: [route.path.split('/')[2]],
    'x-needs': describeAccess(route.access),
    ...(parameters.length > 0 && { parameters }),
    ...(!inQuery && {
      requestBody: { required: true, content: { 'application/json': { schema: objectSchema(fields) } } },
    }),
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: { type: 'object' } } } },
      ...errorAnswers(),
    },
  };
}

const errorAnswers = (): Readonly<Record<string, object>> =>
  Object.fromEntries(
    ERRORS.map(([status, description]) => [
      status,
      { description, content: { 'application/json': { schema: reference('Error') } } },
    ]),
  );

/** Where a route's path ends openly, that end is the path of an artifact, as everywhere in the protocol. */
const namedPath = (route: MlflowRoute): string => route.path.replace(/\*$/, ':artifact_path');

function fieldsOf(route: MlflowRoute): readonly DescribedField[] | undefined {
  if (route.request !== undefined) return route.request;
  const message = endpoints[`${route.method} ${namedPath(route)}`];
  return message === undefined ? undefined : messages[message];
}

const describeQueryField = (field: DescribedField): object => ({
  name: field.name,
  in: 'query',
  ...(field.required && { required: true }),
  schema: fieldSchema(field),
});

function objectSchema(fields: readonly DescribedField[]): Schema {
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    ...(required.length > 0 && { required }),
  };
}

function fieldSchema({ type, repeated }: DescribedField): Schema {
  const schema = SCALARS[type] ?? reference(type);
  return repeated ? { type: 'array', items: schema } : schema;
}

const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** The schemas that the paths refer to, and those that these refer to. */
function describeComponents(paths: object): Record<string, Schema> {
  const schemas: Record<string, Schema> = {};
  const add = (within: object) => {
    for (const [, name] of JSON.stringify(within).matchAll(/#\/components\/schemas\/([\w.]+)/g)) {
      if (schemas[name!] !== undefined) continue;
      schemas[name!] = componentSchema(name!);
      add(schemas[name!]!);
    }
  };
  add(paths);
  return schemas;
}

function componentSchema(name: string): Schema {
  if (name === 'Error') {
    const text = { type: 'string' };
    return {
      type: 'object',
      properties: { error_code: text, message: text },
      required: ['error_code', 'message'],
    };
  }
  return enums[name] === undefined ? objectSchema(messages[name]!) : { type: 'string', enum: enums[name] };
}
