import { expect, it } from 'vitest';
import { parseMlmodel } from './mlmodel.ts';

const MLMODEL = `
artifact_path: mlflow-artifacts:/1/models/m-1/artifacts
flavors:
  python_function:
    env:
      conda: conda.yaml
    loader_module: mlflow.sklearn
    python_version: 3.11.7
  sklearn:
    pickled_model: model.pkl
    sklearn_version: 1.9.1
mlflow_version: 3.17.2
model_id: m-1
model_size_bytes: 214000
saved_input_example_info:
  artifact_path: input_example.json
  serving_input_path: serving_input_example.json
  type: dataframe
signature:
  inputs: '[{"type": "double", "name": "sepal length (cm)", "required": true}, {"type":
    "array", "items": {"type": "string"}, "name": "words", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 2]}}]'
  params: '[{"name": "threshold", "type": "double", "default": 0.5, "shape": null}]'
utc_time_created: '2026-11-21 11:15:26.000000'
`;

it('reads what the client writes, texts over several lines too', () => {
  const model = parseMlmodel(MLMODEL);
  expect(model.flavors).toEqual([
    { name: 'python_function', version: undefined },
    { name: 'sklearn', version: '1.9.1' },
  ]);
  expect(model.signature?.inputs.map(({ name, type, isRequired }) => [name, type, isRequired])).toEqual([
    ['sepal length (cm)', 'double', true],
    ['words', 'array of string', false],
  ]);
  expect(model.signature?.outputs[0]).toMatchObject({ name: undefined, type: 'tensor int64 [-1, 2]' });
  expect(model.signature?.params[0]).toMatchObject({ name: 'threshold', byDefault: '0.5' });
  expect(model.servingExamplePath).toBe('serving_input_example.json');
});

it.each([
  'flavors: !!js/function "function () { return 1 }"',
  'signature: {inputs: "not json"}',
  'flavors: [1, 2]\nsignature: {inputs: [{"type": {"a": 1}}]}',
])('makes nothing but values of %s', (text) => {
  const model = parseMlmodel(text);
  expect(JSON.parse(JSON.stringify(model))).toMatchObject({ flavors: [] });
});

it.each(['[1, 2]', 'just text', '{"a": '])('refuses %s', (text) => {
  expect(() => parseMlmodel(text)).toThrow();
});
