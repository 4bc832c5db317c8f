import { describe, expect, it } from 'vitest';
import type { TableVersion } from '../../data/models.ts';
import { pipelineLanes } from './pipeline-lanes.ts';

const version = (number: number, stage = 'None', aliases: readonly string[] = []): TableVersion => ({
  version: String(number),
  creation_timestamp: 0,
  last_updated_timestamp: 0,
  current_stage: stage,
  status: 'READY',
  aliases,
});
const shown = (versions: readonly TableVersion[]) =>
  pipelineLanes(versions).map(({ stage, count, shown: cards }) => [
    stage,
    count,
    cards.map((card) => card.version),
  ]);

describe('the lanes of a model', () => {
  it('are its stages in the order of promotion', () => {
    expect(
      shown([
        version(4),
        version(3, 'Staging'),
        version(2, 'Production', ['champion']),
        version(1, 'Archived'),
      ]),
    ).toEqual([
      ['None', 1, ['4']],
      ['Staging', 1, ['3']],
      ['Production', 1, ['2']],
      ['Archived', 1, ['1']],
    ]);
  });

  it('are one, of who holds an alias and the newest, where stages are not used', () => {
    expect(shown([version(5), version(4), version(3, 'None', ['champion']), version(2)])).toEqual([
      ['None', 4, ['3', '5']],
    ]);
  });

  it('are none where nothing is held', () => {
    expect(shown([version(2), version(1)])).toEqual([]);
  });

  it('show every version that holds an alias, however many', () => {
    const holders = [6, 5, 4, 3].map((number) => version(number, 'None', [`a${number}`]));
    expect(shown([version(7), ...holders, version(2, 'Archived')])[0]).toEqual([
      'None',
      5,
      ['6', '5', '4', '3'],
    ]);
  });
});
