import { describe, expect, it } from 'vitest';
import { keyOf } from '../../governance/privileges.ts';
import { parseModelName } from '../../registry/model-names.ts';
import { levelOf, privilegesOf, readResource, resourcesOfKey } from './permission-levels.ts';

const namespaces = {
  hasCatalog: (name: string) => name === 'prod',
  spelling: (name: { catalog: string; schema: string }) => name,
};
const read = (type: string, pattern: string) =>
  readResource(type, pattern, (text) => parseModelName(text, namespaces));

describe("the permissions of MLflow's auth app", () => {
  it.each([
    ['experiment', '12', ['READ', 'EDIT', 'MANAGE']],
    ['experiment', '*', ['READ']],
    ['registered_model', 'fraud', ['READ', 'EDIT', 'MANAGE']],
    ['registered_model', 'prod.ml.fraud', ['READ', 'EDIT', 'MANAGE']],
    ['registered_model', '*', ['READ', 'EDIT', 'MANAGE']],
    ['workspace', '*', ['USE', 'MANAGE']],
  ])('on %s %s read back from the grants that they make', (type, pattern, levels) => {
    const resource = read(type, pattern);
    for (const level of levels) {
      const privileges = privilegesOf(resource, level);
      const listed = resourcesOfKey(keyOf(resource.on)).find((one) => one.type === type);
      expect(listed).toMatchObject({ type, pattern });
      expect(levelOf(listed!.levels, privileges)).toBe(level);
    }
  });

  it('take USE for READ where whoever reads may use', () => {
    const resource = read('experiment', '12');
    expect(privilegesOf(resource, 'USE')).toEqual(privilegesOf(resource, 'READ'));
  });

  it('call the owner a manager', () => {
    expect(levelOf(read('experiment', '1').levels, ['OWNER'])).toBe('MANAGE');
  });

  it('are nothing where less is held than the lowest gives', () => {
    expect(levelOf(read('registered_model', '*').levels, ['USE_SCHEMA', 'CREATE_MODEL'])).toBeUndefined();
    expect(levelOf(read('workspace', '*').levels, ['CAN_READ'])).toBeUndefined();
  });

  it.each([
    ['experiment', '12', 'DENY'],
    ['experiment', '12', 'NO_PERMISSIONS'],
    ['experiment', '12', 'toString'],
    ['experiment', '*', 'MANAGE'],
    ['workspace', '*', 'EDIT'],
  ])('on %s %s know no %s', (type, pattern, permission) => {
    expect(() => privilegesOf(read(type, pattern), permission)).toThrow(/Invalid permission/);
  });

  it('are on nothing that there is not here', () => {
    expect(() => read('gateway_secret', 'x')).toThrow(/resource type/);
    expect(() => read('experiment', 'twelve')).toThrow(/experiment ID/i);
    expect(() => read('workspace', 'other')).toThrow(/'\*' alone/);
  });
});
