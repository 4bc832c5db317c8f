import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose } from './compose.ts';
import { adoptKeyOfHome } from './compose-storage.ts';
import { describeSettings, readConfig } from './config.ts';

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

describe('a key from the environment', () => {
  const withKey = (text: string) =>
    readConfig(['--home', home, '--log-level', 'silent'], { SLIPWAY_SECRET_KEY: text });

  it('stands for the file, which is not made then', async () => {
    const text = randomBytes(32).toString('base64');
    await (await compose(withKey(text))).close();
    expect(existsSync(join(home, 'secret.key'))).toBe(false);
    await (await compose(withKey(`${text}\n`))).close();
    const other = randomBytes(32).toString('base64');
    await expect(compose(withKey(other))).rejects.toThrow('SLIPWAY_SECRET_KEY is not the key');
    await adoptKeyOfHome(withKey(other));
    await (await compose(withKey(other))).close();
  });

  it.each(['c2hvcnQ=', 'x'.repeat(32), `${'!'.repeat(4)}${randomBytes(32).toString('base64')}`])(
    'is refused without being shown: %#',
    (text) => {
      const read = () => withKey(text);
      expect(read).toThrow('SLIPWAY_SECRET_KEY: expected 32 bytes in base64');
      expect(read).not.toThrow(text);
    },
  );

  it('is told of in the help', () => {
    expect(describeSettings()).toContain('SLIPWAY_SECRET_KEY');
  });
});
