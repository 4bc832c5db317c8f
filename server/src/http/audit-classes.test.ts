import { describe, expect, it } from 'vitest';
import { type AuditedRoute, auditClassOf, mainAction, routeName } from './audit-classes.ts';
import { detailsOf, isQuery, subjectOf } from './audit-subject.ts';
import type { Need } from './route-access.ts';

const needs = (...actions: readonly Need<never>['action'][]): AuditedRoute['access'] =>
  actions.map((action) => ({ action, target: () => [] }));

describe('how calls of a route are recorded', () => {
  it.each<[string, AuditedRoute['access'], string]>([
    ['POST /api/2.0/mlflow/runs/log-batch', needs('experiment.edit'), 'data'],
    ['POST /api/2.0/mlflow/runs/create', needs('experiment.edit'), 'data'],
    ['POST /api/2.0/mlflow/runs/search', 'filtered', 'none'],
    ['POST /api/2.0/mlflow/traces/search', needs('experiment.read'), 'none'],
    ['GET /api/2.0/mlflow/runs/get', needs('experiment.read'), 'none'],
    ['POST /api/2.0/mlflow/experiments/create', needs('workspace.create-experiment'), 'write'],
    ['POST /api/2.0/mlflow/experiments/delete', needs('experiment.edit'), 'write'],
    ['POST /api/2.0/mlflow/registered-models/create', needs('schema.create-model'), 'write'],
    ['POST /api/2.0/mlflow/registered-models/alias', needs('model.promote'), 'write'],
    ['DELETE /api/2.0/mlflow/registered-models/delete', needs('model.manage'), 'write'],
    ['GET /model-versions/get-artifact', needs('model.read-files'), 'files'],
    ['GET /get-artifact', needs('experiment.read'), 'files'],
    ['GET /api/2.0/mlflow-artifacts/artifacts/*', needs('experiment.read'), 'files'],
    ['PUT /api/2.0/mlflow-artifacts/artifacts/*', needs('experiment.edit'), 'data'],
    ['POST /api/2.0/mlflow/unity-catalog/temporary-credentials', needs('model.read-files'), 'files'],
    ['PUT /api/2.0/fs/files/*', needs('experiment.edit', 'volume.write', 'model.create-version'), 'data'],
    ['DELETE /api/2.0/fs/files/*', needs('experiment.edit', 'volume.write', 'model.create-version'), 'write'],
    ['POST /api/2.0/dbfs/move', needs('experiment.edit', 'volume.write', 'model.create-version'), 'write'],
    ['POST /api/2.0/mlflow/comments/create', needs('model.see'), 'write'],
    ['POST /api/2.0/mlflow/artifacts/credentials-for-read', needs('experiment.read'), 'files'],
    ['GET /api/2.0/secrets/get', needs('secret-scope.read'), 'files'],
    ['POST /api/2.0/secrets/put', needs('secret-scope.write'), 'write'],
    ['POST /api/2.0/token/create', 'filtered', 'write'],
    ['POST /api/2.0/preview/scim/v2/Users', 'admin', 'write'],
    ['GET /api/2.0/preview/scim/v2/Users', 'filtered', 'none'],
    ['PATCH /api/2.1/unity-catalog/permissions/:type/:name', needs('catalog.manage'), 'write'],
    ['POST /api/2.0/sql/statements', 'filtered', 'write'],
    ['POST /api/slipway/v1/session', 'open', 'login'],
    ['DELETE /api/slipway/v1/session', 'filtered', 'login'],
    ['GET /api/slipway/v1/session', 'open', 'none'],
    ['GET /api/slipway/v1/session/oidc', 'open', 'none'],
    ['GET /api/slipway/v1/session/oidc/callback', 'open', 'login'],
    ['POST /api/slipway/v1/session/password', 'filtered', 'write'],
    ['GET /health', 'open', 'none'],
    ['POST /ajax-api/slipway/v1/runs/bulk', 'filtered', 'write'],
    ['POST /ajax-api/slipway/v1/run-table/window', 'filtered', 'none'],
    ['POST /serving-endpoints/:name/invocations', needs('endpoint.query'), 'none'],
    ['POST /serving-endpoints/:name/served-models/:entity/invocations', needs('endpoint.query'), 'none'],
    ['POST /api/2.0/dbfs/add-block', 'filtered', 'data'],
    ['POST /api/2.0/sql/statements/:id/cancel', 'filtered', 'none'],
    ['PUT /signed/x', 'signed', 'data'],
    ['GET /signed/x', 'signed', 'files'],
    ['POST /anything/new', undefined, 'write'],
  ])('%s by %j: %s', (route, access, expected) => {
    const [method = '', path = ''] = route.split(' ');
    expect(auditClassOf({ method, path, access })).toBe(expected);
  });

  it('files a call under what it changes, else under what it reads', () => {
    expect(mainAction(['model.see', 'model.create-version'])).toBe('model.create-version');
    expect(mainAction(['model.see', 'model.read-files'])).toBe('model.read-files');
    expect(mainAction([])).toBeUndefined();
  });

  it('names routes without an action by their paths', () => {
    expect(routeName({ method: 'POST', path: '/api/2.0/token/create' })).toBe('POST token/create');
    expect(routeName({ method: 'DELETE', path: '/api/2.0/preview/scim/v2/Users/:id' })).toBe(
      'DELETE Users/:id',
    );
    expect(routeName({ method: 'POST', path: '/api/slipway/v1/session' })).toBe('login');
    expect(routeName({ method: 'DELETE', path: '/api/slipway/v1/session' })).toBe('logout');
  });
});

