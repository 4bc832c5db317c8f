import type { RegisteredModel } from '@slipway/client';
import type { TableVersion } from '../../data/models.ts';

export type Activity =
  | { readonly id: string; readonly timeMs: number; readonly kind: 'model created' | 'model changed' }
  | {
      readonly id: string;
      readonly timeMs: number;
      readonly kind: 'version registered' | 'version changed';
      readonly version: string;
      readonly run: TableVersion['source_run'] | undefined;
      readonly user: string | undefined;
    };

/** Changes this close to a creation are part of it. */
const SAME_MS = 1000;

/** What the server knows to have happened to a model and its versions, the latest first. */
export function activityOf(
  model: Pick<RegisteredModel, 'createdAtMs' | 'updatedAtMs'>,
  versions: readonly TableVersion[],
): readonly Activity[] {
  const ofVersions = versions.flatMap((one): readonly Activity[] => {
    const { version, source_run: run, user_id: user } = one;
    const facts = { version, run, user: user === '' ? undefined : user };
    const created = one.creation_timestamp;
    const changed = one.last_updated_timestamp;
    return [
      { id: `registered ${version}`, timeMs: created, kind: 'version registered', ...facts },
      ...(changed - created > SAME_MS
        ? [{ id: `changed ${version}`, timeMs: changed, kind: 'version changed' as const, ...facts }]
        : []),
    ];
  });
  const isExplained = ofVersions.some(({ timeMs }) => Math.abs(timeMs - model.updatedAtMs) <= SAME_MS);
  const ofModel: readonly Activity[] = [
    { id: 'created', timeMs: model.createdAtMs, kind: 'model created' },
    ...(model.updatedAtMs - model.createdAtMs > SAME_MS && !isExplained
      ? [{ id: 'changed', timeMs: model.updatedAtMs, kind: 'model changed' as const }]
      : []),
  ];
  return [...ofVersions, ...ofModel].sort((a, b) => b.timeMs - a.timeMs);
}
