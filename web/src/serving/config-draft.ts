import type { NewEndpointConfig, WorkloadSize } from '@slipway/client';
import type { ConfiguredEntity } from '../data/endpoints.ts';

/** Sizes by name, with how many requests each answers at once; `custom` has bounds of its own. */
export const SIZES = {
  Small: 'Small: 4 at once',
  Medium: 'Medium: 8 to 16 at once',
  Large: 'Large: 16 to 64 at once',
  custom: 'Other bounds',
} as const satisfies Record<WorkloadSize | 'custom', string>;
export type SizeChoice = keyof typeof SIZES;

/** A served model as it is being written down. */
export interface EntityDraft {
  /** Tells drafts apart, whatever is typed. */
  readonly key: number;
  /** Empty: made of the model and the version. */
  readonly name: string;
  readonly model: string;
  /** `3`, or `@champion`. */
  readonly target: string;
  readonly size: SizeChoice;
  readonly min: number;
  readonly max: number;
  readonly workloadType: string;
  readonly scaleToZero: boolean;
  /** A line each: `NAME=value`. */
  readonly variables: string;
  readonly percent: number;
}

export interface CaptureDraft {
  readonly isOn: boolean;
  readonly catalog: string;
  readonly schema: string;
  readonly prefix: string;
}

export interface ConfigDraft {
  readonly entities: readonly EntityDraft[];
  /** Undefined where it stays as it is. */
  readonly capture: CaptureDraft | undefined;
}

let lastKey = 0;

export function newEntity(of: Partial<Omit<EntityDraft, 'key'>> = {}): EntityDraft {
  lastKey += 1;
  return {
    key: lastKey,
    name: '',
    model: '',
    target: '',
    size: 'Small',
    min: 0,
    max: 4,
    workloadType: 'CPU',
    scaleToZero: true,
    variables: '',
    percent: 0,
    ...of,
  };
}

export const NO_CAPTURE: CaptureDraft = { isOn: false, catalog: '', schema: '', prefix: '' };

/**
 * A configuration to change.
 * @param isPinned whether aliases become the versions that they meant then
 */
export function draftOf(entities: readonly ConfiguredEntity[], isPinned = false): ConfigDraft {
  return {
    capture: undefined,
    entities: entities.map((entity) => {
      const { model } = entity;
      const target = entity.alias === undefined || isPinned ? entity.version : `@${entity.alias}`;
      return newEntity({
        // A name that says the version goes with it.
        name: entity.name === madeName(model, target) ? '' : entity.name,
        model,
        target,
        size: entity.size === undefined ? 'custom' : sizeOf(entity.size),
        min: entity.min_concurrency,
        max: entity.max_concurrency,
        workloadType: entity.workload_type,
        scaleToZero: entity.scale_to_zero,
        variables: writeVariables(entity.variables ?? {}),
        percent: entity.percent,
      });
    }),
  };
}

const sizeOf = (text: string): SizeChoice => (text === 'Medium' || text === 'Large' ? text : 'Small');

/** What entities are called: as they were named, or by model and version, each differently. */
export function namesOf(entities: readonly EntityDraft[]): readonly string[] {
  const taken = new Set(entities.map(({ name }) => name.trim()).filter((name) => name !== ''));
  return entities.map(({ name, model, target }) => {
    if (name.trim() !== '') return name.trim();
    const base = madeName(model, target);
    let made = base;
    for (let n = 2; taken.has(made); n += 1) made = `${base}-${n}`;
    taken.add(made);
    return made;
  });
}

