import type { RegisteredModel } from '@slipway/client';
import type { ModelChange, TableVersion } from '../../data/models.ts';

/** Something that happened: written down when it did, or known from the times of what it left. */
export type Activity =
  | { readonly id: string; readonly timeMs: number; readonly kind: 'change'; readonly change: ModelChange }
  | {
      readonly id: string;
      readonly timeMs: number;
      readonly kind: 'model created' | 'model changed' | 'version registered' | 'version changed';
      readonly version?: string;
      readonly user?: string | undefined;
    };

/** Changes this close to one another are one. */
const SAME_MS = 1000;

/**
 * What happened to a model and its versions, the latest first: what was written down, and before that began, what the
 * times of the model and its versions still tell.
 */
export function activityOf(
  model: Pick<RegisteredModel, 'createdAtMs' | 'updatedAtMs'>,
  versions: readonly TableVersion[],
  changes: readonly ModelChange[],
): readonly Activity[] {
  const told = changes.map(
    (change): Activity => ({
      id: `change ${change.change}`,
      timeMs: change.timestamp,
      kind: 'change',
      change,
    }),
  );
  const isTold = (kind: ModelChange['kind'], version?: string) =>
    changes.some((change) => change.kind === kind && change.version === version);
  const isExplained = (timeMs: number, others: readonly Activity[]) =>
    others.some((other) => Math.abs(other.timeMs - timeMs) <= SAME_MS);
  const ofVersions = versions.flatMap(({ version, user_id: user, ...one }): readonly Activity[] => {
    const created = one.creation_timestamp;
    const changed = one.last_updated_timestamp;
    const facts = { version, user: user || undefined };
    return [
      ...(isTold('registered', version)
        ? []
        : [{ id: `registered ${version}`, timeMs: created, kind: 'version registered' as const, ...facts }]),
      ...(changed - created <= SAME_MS || isExplained(changed, told)
        ? []
        : [{ id: `changed ${version}`, timeMs: changed, kind: 'version changed' as const, ...facts }]),
    ];
  });
  const known = [...told, ...ofVersions];
  const { createdAtMs, updatedAtMs } = model;
  const ofModel: readonly Activity[] = [
    ...(isTold('created') ? [] : [{ id: 'created', timeMs: createdAtMs, kind: 'model created' as const }]),
    ...(updatedAtMs - createdAtMs <= SAME_MS || isExplained(updatedAtMs, known)
      ? []
      : [{ id: 'changed', timeMs: updatedAtMs, kind: 'model changed' as const }]),
  ];
  // What was written down comes in its order; sorting by time keeps it where times are equal.
  return [...known, ...ofModel].sort((a, b) => b.timeMs - a.timeMs);
}
