import type { EventData, EventKind } from '../events/events.ts';

/** The body of a delivery. */
export function renderDelivery(kind: EventKind, data: EventData, happenedAtMs: number): string {
  const timestamp = new Date(happenedAtMs).toISOString();
  return JSON.stringify({ entity: kind.entity, action: kind.action, timestamp, data });
}

const NAME = { model: 'example_model', prompt: 'example_prompt' } as const;
const TAGS = { example_key: 'example_value' };
const TAG = { key: 'example_key', value: 'example_value' };

/** Data of the shape that the event has, for trying a webhook out. */
export function exampleData({ entity, action }: EventKind): EventData {
  const name = entity.startsWith('prompt') ? NAME.prompt : NAME.model;
  const description = `An example ${entity.replaceAll('_', ' ')}`;
  const { key } = TAG;
  switch (entity) {
    case 'registered_model':
    case 'prompt':
      if (action === 'created') return { name, tags: TAGS, description };
      if (action === 'renamed') return { name, new_name: `${name}_renamed` };
      return action === 'updated' ? { name, description } : { name };
    case 'model_version':
    case 'prompt_version': {
      const version = { name, version: '1' };
      if (action === 'updated') return { ...version, description };
      if (action === 'deleted') return version;
      if (action === 'stage_transitioned') return { ...version, from_stage: 'None', to_stage: 'Production' };
      return entity === 'prompt_version'
        ? { ...version, template: 'Hello {{name}}!', tags: TAGS, description }
        : { ...version, source: 'models:/123', run_id: 'abcd1234abcd5678', tags: TAGS, description };
    }
    case 'registered_model_tag':
    case 'prompt_tag':
      return action === 'set' ? { name, ...TAG } : { name, key };
    case 'model_version_tag':
    case 'prompt_version_tag':
      return action === 'set' ? { name, version: '1', ...TAG } : { name, version: '1', key };
    case 'model_version_alias':
    case 'prompt_alias':
      return action === 'created'
        ? { name, alias: 'example_alias', version: '1' }
        : { name, alias: 'example_alias' };
    case 'experiment':
      return { experiment_id: '1', name: 'example_experiment' };
    case 'run':
      return action === 'finished'
        ? { run_id: 'abcd1234abcd5678', experiment_id: '1', name: 'example_run', status: 'FINISHED' }
        : { run_id: 'abcd1234abcd5678', experiment_id: '1', name: 'example_run' };
  }
}
