import { describe, expect, it } from 'vitest';
import { parseModelFile } from './model-file.ts';

const WRITTEN = `flavors:
  python_function:
    env:
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.11.7
  sklearn:
    sklearn_version: 1.9.1
mlflow_version: 3.17.2
saved_input_example_info:
  artifact_path: input_example.json
  serving_input_path: serving_input_example.json
  type: dataframe
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: '[{"type": "long", "required": true}]'
  params: null
`;

describe('the MLmodel file', () => {
  it('tells what serving acts upon', () => {
    expect(parseModelFile(WRITTEN)).toEqual({
      flavors: ['python_function', 'sklearn'],
      loader: 'mlflow.sklearn',
      pythonVersion: '3.11.7',
      mlflowVersion: '3.17.2',
      signature: {
        inputs: '[{"type": "double", "name": "x", "required": true}]',
        outputs: '[{"type": "long", "required": true}]',
        params: undefined,
        is_signature_from_type_hint: false,
      },
      servingExample: 'serving_input_example.json',
      modelConfig: undefined,
      predictFunction: 'predict',
      onnxFile: undefined,
    });
  });

  it.each([
    ['no YAML', 'a: [', 'it is not YAML'],
    ['a list', '- 1', 'it holds no fields'],
    ['aliases that multiply', 'a: &a [1]\nb: [*a, *a]', 'it is not YAML'],
  ])('is refused where it is %s', (_, text, why) => {
    expect(() => parseModelFile(text)).toThrow(why);
  });

  it('may hold nothing that is of use', () => {
    expect(parseModelFile('run_id: x')).toMatchObject({
      flavors: [],
      loader: undefined,
      signature: undefined,
    });
  });
});