describe('what a record says that a call is about', () => {
  it('is the names in it, never values', () => {
    const call = {
      path: { webhook_id: 'w1' },
      message: {
        name: 'm',
        alias: 'champion',
        version: '3',
        secret: 's3cr3t',
        password: 'p',
        value: 'v',
        metrics: [1],
      },
    };
    expect(subjectOf(call, 'all')).toBe('name=m, version=3, alias=champion, webhook_id=w1');
    expect(subjectOf({ message: { run_id: 'r', key: 'loss', value: 0.5 } }, 'data')).toBe('run_id=r');
  });

  it('is the folder of a file, where many are read or written', () => {
    const request = { params: { '*': '7/abc/artifacts/model/MLmodel' }, query: {} };
    expect(subjectOf({ request, caller: {} }, 'data')).toBe('path=7/abc');
    expect(subjectOf({ request, caller: {} }, 'all')).toBe('path=7/abc/artifacts/model/MLmodel');
  });

  it('is the path of a file that nothing else names', () => {
    expect(subjectOf({ body: { path: '/Volumes/a/b/c/x.bin' } }, 'data')).toBe('path=/Volumes/a/b/c');
    expect(subjectOf({ query: { run_id: 'r', path: 'model/MLmodel' } }, 'data')).toBe('run_id=r');
  });

  it('tells of statements only what changes rights and names', () => {
    expect(detailsOf({ body: { statement: 'GRANT EXECUTE ON MODEL a.b.c TO `x`' } })).toContain(
      'GRANT EXECUTE',
    );
    expect(detailsOf({ body: { statement: "SELECT 'secret' FROM t" } })).toBe('{"statement":"SELECT"}');
  });

  it('takes a call for a query by the statement that it runs, not by a field of that name elsewhere', () => {
    expect(isQuery({ body: { statement: ' select 1' }, query: { statement: 'GRANT' } })).toBe(true);
    expect(isQuery({ body: { statement: 'GRANT x' }, query: { statement: 'SELECT 1' } })).toBe(false);
    expect(isQuery({ message: { statement: 'SELECT 1' }, path: { statement: 'SELECT 1' } })).toBe(false);
  });

  it('reads what a statement does behind the comments before it', () => {
    for (const start of ['/**/', '-- hello\n', ' \n/* a /* nested */ one */ -- and a line\n']) {
      const grant = { body: { statement: `${start}GRANT /* to */ EXECUTE\n  ON MODEL a.b.c TO \`eve\`` } };
      expect(JSON.parse(detailsOf(grant))).toEqual({
        statement: 'GRANT EXECUTE ON MODEL a.b.c TO `eve`',
      });
      expect(isQuery(grant)).toBe(false);
      const query = { body: { statement: `${start}SELECT 1` } };
      expect([isQuery(query), detailsOf(query)]).toEqual([true, '{"statement":"SELECT"}']);
    }
    const broken = { body: { statement: '/* SELECT 1' } };
    expect([isQuery(broken), detailsOf(broken)]).toEqual([false, '{"statement":""}']);
  });

  it('has no end that a caller chooses, and loses nothing to what does nothing', () => {
    const long = 'x'.repeat(100_000);
    expect(subjectOf({ message: { name: long } }, 'all').length).toBeLessThan(300);
    expect(JSON.parse(detailsOf({ body: { changes: [{ principal: long }] } }))).toEqual({
      changes: [{ principal: `${'x'.repeat(200)}…` }],
    });
    const grant = { principal: 'eve', add: ['MANAGE'] };
    for (const junk of [{ a: long }, { a: Array.from({ length: 1000 }, () => 'y'.repeat(100)) }]) {
      const details = detailsOf({ body: { changes: [{ ...junk, ...grant }], access_control_list: [junk] } });
      expect(JSON.parse(details).changes).toEqual([grant]);
      expect(details.length).toBeLessThan(1000);
    }
    const repeated = Array.from({ length: 1000 }, () => 'SELECT');
    expect(detailsOf({ body: { changes: [{ ...grant, add: [...repeated, 'MANAGE'] }] } })).toBe(
      '{"changes":[{"add":["SELECT","MANAGE"],"principal":"eve"}]}',
    );
  });

  it('counts the changes for which there is no room', () => {
    const changes = Array.from({ length: 900 }, (_, i) => ({ principal: `user-${i}`, add: ['SELECT'] }));
    const details = detailsOf({ body: { changes } });
    expect(details.length).toBeLessThan(12_000);
    const shown = JSON.parse(details).changes as unknown[];
    expect(shown[0]).toEqual(changes[0]);
    expect(shown.at(-1)).toBe(`… ${900 - (shown.length - 1)} more`);
  });

  it('tells the beginning and the end of a long statement', () => {
    const statement = `GRANT ${'SELECT, '.repeat(5000)}SELECT ON MODEL a.b.c TO \`eve\``;
    const shown = String(JSON.parse(detailsOf({ body: { statement } })).statement);
    expect(shown).toMatch(/^GRANT SELECT.* … .*ON MODEL a\.b\.c TO `eve`$/);
    expect(shown.length).toBeLessThan(2100);
  });

  it('holds what is done where a query says otherwise, and what the query says', () => {
    const call = {
      path: {},
      query: { scope: 'harmless', principal: 'me', permission: 'READ', changes: 'none' },
      body: { scope: 'prod', principal: 'eve', permission: 'MANAGE' },
    };
    expect(subjectOf(call, 'all')).toBe(
      'scope=prod, scope@query=harmless, principal=eve, principal@query=me',
    );
    expect(JSON.parse(detailsOf(call))).toEqual({
      permission: 'MANAGE',
      'permission@query': 'READ',
      changes: 'none',
    });
    expect(subjectOf({ path: { name: 'a' }, body: { name: 'b' }, query: { name: 'a' } }, 'all')).toBe(
      'name=a, name@body=b',
    );
    expect(subjectOf({ body: { version: 7 }, query: { version: '7' } }, 'all')).toBe('version=7');
    expect(subjectOf({ query: { name: ['a', 'b'] } }, 'all')).toBe('name=a, name=b');
  });
});
