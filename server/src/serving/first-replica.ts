import { AppError, unavailable } from '../kernel/errors.ts';
import type { ReplicaSet } from '../processes/port.ts';

/** Resolves when one of a set has loaded. @throws AppError InvalidState where the set gave up; Unavailable */
export async function firstReplica(set: ReplicaSet): Promise<void> {
  if (set.channels.length > 0) return;
  await new Promise<void>((resolve, reject) => {
    const end = set.onChange((change) => {
      if (change.kind === 'ready') resolve();
      else if (change.kind === 'failed') reject(new AppError('InvalidState', change.failure.message));
      else if (change.kind === 'evicted') reject(unavailable('The memory for models is in use by others.'));
      else return;
      end();
    });
  });
}
