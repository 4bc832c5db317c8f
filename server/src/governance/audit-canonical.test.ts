import { describe, expect, it } from 'vitest';
import { canonicalJson } from './audit-canonical.ts';
import { type AuditEntry, genesisOf, hashOf, link, tidy } from './audit-record.ts';
import { createAuditSigner, isSigned } from './audit-signature.ts';

const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  atMs: 1_763_733_600_000,
  principal: 'jane@acme.com',
  principalId: '7',
  address: '10.0.0.7',
  action: 'model.promote',
  route: 'POST /api/2.0/mlflow/registered-models/alias',
  securable: 'model:prod.ml.fraud_score',
  subject: 'name=prod.ml.fraud_score, alias=champion',
  outcome: 'succeeded',
  requestId: 'abc-1',
  count: 1,
  details: '',
  ...more,
});

describe('canonical JSON', () => {
  it.each([
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [{ a: { d: null, c: [] } }, '{"a":{"c":[],"d":null}}'],
    [[3, 'x', null], '[3,"x",null]'],
    ['\u0007 "é" \u2028 😀', '"\\u0007 \\"é\\" \u2028 😀"'],
    [-0, '0'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    // By UTF-16 units: the surrogates of 😀 come before U+FB33.
    [{ '\ufb33': 1, '😀': 2, '\r': 3 }, '{"\\r":3,"😀":2,"\ufb33":1}'],
  ])('of %j is %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('is the same whatever the order of the fields', () => {
    expect(canonicalJson({ x: 1, y: { p: 'a', q: 'b' } })).toBe(
      canonicalJson({ y: { q: 'b', p: 'a' }, x: 1 }),
    );
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(RangeError);
  });
});

describe('the hash of a record', () => {
  const place = { chain: 'c1', seq: 1, previous: genesisOf('c1') };

  it.each(Object.keys(entry()) as (keyof AuditEntry)[])('depends on %s', (field) => {
    const changed = typeof entry()[field] === 'number' ? { [field]: 2 } : { [field]: 'other' };
    expect(hashOf(entry(changed), place)).not.toBe(hashOf(entry(), place));
  });

  it.each([{ chain: 'c2' }, { seq: 2 }, { previous: genesisOf('c2') }])(
    'depends on its place: %j',
    (change) => {
      expect(hashOf(entry(), { ...place, ...change })).not.toBe(hashOf(entry(), place));
    },
  );

  it('holds all that came before', () => {
    const head = { chain: 'c1', seq: 0, hash: genesisOf('c1') };
    const whole = link([entry({ subject: 'a' }), entry({ subject: 'b' }), entry({ subject: 'c' })], head);
    const other = link([entry({ subject: 'A' }), entry({ subject: 'b' }), entry({ subject: 'c' })], head);
    expect(whole.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(whole[2]!.hash).not.toBe(other[2]!.hash);
  });
});

describe('an entry to keep', () => {
  it('holds nothing that a database would give back otherwise', () => {
    const tidied = tidy(entry({ principal: 'a\0b', subject: `x\ud800y` }));
    expect(tidied).toMatchObject({ principal: 'a␀b', subject: 'x\ufffdy' });
  });

  it('has no endless texts', () => {
    const { subject } = tidy(entry({ subject: 'x'.repeat(10_000_000) }));
    expect(subject).toHaveLength(1000);
    expect(subject.endsWith('…')).toBe(true);
  });
});

describe('the signature', () => {
  const signer = createAuditSigner(Buffer.alloc(32, 7));

  it('is that of the secret key, and of no other', () => {
    const other = createAuditSigner(Buffer.alloc(32, 8));
    expect(createAuditSigner(Buffer.alloc(32, 7)).publicKey).toBe(signer.publicKey);
    expect(other.publicKey).not.toBe(signer.publicKey);
    expect(isSigned('text', signer.sign('text'), signer.publicKey)).toBe(true);
    expect(isSigned('text', other.sign('text'), signer.publicKey)).toBe(false);
    expect(isSigned('Text', signer.sign('text'), signer.publicKey)).toBe(false);
  });

  it('tells nothing of the secret key', () => {
    expect(signer.publicKey).not.toBe(Buffer.alloc(32, 7).toString('base64'));
    expect(signer.sign('text')).not.toContain(Buffer.alloc(32, 7).toString('base64').slice(0, 20));
  });

  it('is none where any of its characters, or of the key, was changed', () => {
    const signature = signer.sign('text');
    for (let i = 0; i < signature.length; i += 1) {
      const changed = `${signature.slice(0, i)}${signature[i] === 'A' ? 'B' : 'A'}${signature.slice(i + 1)}`;
      expect(isSigned('text', changed, signer.publicKey)).toBe(false);
    }
    expect(isSigned('text', signature, `${signer.publicKey} `)).toBe(false);
    expect(isSigned('text', '', signer.publicKey)).toBe(false);
  });
});
