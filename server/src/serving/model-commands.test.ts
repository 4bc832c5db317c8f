import { describe, expect, test } from 'vitest';
import { readBuildImageCommand } from './build-image-command.ts';
import { readPredictCommand } from './predict-command.ts';
import { readServeCommand } from './serve-command.ts';

const model = { 'model-uri': 'models:/Churn/1' };
const address = { kind: 'version', name: 'Churn', version: '1' };

describe('slipway models serve', () => {
  test('has the defaults of MLflow', () => {
    expect(readServeCommand(model)).toEqual({
      address,
      host: '127.0.0.1',
      port: 5000,
      workers: 1,
      timeoutMs: 60_000,
    });
  });

  test.each([
    [{}, /slipway models serve -m/],
    [{ ...model, port: '65536' }, /--port is a number from 0 to 65535; got '65536'/],
    [{ ...model, port: '5000; id' }, /--port/],
    [{ ...model, workers: '0' }, /--workers is a number from 1/],
    [{ ...model, timeout: '-1' }, /--timeout/],
    [{ 'model-uri': 'https://evil.example/x' }, /Not the address of a model/],
  ])('refuses %j', (flags, message) => {
    expect(() => readServeCommand(flags)).toThrow(message);
  });
});

describe('slipway models predict', () => {
  const files = { input: '/in.csv', output: '/out.csv' };

  test('takes a model or an endpoint', () => {
    expect(readPredictCommand({ ...model, ...files })).toMatchObject({
      by: { kind: 'model', address },
      input: '/in.csv',
      output: '/out.csv',
      chunkRows: 4096,
    });
    expect(readPredictCommand({ endpoint: 'fraud', ...files, batch: '10' })).toMatchObject({
      by: { kind: 'endpoint', name: 'fraud' },
      chunkRows: 10,
      params: undefined,
    });
    const params = '{"seed": 9007199254740993}';
    expect(readPredictCommand({ ...model, ...files, params })).toMatchObject({ params });
  });

  test.each([
    [{ ...files }, /Expected `slipway models predict/],
    [{ ...model, ...files, endpoint: 'fraud' }, /instead of -m/],
    [{ ...model, input: '/in.csv' }, /Expected/],
    [{ ...model, ...files, batch: '0' }, /--batch/],
    [{ ...model, ...files, params: '[1]' }, /--params is a JSON object/],
    [{ ...model, ...files, params: '{' }, /--params is a JSON object/],
  ])('refuses %j', (flags, message) => {
    expect(() => readPredictCommand(flags)).toThrow(message);
  });
});

describe('slipway models build-image', () => {
  test('takes a target by name', () => {
    expect(readBuildImageCommand({ ...model, output: 'x' })).toEqual({ address, out: 'x', target: 'docker' });
    expect(() => readBuildImageCommand({ ...model, output: 'x', target: 'lambda' })).toThrow(
      /--target is one of docker, kubernetes, sagemaker, azureml/,
    );
    expect(() => readBuildImageCommand(model)).toThrow(/slipway models build-image -m/);
  });
});
