import type { Endpoint, ServedEntity } from '../data/endpoints.ts';

/** How an endpoint is, in one word that `Status` knows. */
export function stateOf({
  update,
  active,
  pending,
}: Pick<Endpoint, 'update' | 'active' | 'pending'>): string {
  const entities = active?.entities ?? [];
  const has = (state: ServedEntity['state']) => entities.some((entity) => entity.state === state);
  if (update === 'IN_PROGRESS') return active === undefined ? 'STARTING' : 'UPDATING';
  if (active === undefined) return pending === undefined ? 'NOTHING_SERVED' : 'FAILED';
  if (has('FAILED')) return 'FAILED';
  if (has('RECOVERING') || has('ABORTED')) return 'RECOVERING';
  if (has('CREATING')) return 'STARTING';
  if (update === 'UPDATE_FAILED') return 'UPDATE_FAILED';
  return entities.every(isAtZero) ? 'SCALED_TO_ZERO' : 'READY';
}

const isAtZero = ({ message }: ServedEntity): boolean => message === 'Scaled to zero';

export const stateOfEntity = (entity: ServedEntity): string =>
  entity.state === 'READY' && isAtZero(entity) ? 'SCALED_TO_ZERO' : entity.state;

/** What it is doing, or why it failed; undefined where there is nothing to say. */
export function sayingOf(
  endpoint: Pick<Endpoint, 'update' | 'update_message' | 'active' | 'pending'>,
): { readonly entity: string | undefined; readonly text: string } | undefined {
  const { update, update_message: message, active, pending } = endpoint;
  const shown = update === 'IN_PROGRESS' || active === undefined ? pending : active;
  const telling = shown?.entities.find(({ state, message: said }) => state !== 'READY' && said !== '');
  if (update === 'UPDATE_FAILED' && message !== '') {
    const failed = pending?.entities.find(({ state }) => state === 'FAILED');
    return { entity: failed?.name, text: message };
  }
  return telling && { entity: telling.name, text: telling.message };
}
