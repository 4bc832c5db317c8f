import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';
import { createSetClock } from './conformance/files.ts';
import { createSignedUrls } from './signed-urls.ts';

const clock = createSetClock();
const key = Buffer.alloc(32, 7);
const urls = createSignedUrls({ key, clock });
const path = parseArtifactPath('1/r/artifacts/a b.txt');
const reads = { grant: { does: 'read', path }, holder: '7' } as const;

function refusal(token: string): string | undefined {
  try {
    urls.verify(token);
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return undefined;
}

describe('signed URLs', () => {
  it.each([
    { does: 'read', path },
    { does: 'write', path },
    { does: 'write part', path, uploadId: 'abc', partNumber: 7 },
    { does: 'abort', path, uploadId: 'abc' },
  ] as const)('permit what was signed: $does', (grant) => {
    expect(urls.verify(urls.sign({ grant, holder: '7' }))).toEqual({ grant, holder: '7' });
  });

  it('expire, and no later than in an hour, whatever was wished for', () => {
    const quarter = urls.sign(reads);
    const hour = urls.sign(reads, clock.nowMs() + 1e12);
    const short = urls.sign(reads, clock.nowMs() + 1000);
    expect([quarter, hour, short].map(refusal)).toEqual([undefined, undefined, undefined]);
    clock.advance(1000);
    expect([quarter, hour, short].map(refusal)).toEqual([undefined, undefined, 'PermissionDenied']);
    clock.advance(15 * 60 * 1000);
    expect([quarter, hour].map(refusal)).toEqual(['PermissionDenied', undefined]);
    clock.advance(60 * 60 * 1000);
    expect([quarter, hour].map(refusal)).toEqual(['PermissionDenied', 'PermissionDenied']);
  });

  it('cannot be changed in any letter, nor made without the key', () => {
    const token = urls.sign(reads);
    for (let i = 0; i < token.length - 1; i++) {
      const other = token[i] === 'A' ? 'B' : 'A';
      expect(refusal(token.slice(0, i) + other + token.slice(i + 1))).toBe('PermissionDenied');
    }
    const foreign = createSignedUrls({ key: Buffer.alloc(32, 8), clock }).sign(reads);
    expect(['', '.', 'a', 'a.b', foreign, token.split('.')[0]!].map(refusal)).toEqual(
      Array.from({ length: 6 }, () => 'PermissionDenied'),
    );
  });
});
