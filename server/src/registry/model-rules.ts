import { posix } from 'node:path';
import { type AppError, invalidArgument, invalidState } from '../kernel/errors.ts';
import { checkKey, checkLength } from '../tracking/key-rules.ts';
import type { Tag } from '../tracking/run-rules.ts';

/** Models and versions that carry this tag with the value `true` are prompts. */
export const PROMPT_TAG = 'mlflow.prompt.is_prompt';
export const PROMPT_TEXT_TAG = 'mlflow.prompt.text';
export const PROMPT_TYPE_TAG = '_mlflow_prompt_type';

const MAX_NAME_LENGTH = 256;
const MAX_TAG_VALUE_LENGTH = 100_000;
const MAX_ALIAS_LENGTH = 255;
const MAX_DESCRIPTION_LENGTH = 100_000;

export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export type Stage = (typeof STAGES)[number];
/** A version whose files are not all there yet. */
export const PENDING = 'PENDING_REGISTRATION';
export const READY = 'READY';
/** Where deleted versions stay. No caller ever sees it. */
export const DELETED_STAGE = 'Deleted_Internal';

/** @throws AppError InvalidArgument */
export function checkModelName(name: string, field = 'name'): void {
  if (name.trim() === '') {
    throw invalidArgument(`Missing value for required parameter '${field}'.`, { field });
  }
  if (/[/:]/.test(name)) {
    throw invalidArgument(`Invalid model name '${name.slice(0, 256)}'. Names cannot contain '/' or ':'.`, {
      field,
    });
  }
  if (name === '.' || name.startsWith('..')) {
    throw invalidArgument(
      `Invalid value ${JSON.stringify(name)} for parameter '${field}' supplied: names must not resolve to other names when treated as files. ` +
        `This name would resolve to '${posix.normalize(name)}'.`,
      { field },
    );
  }
  checkLength(name, MAX_NAME_LENGTH, field);
}

/** @throws AppError InvalidArgument */
export function checkDescription(description: string | null): void {
  if (description !== null) checkLength(description, MAX_DESCRIPTION_LENGTH, 'description');
}

/** @throws AppError InvalidArgument */
export function checkTag(tag: Tag, path = ''): void {
  checkKey(tag.key, 'Tag', `${path}key`);
  checkLength(tag.value, MAX_TAG_VALUE_LENGTH, `${path}value`);
}

/** Of equal keys the last wins, as on the real server. @throws AppError InvalidArgument */
export function checkTags(tags: readonly Tag[]): ReadonlyMap<string, string> {
  for (const [i, tag] of tags.entries()) checkTag(tag, `tags[${i}].`);
  return new Map(tags.map(({ key, value }) => [key, value]));
}

/** Whether tags make a prompt of what carries them. */
export const isPromptTag = (key: string, value: string | undefined): boolean =>
  key === PROMPT_TAG && value?.toLowerCase() === 'true';

export const carriesPromptTag = (tags: ReadonlyMap<string, string>): boolean =>
  isPromptTag(PROMPT_TAG, tags.get(PROMPT_TAG));

/** A version number as the wire has it, decimal text. @throws AppError InvalidArgument */
export function parseVersion(text: string): number {
  if (/^\s*[+-]?\d{1,15}\s*$/.test(text)) return Number(text);
  throw invalidArgument(
    `Invalid value ${JSON.stringify(text.slice(0, 100))} for parameter 'version' supplied: Parameter must be an integer.`,
    { field: 'version' },
  );
}

/** A stage in any case, in its canonical spelling. @throws AppError InvalidArgument */
export function parseStage(text: string, field = 'stage'): Stage {
  const stage = STAGES.find((known) => known.toLowerCase() === text.toLowerCase());
  if (stage !== undefined) return stage;
  throw invalidArgument(
    `Invalid Model Version stage: ${text.slice(0, 100)}. Value must be one of ${STAGES.join(', ')}.`,
    { field },
  );
}

/** @throws AppError InvalidArgument */
export function checkAlias(alias: string): void {
  if (alias === '') throw invalidArgument('Registered model alias name cannot be empty.', { field: 'alias' });
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias)) {
    throw invalidArgument(
      `Invalid alias name: '${alias.slice(0, 300)}'. Names may only contain alphanumerics, underscores (_) and dashes (-).`,
      { field: 'alias' },
    );
  }
  checkLength(alias, MAX_ALIAS_LENGTH, 'alias');
}

/** Aliases that mean something already, and so can be read and never set. */
export const isLatestAlias = (alias: string): boolean => alias.toLowerCase() === 'latest';

/** @throws AppError InvalidArgument for a name that means something already. */
export function checkAliasIsFree(alias: string): void {
  if (isLatestAlias(alias)) {
    throw invalidArgument("'latest' alias name (case insensitive) is reserved.", { field: 'alias' });
  }
  if (/^[vV]\d+$/.test(alias)) {
    throw invalidArgument(`Version alias name '${alias}' is reserved.`, { field: 'alias' });
  }
}

/** The error of whoever would give callers a version whose files have not all arrived. */
export const notReady = (name: string, version: number): AppError =>
  invalidState(
    `Version ${version} of '${name.slice(0, 256)}' is not READY: its files have not all arrived. Finalize it first.`,
  );
