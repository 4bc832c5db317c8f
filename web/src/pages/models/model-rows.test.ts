import { describe, expect, it } from 'vitest';
import { schemaRows, splitName } from './model-rows.ts';
import { filterFor, readModelsSearch } from './models-search.ts';

const model = (name: string) => ({
  name,
  createdAtMs: 0,
  updatedAtMs: 0,
  description: '',
  latestVersions: [],
  tags: {},
  aliases: {},
});

describe('names of models', () => {
  it('have three levels or are plain', () => {
    expect(splitName('prod.ml.fraud')).toEqual({ catalog: 'prod', schema: 'ml', label: 'fraud' });
    for (const plain of ['fraud', 'v1.2', 'a.b.c.d', '..x', 'a. .c'])
      expect(splitName(plain)).toBeUndefined();
  });

  it('stand under their schemas, plain ones first', () => {
    const rows = schemaRows(['a', 'prod.risk.x', 'dev.risk.x', 'prod.risk.a', 'v1.2'].map(model));
    expect(
      rows.map((row) => (row.kind === 'model' ? row.label : `${row.catalog}/${row.schema} ${row.count}`)),
    ).toEqual(['a', 'v1.2', 'dev/risk 1', 'x', 'prod/risk 2', 'x', 'a']);
  });
});

describe('the search over models', () => {
  it('asks for a part of the name, or for a tag', () => {
    expect(filterFor({ q: " it's " })).toBe("name ILIKE '%it''s%'");
    expect(filterFor({ q: 'team: risk, all' })).toBe("tags.`team` = 'risk, all'");
    expect(filterFor({ q: 'x', in: 'prod.ml' })).toBe("name LIKE 'prod.ml.%' AND name ILIKE '%x%'");
    expect(filterFor({})).toBe('');
  });

  it('is read from any address', () => {
    expect(readModelsSearch({ q: 12, in: 'prod', sort: 'changed' })).toEqual({
      q: '12',
      in: 'prod',
      sort: 'changed',
    });
    expect(readModelsSearch({ q: '', in: ['x'], sort: 'up' })).toEqual({});
  });
});
