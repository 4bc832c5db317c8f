import { describe, expect, it } from 'vitest';
import { readDeclaration } from './declaration.ts';
import { WORKSPACE_TEMPLATE } from './template.ts';

const read = (text: string) => readDeclaration(text, 'workspace.yaml');

describe('a declared workspace', () => {
  it('is read with all that may stand in it', () => {
    const declaration = read(`
users:
  - name: jane@acme.com
    display_name: Jane
service_principals: [{ name: trainer }]
groups:
  - name: Data Scientists
    members: [jane@acme.com, trainer]
  - name: Empty
    members: []
  - name: Untouched
catalogs:
  - name: dev
    comment: 2026
    owner: admins
    grants:
      - { principal: Data Scientists, privileges: [use catalog, CREATE_MODEL] }
    schemas:
      - name: ml
        grants: [{ principal: users, privileges: [] }]
grants:
  - on: model dev.ml.fraud_score
    principal: trainer
    privileges: [EXECUTE]
  - { on: metastore, principal: trainer, privileges: [CREATE CATALOG] }
tokens: { max_lifetime_days: 90 }
webhooks:
  - { name: slack, url: https://hooks.example/x, events: [model_version.created], secret_variable: SLACK, status: disabled }
`);
    expect(declaration).toMatchObject({
      users: [{ name: 'jane@acme.com', displayName: 'Jane' }],
      servicePrincipals: [{ name: 'trainer' }],
      groups: [
        { name: 'Data Scientists', members: [{ name: 'jane@acme.com' }, { name: 'trainer' }] },
        { name: 'Empty', members: [] },
        { name: 'Untouched', members: undefined },
      ],
      catalogs: [{ name: 'dev', comment: '2026', owner: 'admins' }],
      schemas: [{ catalog: 'dev', name: 'ml' }],
      grants: [
        { type: 'catalog', securable: 'dev', privileges: ['USE_CATALOG', 'CREATE_MODEL'] },
        { type: 'schema', securable: 'dev.ml', principal: 'users', privileges: [] },
        { type: 'function', securable: 'dev.ml.fraud_score', privileges: ['EXECUTE'] },
        { type: 'metastore', securable: 'metastore', privileges: ['CREATE_CATALOG'] },
      ],
      tokens: { maxLifetimeDays: 90 },
      webhooks: [
        { name: 'slack', events: ['model_version.created'], active: false, secretVariable: 'SLACK' },
      ],
    });
  });

  it.each([
    ['catalogs:\n  - nam: dev', 'workspace.yaml:2: catalogs[0].nam: unknown field'],
    ['catalogs:\n  - comment: x', "workspace.yaml:2: catalogs[0]: the field 'name' is missing."],
    ['catalogs:\n  - name: dev.ml', 'workspace.yaml:2: catalogs[0].name: a name here holds no dots'],
    [
      'catalogs:\n  - name: dev\n    schemas:\n      - name: [x]',
      'workspace.yaml:4: catalogs[0].schemas[0].name: expected a text.',
    ],
    [
      'catalogs:\n  - name: dev\n  - name: DEV',
      "workspace.yaml:3: catalogs[1]: the catalog 'DEV' stands twice.",
    ],
    ['catalogs: dev', 'workspace.yaml:1: catalogs: expected a list.'],
    ['groups:\n  - name: ""', 'workspace.yaml:2: groups[0].name: expected a text, not an empty one.'],
    [
      'grants:\n  - on: schema\n    principal: x\n    privileges: []',
      'workspace.yaml:2: grants[0].on: expected a type and a name',
    ],
    [
      'grants:\n  - on: schema a.b\n    principal: x\n    privileges:\n      - EXECUTE\n      - FLY',
      "workspace.yaml:6: grants[0].privileges[1]: 'FLY' is no privilege",
    ],
    ['grants:\n  - on: schema a.b\n    principal: x\n    privileges: [OWNER]', 'grants[0].privileges[0]'],
    [
      'tokens:\n  max_lifetime_days: -1',
      'workspace.yaml:2: tokens.max_lifetime_days: expected a whole number from 0',
    ],
    ['tokens:\n  max_lifetime_days: 90 days', 'tokens.max_lifetime_days: expected a whole number'],
    ['webhooks:\n  - { name: a, url: b, events: [created] }', 'webhooks[0].events[0]: expected such as'],
    ['version: 2', 'workspace.yaml:1: version: expected a whole number from 1 to 1.'],
    ['a: [1', 'workspace.yaml:1:'],
    ['users:\n  - name: a\n    name: b', 'workspace.yaml:3:'],
    ['- x', 'workspace.yaml:1: expected fields: version'],
    ['', 'workspace.yaml:1: expected fields: version'],
  ])('that begins %j is refused with file, line and field', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('holds no code, and does not blow up', () => {
    expect(() => read('users: !!js/function "x"')).toThrow('workspace.yaml:1');
    const bomb = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${
          i === 0
            ? 'x'
            : Array(10)
                .fill(`*a${i - 1}`)
                .join(',')
        }]`,
    );
    expect(() => read(bomb.join('\n'))).toThrow('unknown field');
  });

  it('is what the template declares', () => {
    const template = read(WORKSPACE_TEMPLATE);
    expect(template.catalogs.map(({ name }) => name)).toEqual(['dev', 'staging', 'prod']);
    expect(template.groups.map(({ name }) => name)).toEqual([
      'Data Scientists',
      'ML Engineers',
      'Model Reviewers',
      'Model Creators',
      'Model Deployers',
    ]);
    const ofDataScientists = template.grants.filter(({ principal }) => principal === 'Data Scientists');
    expect(ofDataScientists.map(({ securable }) => securable)).toEqual(['dev']);
  });
});
