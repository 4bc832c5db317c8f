import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { fullAccess, LOCAL_USER } from '../governance/access.ts';
import { startGovernance } from '../governance/conformance/governance.ts';
import type { Governance } from '../governance/governance.ts';
import { systemClock } from '../kernel/clock.ts';
import { MAX_SECRETS } from './scope-rules.ts';
import { createSecretScopes, type SecretScopes } from './scopes.ts';
import { createSealer, KEY_BYTES } from './sealer.ts';

const system = fullAccess(LOCAL_USER);

describe.each(testedDatabases())('scopes of secrets on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let governance: Governance;
  let scopes: SecretScopes;
  beforeAll(async () => {
    opened = await open();
    governance = await startGovernance(opened.db);
    scopes = scopesWith(new Uint8Array(KEY_BYTES));
  });
  afterAll(async () => {
    await governance.stop();
    await opened.remove();
  });

  const scopesWith = (key: Uint8Array): SecretScopes =>
    createSecretScopes({ ...governance, db: opened.db, clock: systemClock, sealer: createSealer(key) });
  const bytes = (text: string) => Buffer.from(text);
  const read = async (scope: string, key: string) =>
    Buffer.from(await scopes.get(scope, key), 'base64').toString();

  it('keeps the last of two values put under one key at once, whole', async () => {
    await scopes.create({ name: 'race', managedByUsers: false }, system);
    const values = Array.from({ length: 10 }, (_, i) => `value-${i}`);
    await Promise.all(values.map((value) => scopes.put('race', 'k', bytes(value))));
    expect(values).toContain(await read('race', 'k'));
    expect(await scopes.listSecrets('race')).toHaveLength(1);
  });

  it('creates one scope of a name, however many ask at once', async () => {
    const outcomes = await Promise.allSettled(
      ['One', 'one', 'ONE', 'oNE'].map((name) => scopes.create({ name, managedByUsers: false }, system)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('leaves no secret behind in a scope that is deleted while others put', async () => {
    await scopes.create({ name: 'gone', managedByUsers: false }, system);
    const puts = Array.from({ length: 10 }, (_, i) => scopes.put('gone', `k${i}`, bytes('v')));
    await Promise.allSettled([...puts, scopes.delete('gone')]);
    const left = await opened.db.read((sql) =>
      sql.all(
        'SELECT key FROM secrets s WHERE NOT EXISTS (SELECT 1 FROM secret_scopes c WHERE c.scope_no = s.scope_no)',
      ),
    );
    expect(left).toEqual([]);
    await expect(scopes.listSecrets('gone')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('holds no more than the most, and still changes those that it holds', async () => {
    await scopes.create({ name: 'full', managedByUsers: false }, system);
    for (let i = 0; i < MAX_SECRETS; i += 50)
      await Promise.all(Array.from({ length: 50 }, (_, j) => scopes.put('full', `k${i + j}`, bytes('v'))));
    await expect(scopes.put('full', 'more', bytes('v'))).rejects.toMatchObject({
      code: 'InvalidState',
      reason: 'RESOURCE_LIMIT_EXCEEDED',
    });
    await scopes.put('full', 'k0', bytes('new'));
    expect(await read('full', 'k0')).toBe('new');
  });

  it('reads nothing with another key, and says which file is missing', async () => {
    await scopes.create({ name: 'sealed', managedByUsers: false }, system);
    await scopes.put('sealed', 'k', bytes('value'));
    await expect(scopesWith(new Uint8Array(KEY_BYTES).fill(1)).get('sealed', 'k')).rejects.toThrow(
      /key file/,
    );
  });
});
