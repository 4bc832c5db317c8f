import type { TableVersion } from '../../data/models.ts';
import { STAGES, type Stage } from '../../registry/stages.ts';

export interface Lane {
  readonly stage: Stage;
  /** All that stand in it. */
  readonly count: number;
  /** Those that hold an alias, and the newest. */
  readonly shown: readonly TableVersion[];
}

/** As many cards of a lane, unless more of its versions hold an alias. */
const MOST_SHOWN = 3;

/**
 * The stages with their versions, in the order in which models are promoted. Where nobody uses stages there is one lane,
 * of who holds an alias and what is newest; where there is neither, none. `versions` newest first.
 */
export function pipelineLanes(versions: readonly TableVersion[]): readonly Lane[] {
  const used = versions.some(({ current_stage: stage }) => stage !== 'None');
  if (!used && versions.every(({ aliases = [] }) => aliases.length === 0)) return [];
  return STAGES.filter((stage) => used || stage === 'None').map((stage) => {
    const all = versions.filter(({ current_stage: own }) => own === stage);
    const holders = all.filter(({ aliases = [] }) => aliases.length > 0);
    const others = all.filter((version) => !holders.includes(version));
    const room = Math.max(used ? MOST_SHOWN - holders.length : 1, stage === 'Archived' ? 1 : 0);
    return { stage, count: all.length, shown: [...holders, ...others.slice(0, Math.max(0, room))] };
  });
}
