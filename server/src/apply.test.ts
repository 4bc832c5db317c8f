import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDoorOfHome } from './compose.ts';
import { readConfig } from './config.ts';
import { runApplyCommand } from './setup/apply-command.ts';
import type { Door } from './setup/door.ts';
import { WORKSPACE_TEMPLATE } from './setup/template.ts';

const WORKSPACE = `
users:
  - name: jane@acme.com
    display_name: Jane
  - name: joe@acme.com
service_principals:
  - name: trainer
groups:
  - name: Outer
    members: [Inner, trainer]
  - name: Inner
    members: [jane@acme.com]
catalogs:
  - name: dev
    comment: Where models are tried out
    owner: Inner
    schemas:
      - name: ml
      - name: default
        comment: made with the catalog
    grants:
      - principal: Outer
        privileges: [USE CATALOG, USE SCHEMA]
      - principal: trainer
        privileges: [EXECUTE]
tokens:
  max_lifetime_days: 30
webhooks:
  - name: slack
    url: https://127.0.0.1/x
    events: [model_version.created, registered_model.created]
    secret_variable: SLACK_SECRET
`;

describe('applying a declared workspace', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-apply-'));
  let opened: Awaited<ReturnType<typeof openDoorOfHome>>;
  let calls: string[] = [];
  let door: Door;

  beforeAll(async () => {
    opened = await openDoorOfHome(readConfig(['--home', home, '--webhooks-allow-private', 'true'], {}));
    door = {
      call(method, path, body) {
        if (method !== 'GET') calls.push(`${method} ${path}`);
        return opened.door.call(method, path, body);
      },
    };
  });
  afterAll(async () => {
    await opened.close();
    rmSync(home, { recursive: true });
  });

  async function apply(text: string, { answer }: { readonly answer?: boolean | 'nobody' } = {}) {
    let written = '';
    const asked: string[] = [];
    calls = [];
    const services = {
      door,
      variable: (name: string) => (name === 'SLACK_SECRET' ? 'shhh' : undefined),
      write: (more: string) => {
        written += more;
      },
      confirm:
        answer === 'nobody'
          ? undefined
          : async (question: string) => {
              asked.push(question);
              return answer === true;
            },
    };
    const command = {
      file: 'workspace.yaml',
      text,
      url: undefined,
      token: undefined,
      yes: answer === undefined,
    };
    const done = await runApplyCommand(services, command);
    return { written, done, asked };
  }

  it('shows the plan first, and changes nothing where the answer is no or nobody can be asked', async () => {
    const refused = await apply(WORKSPACE, { answer: false });
    expect(refused.done).toBe(false);
    expect(refused.asked).toHaveLength(1);
    for (const line of [
      '+ catalog dev',
      '+ group Outer',
      '+ user jane@acme.com',
      '~ tokens: at most 30 days',
      '+ webhook slack',
    ])
      expect(refused.written).toContain(line);
    expect(refused.written).not.toContain('shhh');
    expect(calls).toEqual([]);
    await expect(apply(WORKSPACE, { answer: 'nobody' })).rejects.toThrow('--yes');
    expect(calls).toEqual([]);
  });

  it('makes it so, and the second time finds nothing to change', async () => {
    const first = await apply(WORKSPACE);
    expect(first.done).toBe(true);
    const second = await apply(WORKSPACE);
    expect(second.written).toBe('Nothing to change: everything is as workspace.yaml says.\n');
    expect(calls).toEqual([]);
    const { body } = await opened.door.call('GET', '/api/2.1/unity-catalog/catalogs/dev');
    expect(body).toMatchObject({ name: 'dev', owner: 'Inner', comment: 'Where models are tried out' });
  });

  it('changes just what differs, and leaves what the file does not name', async () => {
    const changed = WORKSPACE.replace('[Inner, trainer]', '[Inner, joe@acme.com]')
      .replace('[USE CATALOG, USE SCHEMA]', '[USE CATALOG, BROWSE]')
      .replace('Where models are tried out', 'Trials')
      .replace('  - name: joe@acme.com\n', '')
      .replace('model_version.created, ', '');
    const { written } = await apply(changed);
    expect(written).toContain('Plan for workspace.yaml: 0 to create, 4 to change.');
    expect(written).toContain('~ members of group Outer: + joe@acme.com, - ');
    expect(written).toContain('~ grants of Outer on catalog dev: + BROWSE, - USE_SCHEMA');
    expect(written).toContain('~ catalog dev: comment "Trials"');
    expect(written).toContain('~ webhook slack: events');
    expect((await apply(changed)).written).toContain('Nothing to change');
  });

  it('says of which line the server refuses something, and can be applied again', async () => {
    const bad = `catalogs:\n  - name: half\n    grants:\n      - principal: nobody@acme.com\n        privileges: [USE CATALOG]\n`;
    await expect(apply(bad)).rejects.toThrow(
      /^workspace\.yaml:4: catalogs\[0\]\.grants\[0\]: .*nobody@acme\.com/,
    );
    const mended = bad.replace('nobody@acme.com', 'jane@acme.com');
    const { written } = await apply(mended);
    expect(written).toContain('Plan for workspace.yaml: 1 to create, 0 to change.');
  });

  it('names members that do not exist', async () => {
    await expect(apply('groups:\n  - name: G\n    members:\n      - ghost\n')).rejects.toThrow(
      "workspace.yaml:4: groups[0].members[0]: nobody is named 'ghost'",
    );
  });

  it('asks for the secret of a webhook before anything is changed', async () => {
    const text =
      'webhooks:\n  - { name: w, url: https://a.example/, events: [model_version.created], secret_variable: NOT_SET }';
    await expect(apply(text)).rejects.toThrow(
      'workspace.yaml:2: webhooks[0]: the environment variable NOT_SET is not set.',
    );
    expect(calls).toEqual([]);
  });

  it('makes the workspace of the template, once', async () => {
    // The catalog `dev` is there from above: it gets the comment and the owner of the template.
    await apply(WORKSPACE_TEMPLATE);
    expect((await apply(WORKSPACE_TEMPLATE)).written).toContain('Nothing to change');
    const { body } = await opened.door.call('GET', '/api/2.1/unity-catalog/permissions/catalog/prod');
    const reviewers = (body.privilege_assignments as { principal: string; privileges: string[] }[]).find(
      ({ principal }) => principal === 'Model Reviewers',
    );
    expect(reviewers?.privileges.toSorted()).toEqual(['APPROVE', 'EXECUTE', 'USE_CATALOG', 'USE_SCHEMA']);
  });
});
