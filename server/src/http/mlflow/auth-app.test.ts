import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../../db/conformance/databases.ts';
import { startGovernance } from '../../governance/conformance/governance.ts';
import type { Governance } from '../../governance/governance.ts';
import { callerOf } from '../authenticate.ts';
import { getOwnUser } from './auth-app.ts';

describe.each(testedDatabases().slice(0, 1))('the account that a user asks for by a name', ({ open }) => {
  let opened: OpenedDatabase;
  let governance: Governance;
  beforeAll(async () => {
    opened = await open();
    governance = await startGovernance(opened.db);
  });
  afterAll(async () => {
    await governance.stop();
    await opened.remove();
  });

  async function make(name: string) {
    const { id } = await governance.principals.create({ kind: 'user', name });
    const access = governance.snapshot.accessOf(id)!;
    const caller = callerOf({ headers: {} } as Parameters<typeof callerOf>[0], access);
    return { id, find: (asked: string) => getOwnUser(governance.principals, caller, asked) };
  }

  it('is their own, however they write it', async () => {
    const jane = await make('Jane@acme.com');
    expect((await jane.find('jane@ACME.com')).id).toBe(jane.id);
    await expect(jane.find('nobody@acme.com')).rejects.toMatchObject({ code: 'PermissionDenied' });
  });

  it('is never that of another whose name folds to the same letters in another way', async () => {
    const [caller, victim] = [await make('ας㎏'), await make('ασkg')];
    const asked = 'ΑΣ㎏';
    // As text it is the caller's name, as a name of a principal the other's.
    expect(asked.toLowerCase()).toBe('ας㎏');
    expect((await governance.principals.findByName(asked))?.id).toBe(victim.id);
    await expect(caller.find(asked)).rejects.toMatchObject({ code: 'PermissionDenied' });
    expect((await victim.find(asked)).id).toBe(victim.id);
  });
});