const madeName = (model: string, target: string): string =>
  `${model.trim().split('.').at(-1)}-${target.replace(/^@/, '')}`
    .replaceAll(/[^A-Za-z0-9_-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 60) || 'model';

export const sumOf = (entities: readonly EntityDraft[]): number =>
  entities.reduce((sum, { percent }) => sum + percent, 0);

/** The same for all, as far as whole percents go: the first have what is left over. */
export function sharedEvenly(entities: readonly EntityDraft[]): readonly EntityDraft[] {
  const share = Math.floor(100 / entities.length);
  const left = 100 - share * entities.length;
  return entities.map((entity, i) => ({ ...entity, percent: share + (i < left ? 1 : 0) }));
}

/** Of two, one has what the other leaves; of more, others stay. */
export function withPercent(
  entities: readonly EntityDraft[],
  key: number,
  percent: number,
): readonly EntityDraft[] {
  const isPair = entities.length === 2;
  return entities.map((entity) =>
    entity.key === key ? { ...entity, percent } : isPair ? { ...entity, percent: 100 - percent } : entity,
  );
}

/** What keeps a draft from being sent, in the order of the form; empty for one that is whole. */
export function problemsOf({ entities, capture }: ConfigDraft): readonly string[] {
  const problems = entities.flatMap(({ model, target, size, min, max, scaleToZero, variables }) => [
    ...(model.trim() === '' ? ['Choose a model.'] : []),
    ...(model.trim() !== '' && target === '' ? [`Choose a version or an alias of ${model.trim()}.`] : []),
    ...(size === 'custom' && (min > max || max < 1)
      ? ['The bounds must be 0 ≤ least ≤ most, with most at least 1.']
      : []),
    ...(size === 'custom' && !scaleToZero && min < 1
      ? ['What does not scale to zero keeps at least 1 ready.']
      : []),
    ...problemsOfVariables(variables),
  ]);
  const sum = sumOf(entities);
  if (entities.length === 0) problems.push('Serve at least one model.');
  else if (sum !== 100)
    problems.push(
      sum < 100
        ? `The shares add up to ${sum} %: ${100 - sum} % are left to give.`
        : `The shares add up to ${sum} %: that is ${sum - 100} % too much.`,
    );
  if (capture?.isOn && (capture.catalog.trim() === '' || capture.schema.trim() === ''))
    problems.push('Say in which catalog and schema requests are to be kept.');
  return [...new Set(problems)];
}

/** What is sent; of a draft without problems. */
export function configOf({ entities, capture }: ConfigDraft): NewEndpointConfig {
  const names = namesOf(entities);
  return {
    entities: entities.map((entity, i) => ({
      name: names[i],
      modelName: entity.model.trim(),
      version: entity.target,
      scaleToZero: entity.scaleToZero,
      workloadType: entity.workloadType,
      environment: readVariables(entity.variables),
      ...(entity.size === 'custom'
        ? { minConcurrency: entity.min, maxConcurrency: entity.max }
        : { workloadSize: entity.size }),
    })),
    traffic: entities.map(({ percent }, i) => ({ entity: names[i]!, percent })),
    ...(capture !== undefined &&
      capture.catalog.trim() !== '' && {
        autoCapture: {
          catalog: capture.catalog.trim(),
          schema: capture.schema.trim(),
          ...(capture.prefix.trim() !== '' && { prefix: capture.prefix.trim() }),
          enabled: capture.isOn,
        },
      }),
  };
}

/** A value that a line cannot hold stands as JSON, in quotes. */
export const writeVariables = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${/^\s*"|[\r\n]|^\s|\s$/.test(value) ? JSON.stringify(value) : value}`)
    .join('\n');

export function readVariables(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    linesOf(text).map((line) => {
      const at = line.indexOf('=');
      const value = line.slice(at + 1).trim();
      return [line.slice(0, at).trim(), value.startsWith('"') ? parseText(value)! : value];
    }),
  );
}

function problemsOfVariables(text: string): readonly string[] {
  return linesOf(text).flatMap((line) => {
    const at = line.indexOf('=');
    if (at < 1) return [`“${line.slice(0, 40)}” is no environment variable: write NAME=value.`];
    const value = line.slice(at + 1).trim();
    return value.startsWith('"') && parseText(value) === undefined
      ? [`The value of ${line.slice(0, at).trim()} begins with a quote and is no text of JSON.`]
      : [];
  });
}

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function parseText(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
