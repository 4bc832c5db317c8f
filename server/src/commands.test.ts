import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Program } from './compose.ts';
import { readConfig } from './config.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const ADMIN_TOKEN = 'admin-token-of-the-commands-test-0123456789';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function slipway(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('the commands of a governed workspace', { timeout: 180_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-commands-'));
  const file = join(home, 'workspace.yaml');
  const database = join(home, 'slipway.db');
  let program: Program | undefined;
  let url = '';

  beforeAll(async () => {
    const flags = ['--home', home, '--auth', 'true', '--port', '0', '--log-level', 'silent'];
    program = await compose(readConfig(flags, { SLIPWAY_ADMIN_TOKEN: ADMIN_TOKEN }));
    await program.server.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(program.server.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await program?.close();
    rmSync(home, { recursive: true });
  });

  it('print the template, which applies to a running server, once', async () => {
    const printed = await slipway(['init-workspace', '--print']);
    expect(printed.out).toContain('- name: Model Reviewers');
    writeFileSync(file, printed.out);
    const args = ['apply', '-f', file, '--url', url, '--yes'];
    const first = await slipway(args, { SLIPWAY_TOKEN: ADMIN_TOKEN });
    expect([first.err, first.code]).toEqual(['', 0]);
    expect(first.out).toContain('+ catalog prod');
    const second = await slipway(args, { SLIPWAY_TOKEN: ADMIN_TOKEN });
    expect(second.out).toContain('Nothing to change');
  });

  it('say what is wrong with the file, the flags, the token and the address', async () => {
    writeFileSync(file, 'catalogs:\n  - name: a.b\n');
    const [bad, missing, unsigned, nobody, unasked] = await Promise.all([
      slipway(['apply', '-f', file, '--url', url, '--token', ADMIN_TOKEN, '--yes']),
      slipway(['apply', '--url', url]),
      slipway(['init-workspace', '--url', url, '--yes']),
      slipway(['init-workspace', '--url', 'http://127.0.0.1:1', '--token', 'x', '--yes']),
      slipway(['audit', 'prove', '--home', home]),
    ]);
    expect(bad).toMatchObject({ code: 1, err: expect.stringContaining(`${file}:2: catalogs[0].name: `) });
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('-f FILE') });
    expect(unsigned).toMatchObject({ code: 1, err: expect.stringContaining('SLIPWAY_TOKEN') });
    expect(nobody).toMatchObject({
      code: 1,
      err: expect.stringContaining('No server answers at http://127.0.0.1:1'),
    });
    expect(unasked).toMatchObject({ code: 1, err: expect.stringContaining('slipway audit verify') });
    expect(unsigned.err + nobody.err).not.toContain(ADMIN_TOKEN);
  });

  it('verify and export the audit log, and find one flipped byte in the file', async () => {
    await program!.close();
    program = undefined;
    const whole = await slipway(['audit', 'verify', '--home', home]);
    expect([whole.err, whole.code]).toEqual(['', 0]);
    expect(whole.out).toMatch(
      /^The audit log is whole: \d+ records in \d+ chains, \d+ checkpoints; 0 records are newer/,
    );
    const [, checkpoint = ''] = /Last checkpoint: (\d+:[0-9a-f]{64})/.exec(whole.out) ?? [];
    expect((await slipway(['audit', 'verify', '--home', home, '--checkpoint', checkpoint])).code).toBe(0);
    const noted = await slipway([
      'audit',
      'verify',
      '--home',
      home,
      '--checkpoint',
      `9999:${'0'.repeat(64)}`,
    ]);
    expect(noted).toMatchObject({ code: 1, out: expect.stringContaining('Checkpoint 9999 was noted down') });

    const { out } = await slipway(['audit', 'export', '--home', home]);
    const records = out
      .trimEnd()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { type: string; action: string; seq: number; subject: string; hash: string },
      )
      .filter(({ type, action }) => type === 'record' && action === 'metastore.create-catalog');
    expect(records.length).toBeGreaterThanOrEqual(3);

    const { seq, subject, hash } = records[1]!;
    const bytes = readFileSync(database);
    const place = bytes.lastIndexOf(subject, bytes.indexOf(hash));
    expect(place).toBeGreaterThan(0);
    bytes[place]! ^= 1;
    writeFileSync(database, bytes);
    const broken = await slipway(['audit', 'verify', '--home', home]);
    expect(broken.code).toBe(1);
    expect(broken.out).toContain(`BROKEN: Record ${seq} of chain `);
  });

  it('work on the database of a home, without a server', async () => {
    const other = mkdtempSync(join(tmpdir(), 'slipway-home-'));
    try {
      const made = await slipway(['init-workspace', '--home', other, '--yes']);
      expect([made.err, made.code]).toEqual(['', 0]);
      expect((await slipway(['init-workspace', '--home', other, '--yes'])).out).toContain(
        'Nothing to change',
      );
      expect((await slipway(['audit', 'verify', '--home', other])).out).toContain('The audit log is whole');
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});
