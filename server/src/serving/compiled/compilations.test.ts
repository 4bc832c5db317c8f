import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../../db/conformance/databases.ts';
import { systemClock } from '../../kernel/clock.ts';
import { notFound } from '../../kernel/errors.ts';
import type { ObjectStore } from '../../objects/port.ts';
import { createCompilations } from './compilations.ts';
import type { CompilerResult, ModelToCompile } from './compiler.ts';
import { readEvidence } from './evidence.ts';

const BYTES = new TextEncoder().encode('an ONNX file');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const WRITTEN = {
  state: 'proven',
  kind: 'decision',
  domain: { refusesNan: true, largest: 1e30 },
  probes: { samples: 3 },
  checks: [{ row: [1, 'nan'], answer: 1 }],
};
const resultOf = (written: object): CompilerResult => {
  const text = JSON.stringify(written);
  return { evidence: readEvidence(text), text, file: { bytes: BYTES, sha256: SHA256 } };
};
const MODEL = { of: { modelNo: 1, version: 2 } } as ModelToCompile;
const ALWAYS = new AbortController().signal;

/** Objects in memory: what is put is there. */
function createMemoryStore(): Pick<ObjectStore, 'put' | 'get'> & { readonly kept: Map<string, Buffer> } {
  const kept = new Map<string, Buffer>();
  return {
    kept,
    async put(key, body) {
      const pieces: Uint8Array[] = [];
      for await (const piece of body) pieces.push(piece);
      kept.set(key, Buffer.concat(pieces));
      return { etag: 'e', sizeBytes: kept.get(key)!.length, sha256: '' };
    },
    async get(key) {
      const bytes = kept.get(key);
      if (bytes === undefined) throw notFound('No such object.');
      const facts = { size: bytes.length, etag: 'e', lastModifiedMs: 0 };
      return { ...facts, stream: Readable.from([bytes]) } as unknown as Awaited<
        ReturnType<ObjectStore['get']>
      >;
    },
  };
}

describe.each(testedDatabases())('compiling a version, on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let store: ReturnType<typeof createMemoryStore>;
  beforeEach(async () => {
    opened = await open();
    store = createMemoryStore();
  });
  afterEach(() => opened.remove());

  function node(nodeId: string, compile: () => Promise<CompilerResult>) {
    let calls = 0;
    const compilations = createCompilations({
      db: opened.db,
      clock: systemClock,
      nodeId,
      store,
      compile: () => {
        calls += 1;
        return compile();
      },
    });
    return { ...compilations, calls: () => calls };
  }

  it('is done once, and known to every process, with the file that was compared', async () => {
    const first = node('a', async () => resultOf(WRITTEN));
    const second = node('b', async () => resultOf(WRITTEN));
    expect((await first.find(MODEL.of)).state).toBe('none');
    const both = await Promise.all([first.ensure(MODEL, ALWAYS), second.ensure(MODEL, ALWAYS)]);
    expect(both).toMatchObject([
      { state: 'proven', sha256: SHA256 },
      { state: 'proven', sha256: SHA256 },
    ]);
    expect(first.calls() + second.calls()).toBe(1);
    expect(both[0]!.evidence?.domain).toMatchObject({ refusesNan: true, refusesNoRows: true, largest: 1e30 });
    expect(both[1]!.evidence?.checks).toEqual([{ row: [1, Number.NaN], answer: 1 }]);
    expect(Buffer.from(await second.readFile(SHA256))).toEqual(Buffer.from(BYTES));
  });

  it('fails for good after two tries, and says what it was', async () => {
    const failing = node('a', async () => {
      throw new Error('ModuleNotFoundError: onnx');
    });
    expect(await failing.ensure(MODEL, ALWAYS)).toMatchObject({
      state: 'failed',
      reason: 'ModuleNotFoundError: onnx',
      sha256: undefined,
    });
    expect(failing.calls()).toBe(2);
    expect((await failing.ensure(MODEL, ALWAYS)).state).toBe('failed');
    expect(failing.calls()).toBe(2);
  });

  it('is given back by a process that ends, for the next one', async () => {
    const ending = new AbortController();
    const leaving = node('a', async () => {
      ending.abort(new Error('The server ends.'));
      throw new Error('It was ended.');
    });
    await expect(leaving.ensure(MODEL, ending.signal)).rejects.toThrow('It was ended.');
    const next = node('b', async () =>
      resultOf({ ...WRITTEN, state: 'refused', reason: '1 of 3 rows differs' }),
    );
    expect(await next.ensure(MODEL, ALWAYS)).toMatchObject({
      state: 'refused',
      reason: '1 of 3 rows differs',
      // It may be forced, knowing that.
      sha256: SHA256,
    });
  });

  it('is not tried where nobody knows how, and is taken back where it fails later', async () => {
    const one = node('a', async () => resultOf(WRITTEN));
    expect(await one.refuseUntried(MODEL.of, 'it takes texts')).toMatchObject({
      state: 'refused',
      reason: 'it takes texts',
    });
    const other = { ...MODEL, of: { modelNo: 1, version: 3 } };
    await one.ensure(other, ALWAYS);
    await one.refuse(other.of, 'It failed on a request.');
    expect(await one.find(other.of)).toMatchObject({ state: 'refused', sha256: undefined });
    expect(await one.find(MODEL.of)).toMatchObject({ reason: 'it takes texts' });
    expect(one.calls()).toBe(1);
  });

  it('gives no file whose bytes are others than those that were compared', async () => {
    const one = node('a', async () => resultOf(WRITTEN));
    await one.ensure(MODEL, ALWAYS);
    store.kept.set(`compiled/${SHA256}`, Buffer.from('another file'));
    await expect(one.readFile(SHA256)).rejects.toMatchObject({ code: 'InvalidState' });
    store.kept.clear();
    await expect(one.readFile(SHA256)).rejects.toMatchObject({ code: 'NotFound' });
  });
});

describe('evidence', () => {
  it.each([
    ['no JSON', 'nan'],
    ['no state', JSON.stringify({ ...WRITTEN, state: 'fine' })],
    ['no domain though it is proven', JSON.stringify({ ...WRITTEN, domain: undefined })],
    ['a bound that is no number', JSON.stringify({ ...WRITTEN, domain: { largest: 'all' } })],
    [
      'rows of different lengths',
      JSON.stringify({
        ...WRITTEN,
        checks: [
          { row: [1], answer: 1 },
          { row: [1, 2], answer: 1 },
        ],
      }),
    ],
    ['rows of something else', JSON.stringify({ ...WRITTEN, checks: [{ row: ['x'], answer: 1 }] })],
  ])('is not believed where it has %s', (_, text) => {
    expect(() => readEvidence(text)).toThrow('The compiler gave evidence that cannot be read.');
  });

  it('allows scores to differ by no more than the compiler itself does', () => {
    expect(readEvidence(JSON.stringify({ ...WRITTEN, tolerance: 1e300 })).tolerance).toBe(1e-6);
  });
});
