/** Something that happened, as plain data. Entity and action are the words that webhooks subscribe to. */
export interface DomainEvent {
  readonly entity: EventEntity;
  readonly action: EventAction;
  /** What subscribers are told: names and values as they were when it happened. */
  readonly data: EventData;
}

export type EventData = Readonly<Record<string, string | null | Readonly<Record<string, string>>>>;

/** Every kind of event with its actions. The first half is MLflow's, the rest is an addition of ours. */
const EVENT_KINDS = {
  registered_model: ['created', 'updated', 'renamed', 'deleted'],
  model_version: ['created', 'updated', 'deleted', 'stage_transitioned'],
  model_version_tag: ['set', 'deleted'],
  model_version_alias: ['created', 'deleted'],
  prompt: ['created', 'updated', 'renamed', 'deleted'],
  prompt_version: ['created', 'updated', 'deleted'],
  prompt_tag: ['set', 'deleted'],
  prompt_version_tag: ['set', 'deleted'],
  prompt_alias: ['created', 'deleted'],
  registered_model_tag: ['set', 'deleted'],
  experiment: ['created', 'renamed', 'deleted', 'restored'],
  run: ['finished', 'deleted', 'restored'],
} as const satisfies Record<string, readonly string[]>;

export type EventEntity = keyof typeof EVENT_KINDS;
export type EventAction = (typeof EVENT_KINDS)[EventEntity][number];

/** A kind of event, as subscriptions name it. */
export interface EventKind {
  readonly entity: EventEntity;
  readonly action: EventAction;
}

export function isEventKind(entity: string, action: string): boolean {
  if (!Object.hasOwn(EVENT_KINDS, entity)) return false;
  const actions: readonly string[] = EVENT_KINDS[entity as EventEntity];
  return actions.includes(action);
}
