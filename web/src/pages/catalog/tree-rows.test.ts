import { describe, expect, it } from 'vitest';
import type { CatalogObject } from '../../data/catalog.ts';
import { readCatalogSearch } from './catalog-search.ts';
import { type Children, treeRows } from './tree-rows.ts';

const object = (type: CatalogObject['type'], full_name: string): CatalogObject => ({
  type,
  name: full_name.split('.').at(-1)!,
  full_name,
});

const CHILDREN: Readonly<Record<string, Children>> = {
  metastore: [object('catalog', 'dev'), object('catalog', 'prod')],
  'catalog:prod': [object('schema', 'prod.ml'), object('schema', 'prod.raw')],
  'schema:prod.ml': [object('model', 'prod.ml.fraud')],
  'schema:prod.raw': [],
};

const rows = (open: readonly string[], text = '') =>
  treeRows({ childrenOf: (key) => CHILDREN[key], isOpen: (key) => open.includes(key), text }).map(
    ({ label, level }) => `${'  '.repeat(level - 1)}${label}`,
  );

describe('the tree of catalogs', () => {
  it('shows what lies in what is open', () => {
    expect(rows([])).toEqual(['dev', 'prod']);
    expect(rows(['catalog:prod', 'schema:prod.ml', 'schema:prod.raw'])).toEqual([
      'dev',
      'prod',
      '  ml',
      '    fraud',
      '  raw',
      '    Nothing is in it',
    ]);
  });

  it('says what is on its way', () => {
    expect(rows(['catalog:dev'])).toEqual(['dev', '  Reading…', 'prod']);
  });

  it('keeps of a search what matches, and the way to it', () => {
    expect(rows(['catalog:prod', 'schema:prod.ml', 'schema:prod.raw'], ' FRAUD ')).toEqual([
      'prod',
      '  ml',
      '    fraud',
    ]);
    expect(rows([], 'de')).toEqual(['dev']);
  });
});

describe('the address of the catalog', () => {
  it('is read from any text', () => {
    expect(readCatalogSearch({ on: 'schema:prod.ml', tab: 'rights', who: 12, does: 'model.see' })).toEqual({
      on: 'schema:prod.ml',
      tab: 'rights',
      who: '12',
      does: 'model.see',
    });
    expect(readCatalogSearch({ on: 'schema:prod', tab: 'x', who: [], does: '' })).toEqual({});
  });
});
