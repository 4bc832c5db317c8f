import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOrCreateKey } from './key-file.ts';
import { createSealer } from './sealer.ts';

describe('sealed texts', () => {
  const sealer = createSealer(randomBytes(32));

  it.each(['', 'secret', 'ключ 🔑', 'x'.repeat(10_000)])('come back as they were', (text) => {
    expect(sealer.open(sealer.seal(text))).toBe(text);
  });

  it('show neither the text nor that two are equal', () => {
    const sealed = [sealer.seal('secret'), sealer.seal('secret')];
    expect(sealed[0]).not.toBe(sealed[1]);
    for (const one of sealed)
      expect(Buffer.from(one.slice(3), 'base64url').toString('latin1')).not.toContain('secret');
  });

  it('cannot be read with another key, or after any change', () => {
    const sealed = sealer.seal('secret');
    expect(() => createSealer(randomBytes(32)).open(sealed)).toThrow('cannot be read');
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (let i = 0; i < bytes.length; i += 1) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      expect(() => sealer.open(`v1.${changed.toString('base64url')}`)).toThrow('cannot be read');
    }
    for (const other of ['', 'v1', 'v1.', `v2.${sealed.slice(3)}`, 'plain']) {
      expect(() => sealer.open(other)).toThrow('cannot be read');
    }
  });
});

describe('the key file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-key-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is made once, for its owner alone', () => {
    const file = join(folder, 'secret.key');
    const key = readOrCreateKey(file);
    expect(key).toHaveLength(32);
    expect(readOrCreateKey(file)).toEqual(Buffer.from(key));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is not replaced when it holds no key', () => {
    const file = join(folder, 'broken.key');
    writeFileSync(file, 'half a k');
    expect(() => readOrCreateKey(file)).toThrow('restore it from the backup');
  });
});
