import { expect, it } from 'vitest';
import { parseMlmodel } from '../../viewers/mlmodel.ts';
import { type ComparedVersion, comparisonGroups } from './comparison-rows.ts';

const compared = (number: number, rest: Partial<ComparedVersion> = {}): ComparedVersion => ({
  version: {
    version: String(number),
    creation_timestamp: 0,
    last_updated_timestamp: 0,
    current_stage: 'None',
    status: 'READY',
    metrics: { auc: number / 10, loss: 'NaN' },
  },
  run: undefined,
  mlmodel: undefined,
  requirements: undefined,
  ...rest,
});

const signature = (inputs: string) => parseMlmodel(`signature:\n  inputs: '${inputs}'\n  outputs: null\n`);

it('finds what differs, NaN being the same as NaN', () => {
  const [facts, metrics] = comparisonGroups([compared(1), compared(2)]);
  expect(facts!.rows.map(({ key, isDifferent }) => [key, isDifferent])).toEqual([['Stage', false]]);
  expect(metrics!.rows).toEqual([
    { key: 'auc', values: [0.1, 0.2], isDifferent: true },
    { key: 'loss', values: [Number.NaN, Number.NaN], isDifferent: false },
  ]);
});

it('compares what models take, and what packages they need', () => {
  const groups = comparisonGroups([
    compared(1, {
      mlmodel: signature('[{"name":"a","type":"double"},{"name":"b","type":"long"}]'),
      requirements: new Map([
        ['numpy', '==1'],
        ['pandas', ''],
      ]),
    }),
    compared(2, {
      mlmodel: signature('[{"name":"a","type":"string"}]'),
      requirements: new Map([['numpy', '==1']]),
    }),
  ]);
  const rows = (title: string) =>
    groups.find((group) => group.title === title)!.rows.map(({ key, values }) => [key, ...values]);
  expect(rows('Signature')).toEqual([
    ['input a', 'double', 'string'],
    ['input b', 'long', undefined],
  ]);
  expect(rows('Environment')).toEqual([
    ['numpy', '==1', '==1'],
    ['pandas', 'any', undefined],
  ]);
});
