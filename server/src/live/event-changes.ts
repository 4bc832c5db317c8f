import type { DomainEvent } from '../events/events.ts';
import type { Change } from './journal.ts';

/** What pages show that an event changes; undefined for what is reported where it happens (runs and their points). */
export function changeOf({ entity, data }: DomainEvent): Change | undefined {
  const text = (name: string): string | undefined => {
    const value = data[name];
    return typeof value === 'string' ? value : undefined;
  };
  if (entity === 'run') return undefined;
  if (entity === 'experiment') {
    const experimentId = text('experiment_id');
    if (experimentId === undefined) return undefined;
    return { kind: 'experiment', experimentNo: Number(experimentId), subject: experimentId, keys: [] };
  }
  const subject = text('name');
  if (subject === undefined) return undefined;
  const version = text('version');
  return version === undefined
    ? { kind: 'registered_model', experimentNo: undefined, subject, keys: [] }
    : { kind: 'model_version', experimentNo: undefined, subject, keys: [version] };
}
