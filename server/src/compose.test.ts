import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Program } from './compose.ts';
import { readConfig } from './config.ts';
import type { MlflowRoute } from './http/mlflow/routes.ts';
import { openApiDocument } from './http/openapi.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

interface Operation {
  readonly tags: readonly string[];
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
  readonly description?: string;
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string }>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> };
}

const route = (path: string, more: Partial<MlflowRoute> = {}): MlflowRoute => ({
  method: 'POST',
  path,
  access: 'open',
  handle: async () => ({}),
  ...more,
});

describe('the document of the protocol', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-openapi-'));
  let program: Program;
  let document: Document;

  beforeAll(async () => {
    program = await compose(readConfig(['--home', home, '--log-level', 'silent'], {}));
    const answer = await program.server.inject({ url: '/openapi.json', headers: { host: 'localhost' } });
    expect(answer.statusCode).toBe(200);
    document = answer.json();
  });
  afterAll(async () => {
    await program.close();
    rmSync(home, { recursive: true });
  });

  it('names only endpoints that answer', async () => {
    const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
      Object.entries(byMethod)
        // A stream of events would not end, and probes answer no JSON.
        .filter(
          ([
            ,
            {
              tags: [tag],
            },
          ]) => tag !== 'probes' && !path.endsWith('/slipway/events'),
        )
        .map(([method]) => ({ path, method: method.toUpperCase() as 'GET' })),
    );
    expect(operations.length).toBeGreaterThan(60);
    for (const { path, method } of operations) {
      const answer = await program.server.inject({
        method,
        url: path.replace(/\{\w+\}/g, 'x'),
        headers: { host: 'localhost' },
      });
      const isJson = String(answer.headers['content-type']).startsWith('application/json');
      const { error_code: code } = (isJson && answer.body !== '' ? answer.json() : {}) as {
        error_code?: string;
      };
      expect([`${method} ${path}`, answer.statusCode, code]).not.toContain('ENDPOINT_NOT_FOUND');
      expect([`${method} ${path}`, answer.statusCode]).not.toContain(405);
      expect([`${method} ${path}`, answer.statusCode]).not.toContain(500);
    }
  });

  it('describes every request', () => {
    const undescribed = Object.entries(document.paths).flatMap(([path, byMethod]) =>
      Object.entries(byMethod).flatMap(([method, { description }]) =>
        description === undefined ? [] : [`${method} ${path}`],
      ),
    );
    expect(undescribed).toEqual([]);
  });

  it('has every route but those of the pages and of tools', () => {
    const known = new Set(
      Object.entries(document.paths).flatMap(([path, byMethod]) =>
        Object.keys(byMethod).map((method) => `${method.toUpperCase()} ${path}`),
      ),
    );
    const missing = program.server.routeTable
      .map(({ method, path }) => {
        const named = path.replace(/\*$/, ':artifact_path').replace(/(?<=\/):(\w+)/g, '{$1}');
        return { name: `${method} ${named}`, twin: `${method} ${named.replace('/ajax-api/', '/api/')}` };
      })
      .filter(({ name, twin }) => !known.has(name) && !known.has(twin));
    expect(missing.map(({ name }) => name).sort()).toEqual([
      'GET /',
      'GET /api/slipway/v1/session',
      'GET /assets/{artifact_path}',
      'GET /metrics',
      'GET /openapi.json',
      'HEAD /',
      'HEAD /assets/{artifact_path}',
    ]);
  });

  it('names each operation once', () => {
    const ids = Object.values(document.paths).flatMap((byMethod) =>
      Object.values(byMethod).map(({ operationId }) => operationId),
    );
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it.each([
    ['put', '/api/2.0/mlflow-artifacts/artifacts/{artifact_path}', ['application/octet-stream']],
    ['post', '/v1/traces', ['application/x-protobuf', 'application/json']],
  ])('says which bodies %s %s takes', (method, path, types) => {
    const operation = document.paths[path]![method]!;
    expect(Object.keys(operation.requestBody!.content)).toEqual(types);
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '4XX', '503']));
  });

  it('says what a download answers, in whole and in part', () => {
    const { responses, parameters } =
      document.paths['/api/2.0/mlflow-artifacts/artifacts/{artifact_path}']!.get!;
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '206', '304', '4XX']));
    expect(responses['206']!.content).toHaveProperty(['application/octet-stream']);
    expect(parameters!.map((parameter) => `${parameter.in} ${parameter.name}`)).toEqual([
      'path artifact_path',
      'header range',
      'header if-range',
      'header if-match',
      'header if-none-match',
    ]);
  });

  it('says that live changes are a stream of events, and how to resume it', () => {
    const { responses, parameters } = document.paths['/api/2.0/slipway/events']!.get!;
    expect(Object.keys(responses['200']!.content!)).toEqual(['text/event-stream']);
    expect(parameters!.map(({ name }) => name)).toEqual(['experiment_ids', 'last-event-id']);
  });

  it('defines every schema that it refers to', () => {
    const references = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/([^"]+)/g)];
    const names = new Set(references.map(([, name]) => name!));
    expect(names.size).toBeGreaterThan(5);
    expect([...names].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  it('describes a body by the fields of the protocol', () => {
    expect(document.paths['/api/2.0/mlflow/runs/log-batch']!.post!.requestBody).toEqual({
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: {
              run_id: { type: 'string' },
              metrics: { type: 'array', items: { $ref: '#/components/schemas/Metric' } },
              params: { type: 'array', items: { $ref: '#/components/schemas/Param' } },
              tags: { type: 'array', items: { $ref: '#/components/schemas/RunTag' } },
            },
          },
        },
      },
    });
  });

  it('describes the query of a GET and the parameters of a path', () => {
    const names = (path: string, method: string) =>
      document.paths[path]![method]!.parameters!.map((parameter) => `${parameter.in} ${parameter.name}`);
    expect(names('/api/2.0/mlflow/runs/get', 'get')).toEqual(['query run_id', 'query run_uuid']);
    expect(names('/api/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}', 'delete')).toEqual([
      'path model_id',
      'path tag_key',
    ]);
  });
});

describe('a route of our own', () => {
  it('describes its request itself', () => {
    const document = openApiDocument([
      route('2.0/slipway/things', { request: [{ name: 'counts', type: 'int32', repeated: true }] }),
    ]) as Document;
    const operation = document.paths['/api/2.0/slipway/things']!.post!;
    expect(operation.requestBody!.content['application/json']!.schema).toEqual({
      type: 'object',
      properties: { counts: { type: 'array', items: { type: 'integer', format: 'int32' } } },
    });
  });

  it('says so while nobody describes its request', () => {
    const document = openApiDocument([route('2.0/slipway/things')]) as Document;
    expect(document.paths['/api/2.0/slipway/things']!.post!.description).toBe(
      'The request is not described.',
    );
  });
});
