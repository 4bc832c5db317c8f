import type { Privilege } from '../../governance/privileges.ts';

/** A level of the permissions API, and the privileges that it is kept as. */
export interface Level {
  readonly level: string;
  readonly grants: readonly Privilege[];
  /** Each of which shows the level in whoever holds it. */
  readonly shownBy: readonly Privilege[];
  readonly description: string;
}

/** One type of object of the permissions API. */
export interface ObjectKind {
  /** In paths: `/api/2.0/permissions/serving-endpoints/…`. */
  readonly path: string;
  /** As answers name it. */
  readonly objectType: string;
  /** The weakest first; the last is held by the owner. */
  readonly levels: readonly Level[];
  /** Whether an owner is named by IS_OWNER, and must be; else the owner shows as who has the last level. */
  readonly namesOwner: boolean;
}

const plain = (level: string, privilege: Privilege, description: string): Level => ({
  level,
  grants: [privilege],
  shownBy: [privilege],
  description,
});

export const EXPERIMENTS: ObjectKind = {
  path: 'experiments',
  objectType: 'mlflowExperiment',
  levels: [
    plain('CAN_READ', 'CAN_READ', 'Can view the experiment and its runs'),
    plain('CAN_EDIT', 'CAN_EDIT', 'Can log to the experiment and change its runs'),
    plain('CAN_MANAGE', 'CAN_MANAGE', 'Can change permissions on the experiment'),
  ],
  namesOwner: false,
};

/**
 * To move a stage or an alias takes APPROVE, without any right to write the model. It is one right for all stages: who
 * is given the staging level reads back with the production level.
 */
export const REGISTERED_MODELS: ObjectKind = {
  path: 'registered-models',
  objectType: 'registered-model',
  levels: [
    {
      level: 'CAN_READ',
      grants: ['EXECUTE'],
      shownBy: ['EXECUTE'],
      description: 'Can view the model and load its versions',
    },
    {
      level: 'CAN_EDIT',
      grants: ['EXECUTE', 'CREATE_MODEL_VERSION', 'APPLY_TAG'],
      shownBy: ['CREATE_MODEL_VERSION', 'APPLY_TAG', 'ALL_PRIVILEGES'],
      description: 'Can register versions of the model',
    },
    {
      level: 'CAN_MANAGE_STAGING_VERSIONS',
      grants: ['EXECUTE', 'APPROVE'],
      shownBy: [],
      description: 'Can move stages and aliases of the model',
    },
    {
      level: 'CAN_MANAGE_PRODUCTION_VERSIONS',
      grants: ['EXECUTE', 'APPROVE'],
      shownBy: ['APPROVE'],
      description: 'Can move stages and aliases of the model',
    },
    {
      level: 'CAN_MANAGE',
      grants: ['MANAGE', 'ALL_PRIVILEGES', 'APPROVE'],
      shownBy: ['MANAGE'],
      description: 'Can change permissions on the model',
    },
  ],
  namesOwner: false,
};

export const JOBS: ObjectKind = {
  path: 'jobs',
  objectType: 'job',
  levels: [
    plain('CAN_VIEW', 'CAN_READ', 'Can view the job and its runs'),
    plain('CAN_MANAGE_RUN', 'CAN_RUN', 'Can run the job and end its runs'),
    plain('CAN_MANAGE', 'CAN_MANAGE', 'Can change permissions on the job'),
  ],
  namesOwner: true,
};

export const SERVING_ENDPOINTS: ObjectKind = {
  path: 'serving-endpoints',
  objectType: 'serving-endpoint',
  levels: [
    plain('CAN_VIEW', 'CAN_READ', 'Can view the endpoint'),
    plain('CAN_QUERY', 'CAN_QUERY', 'Can query the endpoint'),
    plain('CAN_MANAGE', 'CAN_MANAGE', 'Can change permissions on the endpoint'),
  ],
  namesOwner: false,
};

/** Ours: Databricks has no such object. Whoever has a level here has it on everything that lies in no catalog. */
export const WORKSPACE: ObjectKind = {
  path: 'workspace',
  objectType: 'workspace',
  levels: [
    plain('CAN_READ', 'CAN_READ', 'Can view all experiments; reads no secrets'),
    plain('CAN_EDIT', 'CAN_EDIT', 'Can create experiments and serving endpoints'),
    plain('CAN_MANAGE', 'CAN_MANAGE', 'Can manage all experiments, and create and manage scopes of secrets'),
  ],
  namesOwner: false,
};

/** The strongest level that the privileges show; undefined for none of this kind. */
export const levelOf = ({ levels }: ObjectKind, privileges: readonly Privilege[]): string | undefined =>
  levels.findLast(({ shownBy }) => shownBy.some((privilege) => privileges.includes(privilege)))?.level;

/** All privileges that levels of the kind are kept as. */
export const privilegesOf = ({ levels }: ObjectKind): readonly Privilege[] => [
  ...new Set(levels.flatMap(({ grants, shownBy }) => [...grants, ...shownBy])),
];

export const ownerLevel = ({ namesOwner, levels }: ObjectKind): string =>
  namesOwner ? 'IS_OWNER' : levels.at(-1)!.level;
