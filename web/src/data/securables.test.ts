import { describe, expect, it } from 'vitest';
import { keyOf, labelOf, parentOf, pathTo, readSecurable, registryName } from './securables.ts';

describe('keys of securables', () => {
  it('are read as they are written', () => {
    for (const key of ['metastore', 'catalog:prod', 'schema:prod.ml', 'model:prod.ml.v1.2', 'volume:a.b.c'])
      expect(keyOf(readSecurable(key)!)).toBe(key);
  });

  it('are nothing with too many or too few levels, or of other things', () => {
    for (const key of ['catalog:a.b', 'schema:a', 'table:a.b', 'model:a..c', 'experiment:7', 'catalog:', 12])
      expect(readSecurable(key)).toBeUndefined();
  });
});

describe('the path of a securable', () => {
  it('leads from the catalog to it', () => {
    const model = readSecurable('model:prod.ml.v1.2')!;
    expect(pathTo(model).map(keyOf)).toEqual(['catalog:prod', 'schema:prod.ml', 'model:prod.ml.v1.2']);
    expect(labelOf(model)).toBe('v1.2');
    expect(parentOf({ type: 'catalog', name: 'prod' })).toEqual({ type: 'metastore', name: '' });
  });

  it('is left out where the registry leaves it out', () => {
    expect(registryName('workspace.default.iris')).toBe('iris');
    expect(registryName('prod.ml.iris')).toBe('prod.ml.iris');
  });
});
