import { describe, expect, it } from 'vitest';
import {
  configOf,
  draftOf,
  NO_CAPTURE,
  namesOf,
  newEntity,
  problemsOf,
  readVariables,
  sharedEvenly,
  withPercent,
  writeVariables,
} from './config-draft.ts';

const whole = newEntity({ model: 'prod.ml.fraud', target: '3', percent: 100 });

describe('a configuration that is being written', () => {
  it('names entities by model and version, each differently', () => {
    const twins = [whole, { ...newEntity(whole), name: '' }, newEntity({ model: 'a b', target: '@best' })];
    expect(namesOf(twins)).toEqual(['fraud-3', 'fraud-3-2', 'a-b-best']);
  });

  it('says what is missing, and nothing of what is whole', () => {
    expect(problemsOf({ entities: [whole], capture: undefined })).toEqual([]);
    expect(problemsOf({ entities: [newEntity()], capture: undefined })).toEqual([
      'Choose a model.',
      'The shares add up to 0 %: 100 % are left to give.',
    ]);
    const over = [whole, newEntity({ model: 'm', target: '1', percent: 5 })];
    expect(problemsOf({ entities: over, capture: undefined })).toEqual([
      'The shares add up to 105 %: that is 5 % too much.',
    ]);
    expect(problemsOf({ entities: [whole], capture: { ...NO_CAPTURE, isOn: true } })).toEqual([
      'Say in which catalog and schema requests are to be kept.',
    ]);
  });

  it('gives the rest to the other of two, and leaves more than two alone', () => {
    const pair = [whole, newEntity({ percent: 0 })];
    expect(withPercent(pair, whole.key, 90).map(({ percent }) => percent)).toEqual([90, 10]);
    const three = [...pair, newEntity({ percent: 0 })];
    expect(withPercent(three, whole.key, 90).map(({ percent }) => percent)).toEqual([90, 0, 0]);
    expect(sharedEvenly(three).map(({ percent }) => percent)).toEqual([34, 33, 33]);
  });

  it('is sent as it was written', () => {
    const custom = newEntity({ model: 'm', target: '@champion', percent: 0, size: 'custom', min: 1, max: 8 });
    const capture = { isOn: true, catalog: 'prod', schema: 'ml', prefix: '' };
    expect(configOf({ entities: [whole, custom], capture })).toEqual({
      entities: [
        {
          name: 'fraud-3',
          modelName: 'prod.ml.fraud',
          version: '3',
          scaleToZero: true,
          workloadType: 'CPU',
          environment: {},
          workloadSize: 'Small',
        },
        {
          name: 'm-champion',
          modelName: 'm',
          version: '@champion',
          scaleToZero: true,
          workloadType: 'CPU',
          environment: {},
          minConcurrency: 1,
          maxConcurrency: 8,
        },
      ],
      traffic: [
        { entity: 'fraud-3', percent: 100 },
        { entity: 'm-champion', percent: 0 },
      ],
      autoCapture: { catalog: 'prod', schema: 'ml', enabled: true },
    });
  });

  it('keeps variables whatever their values hold', () => {
    const variables = { KEY: '{{secrets/a/b}}', LINES: 'one\ntwo', QUOTED: '"x"', EQUALS: 'a=b' };
    expect(readVariables(writeVariables(variables))).toEqual(variables);
    const bad = newEntity({ ...whole, variables: 'nothing\nA="x' });
    expect(problemsOf({ entities: [bad], capture: undefined })).toHaveLength(2);
  });

  it('can take the versions that aliases meant instead of the aliases', () => {
    const past = {
      name: 'e',
      model: 'm',
      is_model_seen: true,
      version: '3',
      alias: 'champion',
      percent: 100,
      size: 'Large',
      min_concurrency: 16,
      max_concurrency: 64,
      workload_type: 'CPU',
      scale_to_zero: false,
      variable_names: ['A'],
      variables: { A: 'b' },
    };
    expect(draftOf([past]).entities[0]).toMatchObject({
      target: '@champion',
      size: 'Large',
      variables: 'A=b',
    });
    expect(draftOf([past], true).entities[0]?.target).toBe('3');
  });

  it('names what was named by its version anew, and keeps a name that says something else', () => {
    const served = {
      name: 'fraud-3',
      model: 'prod.ml.fraud',
      is_model_seen: true,
      version: '3',
      percent: 100,
      min_concurrency: 1,
      max_concurrency: 2,
      workload_type: 'CPU',
      scale_to_zero: true,
      variable_names: [],
    };
    const [entity] = draftOf([served]).entities;
    expect(namesOf([entity!])).toEqual(['fraud-3']);
    expect(namesOf([{ ...entity!, target: '4' }])).toEqual(['fraud-4']);
    const [kept] = draftOf([{ ...served, name: 'current' }]).entities;
    expect(namesOf([{ ...kept!, target: '4' }])).toEqual(['current']);
  });
});
