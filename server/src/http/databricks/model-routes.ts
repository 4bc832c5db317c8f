import type { Access } from '../../governance/access.ts';
import type { Action } from '../../governance/privileges.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type AppError, invalidArgument, invalidState, notFound } from '../../kernel/errors.ts';
import type { Aliases } from '../../registry/aliases.ts';
import {
  fullNameOf,
  type ModelName,
  mayNameCatalog,
  nameOfRow,
  schemaNameOf,
} from '../../registry/model-names.ts';
import { catalogNotFound } from '../../registry/model-places.ts';
import { notReady, PENDING } from '../../registry/model-rules.ts';
import type { ModelChange, Models, RegisteredModel } from '../../registry/models.ts';
import type { UploadedVersions } from '../../registry/uploaded-versions.ts';
import { versionNotFound } from '../../registry/version-details.ts';
import type { Versions } from '../../registry/versions.ts';
import { creating, intoSchema, onModel, type ReadModelName } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import type { VersionOrigins } from '../version-origins.ts';
import type { ModelView } from './model-rendering.ts';
import type { DatabricksCall } from './routes.ts';

/** What both dialects of Unity Catalog are made over. */
export interface ModelServices {
  readonly models: Models;
  readonly versions: Versions;
  readonly uploaded: UploadedVersions;
  readonly aliases: Aliases;
  readonly readModelName: ReadModelName;
  readonly view: ModelView;
  readonly origins: VersionOrigins;
  readonly clock: Clock;
  /** Whether the caller may read what lies at the source of a version, as far as this server knows of it. */
  maySeeSource(source: string, access: Access): Promise<boolean>;
  /** Whether the caller may change the logged model, so that it may be told of its version. */
  mayLink(modelId: string, access: Access): Promise<boolean>;
  /** Whether clients are to send files of models through the Files API, in parallel parts. */
  readonly sdkModelFiles: boolean;
}

type NameOf = (call: DatabricksCall) => string;

/** The rules of routes, by how a dialect names its models and versions. */
export function modelRules(
  { readModelName }: Pick<ModelServices, 'readModelName'>,
  dialect: { readonly nameOf: NameOf; versionOf(call: DatabricksCall): number },
) {
  const nameOf: NameOf = (call) => checkLevels(dialect.nameOf(call));
  return {
    /** The stored name of the model that the call is about. @throws AppError InvalidArgument */
    stored: (call: DatabricksCall): string => readModelName(nameOf(call)).stored,

    /** The name of a model that is to be made. @throws AppError InvalidArgument; NotFound for its catalog. */
    newName: (text: string): ModelName => newName(text, readModelName),

    onModel: (action: Action, actionOf?: (call: DatabricksCall) => Action): Need<DatabricksCall> =>
      onModel(action, readModelName, { nameOf, ...(actionOf !== undefined && { actionOf }) }),

    onVersion: (action: Action, actionOf?: (call: DatabricksCall) => Action): Need<DatabricksCall> =>
      onModel(action, readModelName, {
        nameOf,
        missing: (name, call) => versionNotFound(name, dialect.versionOf(call)),
        ...(actionOf !== undefined && { actionOf }),
      }),

    intoSchema: intoSchema<DatabricksCall>(readModelName, nameOf),
  };
}

function newName(text: string, read: ReadModelName): ModelName {
  const name = read(checkLevels(text));
  // Over MLflow's own protocol this would be a plain name.
  if (mayNameCatalog(name) && name.stored === text) throw catalogNotFound(text.split('.', 1)[0]!);
  return name;
}

/** @throws AppError InvalidArgument; its words are those that the mlflow client looks for, to give its own hint. */
function checkLevels(text: string): string {
  if (text.split('.').length >= 3) return text;
  throw invalidArgument(
    `Invalid model name '${text.slice(0, 256)}': models in Unity Catalog are named catalog.schema.model. ` +
      'Please specify all three levels.',
    { field: 'name' },
  );
}

/**
 * Changes what calls change of a model, all of it or nothing.
 * @throws AppError NotFound, InvalidArgument; AlreadyExists for a name in use; PermissionDenied for the owner.
 */
export async function changeModel(
  { models, readModelName }: Pick<ModelServices, 'models' | 'readModelName'>,
  { stored, access }: { readonly stored: string; readonly access: Access },
  {
    newName,
    owner,
    ...change
  }: ModelChange & { readonly newName: string | undefined; readonly owner: string | undefined },
): Promise<RegisteredModel> {
  const before = await models.get(stored);
  const from = nameOfRow(before.row);
  const to = newName ? newNameIn(from, newName, readModelName) : from;
  if (to.stored !== stored)
    return creating(access, to, () => models.update(stored, { ...change, to, owner }, access));
  if (owner !== undefined) return models.update(stored, { ...change, to, owner }, access);
  const isChanged = change.description !== undefined || change.deploymentJobId !== undefined;
  return isChanged ? models.change(stored, change, access.principal) : before;
}

/**
 * The name of a model that is to be called otherwise: clients give the last level, or all three.
 * @throws AppError InvalidArgument for one in another schema.
 */
function newNameIn(from: ModelName, text: string, read: ReadModelName): ModelName {
  const to = read(text.split('.').length === 3 ? text : fullNameOf({ ...from, model: text }));
  if (schemaNameOf(to) === schemaNameOf(from)) return to;
  throw invalidArgument(
    `A registered model stays in its schema, ${from.catalog}.${from.schema}: copy its versions to the other one.`,
    { field: 'new_name' },
  );
}

export const aliasNotFound = (name: string, alias: string): AppError =>
  notFound(`Alias '${alias.slice(0, 256)}' of the registered model '${name.slice(0, 256)}' not found`);

const CREDENTIALS_MS = 60 * 60 * 1000;

/**
 * What clients are told when they ask for credentials of the store of a version: that there are none to be had, and the
 * files come and go through this server.
 * @throws AppError InvalidState for a version in the wrong state.
 */
export async function credentialsFor(
  { versions }: Pick<ModelServices, 'versions'>,
  wanted: {
    readonly name: string;
    readonly version: number;
    readonly toWrite: boolean;
    readonly nowMs: number;
  },
): Promise<object> {
  const { name, version, toWrite, nowMs } = wanted;
  const { row } = await versions.get(name, version);
  if (toWrite && row.status !== PENDING) {
    throw invalidState(
      `Version ${version} of '${name}' is ${row.status}: its files do not change any more. Register a new version.`,
    );
  }
  if (!toWrite && row.status === PENDING) throw notReady(name, version);
  return { expiration_time: nowMs + CREDENTIALS_MS, storage_mode: 'DEFAULT_STORAGE' };
}
