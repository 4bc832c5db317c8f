import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createRegistry, version } from '../registry/conformance/registry.ts';
import { type Compilation, NOT_COMPILED } from './compiled/compilations.ts';
import type { WrittenEntity } from './endpoint-rules.ts';
import type { NativeLanes, NativeModels } from './native-models.ts';
import type { InputDomain } from './scoring/columns.ts';
import { CALLER, createTestedNode, newEndpoint, servedConfig } from './serving.fixture.ts';

const DOMAIN: InputDomain = {
  refusesNan: true,
  refusesPositiveInfinity: true,
  refusesNegativeInfinity: true,
  largest: 1e30,
  refusesNullText: true,
  refusesNoRows: true,
};
const PROVEN: Compilation = { ...NOT_COMPILED, state: 'proven' };

const lanesOf = (kind: NativeLanes['kind']): NativeLanes & { closed: number } => ({
  kind,
  lanes: { lanes: [], failure: undefined, wake: () => undefined, onChange: () => () => undefined },
  domain: kind === 'compiled' ? DOMAIN : undefined,
  rowWise: true,
  closed: 0,
  close() {
    this.closed += 1;
  },
});

/** Models whose fate the test decides. */
function createTestedModels(given: Partial<NativeModels> = {}) {
  const compiling = Promise.withResolvers<Awaited<ReturnType<NativeModels['compile']>>>();
  const refused: string[] = [];
  const asked: { onFault?: (reason: string) => void } = {};
  const models: NativeModels = {
    openFlavor: async () => undefined,
    findCompiled: async () => ({ compilation: NOT_COMPILED, lanes: undefined }),
    compile: (_input, { onFault }) => {
      asked.onFault = onFault;
      return compiling.promise;
    },
    refuse: async (_of, reason) => void refused.push(reason),
    ...given,
  };
  return { models, compiling, refused, asked };
}

const [sqlite] = testedDatabases();

describe('a model that may run in the server', () => {
  let opened: OpenedDatabase;
  const stops: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    opened = await sqlite!.open();
    const registry = createRegistry(opened.db, { guardDeletion: async () => undefined });
    await registry.models.create({ name: 'm', description: '', tags: [] });
    await registry.versions.create(version('m'));
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await opened.remove();
  });

  async function serve(models: NativeModels, more: Partial<WrittenEntity> = {}) {
    const node = createTestedNode(opened.db, { native: models });
    await node.reconciler.start();
    stops.push(() => node.reconciler.stop());
    await node.endpoints.create(newEndpoint('e', servedConfig(more)), CALLER);
    const entity = () => node.memory.gateway.table.find('e')?.entities[0];
    await vi.waitFor(() => expect(entity()).toBeDefined(), { timeout: 10_000 });
    const lane = async () => (await node.endpoints.get('e')).active?.entities[0]?.state.lane;
    return { ...node, entity, lane };
  }

  it('is answered by Python until it is proven; then Python has what it is not asked', async () => {
    const { models, compiling } = createTestedModels();
    const node = await serve(models);
    expect(node.entity()).toMatchObject({ domain: undefined, fallback: undefined });
    const python = node.entity()!.lanes;
    await vi.waitFor(async () =>
      expect(await node.lane()).toEqual({ answers: 'python', compiled: 'compiling', reason: '' }),
    );
    const compiled = lanesOf('compiled');
    compiling.resolve({ compilation: PROVEN, lanes: compiled });
    await vi.waitFor(() => expect(node.entity()!.lanes).toBe(compiled.lanes));
    expect(node.entity()).toMatchObject({ domain: DOMAIN, batch: { rowWise: true }, fallbackJoins: false });
    expect(node.entity()!.fallback).toBe(python);
    await vi.waitFor(async () =>
      expect(await node.lane()).toEqual({ answers: 'compiled', compiled: 'proven', reason: '' }),
    );
    await node.endpoints.delete('e');
    await vi.waitFor(() => expect(compiled.closed).toBe(1));
    expect(node.errors).toEqual([]);
  });

  it('is answered by Python again after it failed on a request, and by nobody else from then on', async () => {
    const { models, compiling, refused, asked } = createTestedModels();
    const node = await serve(models);
    const python = node.entity()!.lanes;
    const compiled = lanesOf('compiled');
    compiling.resolve({ compilation: PROVEN, lanes: compiled });
    await vi.waitFor(() => expect(node.entity()!.lanes).toBe(compiled.lanes));
    asked.onFault!('out of range');
    await vi.waitFor(() => expect(node.entity()!.lanes).toBe(python));
    expect(refused).toEqual(['It failed on a request: out of range']);
    await vi.waitFor(async () => expect((await node.lane())?.compiled).toBe('refused'));
  });

  it('stays in Python where it was refused, and says why', async () => {
    const { models, compiling } = createTestedModels();
    const node = await serve(models);
    const reason = '1 of 12 probes is decided otherwise';
    compiling.resolve({ compilation: { ...NOT_COMPILED, state: 'refused', reason }, lanes: undefined });
    await vi.waitFor(async () =>
      expect(await node.lane()).toEqual({ answers: 'python', compiled: 'refused', reason }),
    );
    expect(node.entity()!.fallback).toBeUndefined();
  });

  it('answers on by Python where compiling itself breaks', async () => {
    const { models, compiling } = createTestedModels();
    const node = await serve(models);
    compiling.reject(new Error('the disk is full'));
    await vi.waitFor(async () =>
      expect(await node.lane()).toEqual({
        answers: 'python',
        compiled: 'failed',
        reason: 'the disk is full',
      }),
    );
    expect(node.entity()!.fallback).toBeUndefined();
  });

  it('is not compiled where that is forbidden', async () => {
    const compile = vi.fn();
    const { models } = createTestedModels({ compile });
    const node = await serve(models, { compiledLane: 'never' });
    await vi.waitFor(async () => expect((await node.lane())?.reason).toBe('The compiled lane is forbidden.'));
    expect(compile).not.toHaveBeenCalled();
  });

  it('needs no process where it is an ONNX file that may run here', async () => {
    const onnx = lanesOf('onnx');
    const { models } = createTestedModels({ openFlavor: async () => onnx });
    const node = await serve(models);
    expect(node.entity()!.lanes).toBe(onnx.lanes);
    expect(node.entity()!.fallback).toBeDefined();
    expect(node.sets.size).toBe(0);
    expect((await node.lane())?.answers).toBe('onnx');
  });

  it('is run by its own program where that was asked for, also as an ONNX file', async () => {
    const { models } = createTestedModels({ openFlavor: async () => lanesOf('onnx') });
    const node = await serve(models, { compiledLane: 'never' });
    expect(node.sets.size).toBe(1);
    expect((await node.lane())?.answers).toBe('python');
  });

  it('is run by its own program where the file may not run here', async () => {
    const { models } = createTestedModels({ openFlavor: async () => 'its operator Loop is none of those' });
    const node = await serve(models);
    expect(node.sets.size).toBe(1);
    expect(await node.lane()).toMatchObject({
      answers: 'python',
      reason: 'its operator Loop is none of those',
    });
  });
});
