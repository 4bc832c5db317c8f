import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adoptKeyOfHome, compose } from './compose.ts';
import { readConfig } from './config.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'slipway-key-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const config = () => readConfig(['--home', home, '--log-level', 'silent'], {});
const startAndStop = async () => (await compose(config())).close();

it('does not start on a database whose key is another, until the right one is there again', async () => {
  await startAndStop();
  const key = join(home, 'secret.key');
  cpSync(key, join(home, 'kept.key'));
  rmSync(key);
  await expect(compose(config())).rejects.toThrow('is not the key that the secrets in this database');
  cpSync(join(home, 'kept.key'), key);
  await startAndStop();
});

it('starts with a new key once that is adopted', async () => {
  await startAndStop();
  rmSync(join(home, 'secret.key'));
  await adoptKeyOfHome(config());
  await startAndStop();
});
