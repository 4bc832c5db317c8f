import { describe, expect, it } from 'vitest';
import {
  fullNameOf,
  mayNameCatalog,
  type Namespaces,
  nameOfRow,
  parseModelName,
  schemaNameOf,
} from './model-names.ts';

const schemas = new Map([
  ['workspace.default', { catalog: 'workspace', schema: 'default' }],
  ['workspace.lab', { catalog: 'workspace', schema: 'lab' }],
  ['prod.ml', { catalog: 'Prod', schema: 'ML' }],
]);
const namespaces: Namespaces = {
  hasCatalog: (name) => ['workspace', 'prod'].includes(name.toLowerCase()),
  spelling: ({ catalog, schema }) => schemas.get(`${catalog}.${schema}`.toLowerCase()),
};
const parse = (text: string) => parseModelName(text, namespaces);

describe('names of models', () => {
  it.each([
    ['fraud', 'workspace', 'default', 'fraud', 'fraud'],
    ['a.b', 'workspace', 'default', 'a.b', 'a.b'],
    ['workspace.default.fraud', 'workspace', 'default', 'fraud', 'fraud'],
    ['WORKSPACE.Default.fraud', 'workspace', 'default', 'fraud', 'fraud'],
    ['workspace.default.a.b', 'workspace', 'default', 'a.b', 'a.b'],
    ['workspace.lab.fraud', 'workspace', 'lab', 'fraud', 'workspace.lab.fraud'],
    // Spelled as the catalog and the schema are, so that one model has one name.
    ['prod.ml.fraud_score', 'Prod', 'ML', 'fraud_score', 'Prod.ML.fraud_score'],
    ['PROD.ml.Fraud', 'Prod', 'ML', 'Fraud', 'Prod.ML.Fraud'],
    // The schema is not there: three levels none the less, of which nothing can be found.
    ['prod.none.x', 'prod', 'none', 'x', 'prod.none.x'],
    // No such catalog: a plain name, as it always was.
    ['dev.ml.fraud', 'workspace', 'default', 'dev.ml.fraud', 'dev.ml.fraud'],
    ['prod.ml.fraud.v2', 'workspace', 'default', 'prod.ml.fraud.v2', 'prod.ml.fraud.v2'],
    ['prod..x', 'workspace', 'default', 'prod..x', 'prod..x'],
    ['workspace.default.', 'workspace', 'default', 'workspace.default.', 'workspace.default.'],
  ])('reads %s', (text, catalog, schema, model, stored) => {
    expect(parse(text)).toEqual({ catalog, schema, model, stored });
  });

  it('finds no other model behind a plain name that looks like three levels', () => {
    expect(parse('workspace.default.prod.ml.fraud').stored).toBe('workspace.default.prod.ml.fraud');
    expect(parse('workspace.default.workspace.default.fraud').stored).toBe(
      'workspace.default.workspace.default.fraud',
    );
  });

  it.each(['fraud', 'a.b', 'dev.ml.fraud', 'prod.ml.fraud', 'workspace.lab.x'])(
    'reads the full name of %s as the same model, and so the row that keeps it',
    (text) => {
      const name = parse(text);
      expect(parse(fullNameOf(name))).toEqual(name);
      expect(nameOfRow({ name: name.stored, schema_name: schemaNameOf(name) })).toEqual(name);
    },
  );

  it('knows the plain names that would be of three levels if their catalog came to be', () => {
    expect(mayNameCatalog(parse('dev.ml.fraud'))).toBe(true);
    expect(mayNameCatalog(parse('prod.ml.fraud'))).toBe(false);
    expect(mayNameCatalog(parse('dev.fraud'))).toBe(false);
  });
});
