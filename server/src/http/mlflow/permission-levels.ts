import type { Privilege, Securable } from '../../governance/privileges.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { DEFAULT_CATALOG, DEFAULT_SCHEMA, securableOf } from '../../registry/model-names.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import type { ReadModelName } from '../model-access.ts';

/** The permissions of MLflow's own auth app that give something. */
export type Level = 'READ' | 'USE' | 'EDIT' | 'MANAGE';

type Levels = Readonly<Partial<Record<Level, readonly Privilege[]>>>;

/** What a pair of resource type and id (or `*`) stands for. */
export interface Resource {
  readonly type: string;
  /** An experiment's id, a model's name, or `*`. */
  readonly pattern: string;
  readonly on: Securable;
  /** What each level grants there; others cannot be granted. */
  readonly levels: Levels;
}

const CAN_READ: readonly Privilege[] = ['CAN_READ'];
const EXECUTE: readonly Privilege[] = ['EXECUTE'];
const WRITES: readonly Privilege[] = ['EXECUTE', 'CREATE_MODEL_VERSION', 'APPLY_TAG', 'APPROVE'];

const OF_EXPERIMENT: Levels = { READ: CAN_READ, USE: CAN_READ, EDIT: ['CAN_EDIT'], MANAGE: ['CAN_MANAGE'] };
const OF_ALL_EXPERIMENTS: Levels = { READ: CAN_READ, USE: CAN_READ };
const OF_MODELS: Levels = { READ: EXECUTE, USE: EXECUTE, EDIT: WRITES, MANAGE: [...WRITES, 'MANAGE'] };
const OF_WORKSPACE: Levels = { USE: ['CAN_EDIT'], MANAGE: ['CAN_MANAGE'] };

const PLAIN_MODELS: Securable = { type: 'schema', catalog: DEFAULT_CATALOG, schema: DEFAULT_SCHEMA };

/** @throws AppError InvalidArgument for a type that there is not here, or an id that cannot be one. */
export function readResource(type: string, pattern: string, readModelName: ReadModelName): Resource {
  switch (type) {
    case 'experiment':
      return pattern === '*'
        ? { type, pattern, on: { type: 'workspace' }, levels: OF_ALL_EXPERIMENTS }
        : {
            type,
            pattern,
            on: { type: 'experiment', experimentNo: parseExperimentId(pattern, 'resource_id') },
            levels: OF_EXPERIMENT,
          };
    case 'registered_model':
    case 'prompt':
      return {
        type,
        pattern,
        on: pattern === '*' ? PLAIN_MODELS : securableOf(readModelName(pattern)),
        levels: OF_MODELS,
      };
    case 'workspace':
      if (pattern === '*' || pattern === 'default')
        return { type, pattern: '*', on: { type: 'workspace' }, levels: OF_WORKSPACE };
      throw invalidArgument("The resource type 'workspace' takes the id '*' alone.", {
        field: 'resource_id',
      });
    default:
      throw invalidArgument(
        `Invalid resource type '${type.slice(0, 100)}': expected experiment, registered_model, prompt or workspace.`,
        { field: 'resource_type' },
      );
  }
}

/** @throws AppError InvalidArgument for a permission that there is not, or not on such a resource. */
export function privilegesOf({ type, pattern, levels }: Resource, permission: string): readonly Privilege[] {
  const privileges = Object.hasOwn(levels, permission) ? levels[permission as Level] : undefined;
  if (privileges !== undefined) return privileges;
  throw invalidArgument(
    `Invalid permission '${permission.slice(0, 100)}' on ${type} '${pattern.slice(0, 100)}': expected one of ` +
      `${Object.keys(levels).join(', ')}. Nobody has rights that nobody granted, so nothing is denied by a grant.`,
    { field: 'permission' },
  );
}

/** From the highest: of two that grant the same, the name of the lower one stands for both. */
const FROM_HIGHEST: readonly Level[] = ['MANAGE', 'EDIT', 'READ', 'USE'];
const ALL_OF_MODELS: readonly Privilege[] = ['EXECUTE', 'CREATE_MODEL_VERSION', 'APPLY_TAG'];

/** The level that privileges amount to; undefined for less than the lowest. */
export function levelOf(levels: Levels, privileges: readonly Privilege[]): Level | undefined {
  if (privileges.includes('OWNER')) return 'MANAGE';
  const held = new Set(
    privileges.includes('ALL_PRIVILEGES') ? [...privileges, ...ALL_OF_MODELS] : privileges,
  );
  return FROM_HIGHEST.find((level) => levels[level]?.every((privilege) => held.has(privilege)));
}

/** The resources that a key of grants (`keyOf`) stands for. */
export function resourcesOfKey(key: string): readonly Resource[] {
  if (key === 'workspace') {
    return [
      { type: 'workspace', pattern: '*', on: { type: 'workspace' }, levels: OF_WORKSPACE },
      { type: 'experiment', pattern: '*', on: { type: 'workspace' }, levels: OF_ALL_EXPERIMENTS },
    ];
  }
  if (key === `schema:${DEFAULT_CATALOG}.${DEFAULT_SCHEMA}`)
    return [{ type: 'registered_model', pattern: '*', on: PLAIN_MODELS, levels: OF_MODELS }];
  const [, type, rest = ''] = /^(experiment|model):(.*)$/s.exec(key) ?? [];
  if (type === 'experiment') {
    const on: Securable = { type: 'experiment', experimentNo: Number(rest) };
    return [{ type, pattern: rest, on, levels: OF_EXPERIMENT }];
  }
  if (type !== 'model') return [];
  const [catalog = '', schema = '', ...last] = rest.split('.');
  const name = last.join('.');
  const isPlain = catalog === DEFAULT_CATALOG && schema === DEFAULT_SCHEMA;
  return [
    {
      type: 'registered_model',
      pattern: isPlain ? name : rest,
      on: { type: 'model', catalog, schema, name },
      levels: OF_MODELS,
    },
  ];
}
