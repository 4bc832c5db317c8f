import type { DomainEvent, EventAction, EventData } from '../events/events.ts';
import { PROMPT_TAG, PROMPT_TEXT_TAG, PROMPT_TYPE_TAG } from './model-rules.ts';

type Subject = 'model' | 'model tag' | 'version' | 'version tag' | 'alias';

/** Prompts are models by another name, and subscribers know the two apart. */
const ENTITIES = {
  model: { model: 'registered_model', prompt: 'prompt' },
  'model tag': { model: 'registered_model_tag', prompt: 'prompt_tag' },
  version: { model: 'model_version', prompt: 'prompt_version' },
  'version tag': { model: 'model_version_tag', prompt: 'prompt_version_tag' },
  alias: { model: 'model_version_alias', prompt: 'prompt_alias' },
} as const;

export interface RegistryEvent {
  readonly subject: Subject;
  readonly action: EventAction;
  readonly isPrompt: boolean;
  readonly data: EventData;
}

export function registryEvent({ subject, action, isPrompt, data }: RegistryEvent): DomainEvent {
  return { entity: ENTITIES[subject][isPrompt ? 'prompt' : 'model'], action, data };
}

/** The tags that subscribers are shown: those that make a prompt of a model are left out, as on the real server. */
export function shownTags(tags: ReadonlyMap<string, string>, isPrompt: boolean): Record<string, string> {
  const shown = new Map(tags);
  if (isPrompt) for (const key of [PROMPT_TAG, PROMPT_TYPE_TAG, PROMPT_TEXT_TAG]) shown.delete(key);
  return Object.fromEntries(shown);
}
