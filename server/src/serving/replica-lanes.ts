import type { AppError } from '../kernel/errors.ts';
import type { Channel, ReplicaSet } from '../processes/port.ts';
import type { Lane, LaneSet } from './gateway/lane.ts';
import { readAnswer } from './scoring/answer-bytes.ts';

export interface ReplicaLanes extends LaneSet {
  /** From now on the lanes are those of this set; undefined for none. */
  use(set: ReplicaSet | undefined): void;
  /** Requests are refused with this until it is undefined again. */
  fail(failure: AppError | undefined): void;
}

/**
 * The channels of a set as lanes. The set may change: routes hold on to the lanes.
 * @param used called for each batch
 */
export function createReplicaLanes(used: () => void, wake: () => void): ReplicaLanes {
  const listeners = new Set<() => void>();
  const lanes = new Map<Channel, Lane>();
  let set: ReplicaSet | undefined;
  let failure: AppError | undefined;
  let unsubscribe: (() => void) | undefined;
  let current: readonly Lane[] = [];

  function refresh(): void {
    const channels = set?.channels ?? [];
    for (const channel of lanes.keys()) if (!channels.includes(channel)) lanes.delete(channel);
    for (const channel of channels) if (!lanes.has(channel)) lanes.set(channel, laneOf(channel, used));
    current = [...lanes.values()];
    for (const listener of [...listeners]) listener();
  }

  return {
    get lanes() {
      return current;
    },
    get failure() {
      return failure;
    },
    wake,
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    use(next) {
      unsubscribe?.();
      set = next;
      unsubscribe = next?.onChange(() => refresh());
      refresh();
    },
    fail(next) {
      if (failure === next) return;
      failure = next;
      for (const listener of [...listeners]) listener();
    },
  };
}

function laneOf(channel: Channel, used: () => void): Lane {
  return {
    id: channel.id,
    kind: 'python',
    free: () => channel.capacity - channel.inFlight,
    async run(batch, limit) {
      used();
      const { payload, modelMicros } = await channel.send(batch.payload, limit);
      return readAnswer(payload, { asked: batch.segments.length, modelMicros });
    },
  };
}
