import type { Signature, SignatureInput } from '../../serving/scoring/columns.ts';

/** A model that an endpoint serves, for its description. */
export interface DescribedEntity {
  readonly name: string;
  readonly weight: number;
  readonly signature: Signature | undefined;
}

/** What the endpoint takes, as an OpenAPI document made from the signatures of its models. */
export function describeEndpoint(name: string, entities: readonly DescribedEntity[]): object {
  const paths: Record<string, object> = {};
  for (const { name: entity, weight, signature } of entities) {
    const operation = {
      post: {
        summary: `Asks ${entity}`,
        requestBody: { required: true, content: { 'application/json': { schema: bodyOf(signature) } } },
        responses: {
          200: {
            description: 'The predictions, one a row',
            content: {
              'application/json': {
                schema: { type: 'object', required: ['predictions'], properties: { predictions: {} } },
              },
            },
          },
          400: { description: 'The body does not fit the signature' },
          429: { description: 'Too many requests wait' },
          503: { description: 'The model cannot be started now' },
          504: { description: 'The model took too long' },
        },
      },
    };
    paths[`/serving-endpoints/${name}/served-models/${entity}/invocations`] = operation;
    if (weight > 0) paths[`/serving-endpoints/${name}/invocations`] ??= operation;
  }
  return { openapi: '3.1.0', info: { title: name, version: '1' }, servers: [{ url: '/' }], paths };
}

function bodyOf(signature: Signature | undefined): object {
  if (signature === undefined) return { type: 'object' };
  const { inputs, named } = signature;
  const row = named ? recordOf(inputs) : { type: 'array' };
  const params = signature.params && {
    params: {
      type: 'object',
      properties: Object.fromEntries(
        signature.params.map(({ name, default: value }) => [name, { default: value ?? null }]),
      ),
    },
  };
  const forms = [
    { dataframe_records: { type: 'array', items: row } },
    {
      dataframe_split: {
        type: 'object',
        required: ['data'],
        properties: {
          columns: { type: 'array', items: { enum: inputs.map(({ name }) => name) } },
          index: { type: 'array' },
          data: { type: 'array', items: { type: 'array' } },
        },
      },
    },
    { inputs: { oneOf: [{ type: 'array' }, { type: 'object' }] } },
    { instances: { type: 'array' } },
  ];
  const fitting = inputs.every(({ kind }) => kind === 'column') ? forms : forms.slice(2);
  return {
    oneOf: fitting.map((properties) => ({
      type: 'object',
      required: Object.keys(properties),
      properties: { ...properties, ...params },
    })),
  };
}

const recordOf = (inputs: readonly SignatureInput[]): object => ({
  type: 'object',
  required: inputs.flatMap(({ name, required }) => (required && name !== undefined ? [name] : [])),
  properties: Object.fromEntries(inputs.map((input) => [input.name, typeOf(input)])),
});

const TYPES = {
  boolean: { type: 'boolean' },
  integer: { type: 'integer', format: 'int32' },
  long: { type: 'integer', format: 'int64' },
  float: { type: 'number', format: 'float' },
  double: { type: 'number', format: 'double' },
  string: { type: 'string' },
  binary: { type: 'string', contentEncoding: 'base64' },
  datetime: { type: 'string', format: 'date-time' },
} as const;

function typeOf(input: SignatureInput): object {
  switch (input.kind) {
    case 'column':
      return TYPES[input.type];
    case 'tensor':
      return { type: 'array', description: `A tensor of the shape [${input.shape.join(', ')}]` };
    case 'nested':
      return { description: input.shown };
  }
}
