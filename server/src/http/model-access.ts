import type { Access } from '../governance/access.ts';
import type { Action } from '../governance/privileges.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { mayNameCatalog, type ModelName, securableOf } from '../registry/model-names.ts';
import { checkModelName } from '../registry/model-rules.ts';
import type { Need } from './route-access.ts';

/** Reads a model's name as a caller wrote it. */
export type ReadModelName = (text: string) => ModelName;

/** A call and who makes it. */
interface OfCaller {
  readonly caller: { readonly access: Access };
}

/** A model's name as it stands in an error: as its caller wrote it, so that the answer spells no hidden catalog. */
const shownName = (name: ModelName, text: string): string =>
  (name.stored === name.model ? name.stored : text).slice(0, 256);

/**
 * An action on the model that the call names.
 * @param missing the error of a call about no model, or about no version, where that is what the call asks for.
 */
export function onModel<Call>(
  action: Action,
  read: ReadModelName,
  call: {
    nameOf(call: Call): string;
    /** @param name as it is to be shown */
    readonly missing?: (name: string, call: Call) => AppError;
  },
): Need<Call> {
  const { nameOf, missing = modelNotFound } = call;
  return {
    action,
    target(of) {
      const text = nameOf(of);
      checkModelName(text);
      const name = read(text);
      return { on: securableOf(name), missing: () => missing(shownName(name, text), of) };
    },
  };
}

export const modelNotFound = (name: string): AppError =>
  notFound(`Registered Model with name=${name.slice(0, 256)} not found`);

/** To make a model of the name that the call gives it. */
export function intoSchema<Call extends OfCaller>(
  read: ReadModelName,
  nameOf: (call: Call) => string,
): Need<Call> {
  return {
    action: 'schema.create-model',
    target(call) {
      const text = nameOf(call);
      checkModelName(text);
      const name = read(text);
      // A plain name that would lie in a catalog, were it there: to the caller that catalog may be a hidden one, so
      // the answer is the same for both.
      if (mayNameCatalog(name)) throw catalogNotFound(text.split('.', 1)[0]!);
      const { catalog, schema } = name;
      return {
        on: { type: 'schema', catalog, schema },
        missing: () => schemaMissing(call.caller.access, shownSchema(name, text)),
      };
    },
  };
}

const shownSchema = (name: ModelName, text: string): readonly [string, string] =>
  name.stored === name.model ? [name.catalog, name.schema] : (text.split('.', 2) as [string, string]);

/** What is said of a schema to those who do not see it: that its catalog is not there, or that it is not there. */
export function schemaMissing(access: Access, [catalog, schema]: readonly [string, string]): AppError {
  return access.decide('catalog.see', { type: 'catalog', catalog }) === 'hidden'
    ? catalogNotFound(catalog)
    : schemaNotFound(catalog, schema);
}

export const catalogNotFound = (catalog: string): AppError =>
  notFound(`Catalog '${catalog.slice(0, 256)}' does not exist.`, { reason: 'CATALOG_DOES_NOT_EXIST' });

export const schemaNotFound = (catalog: string, schema: string): AppError =>
  notFound(`Schema '${catalog.slice(0, 256)}.${schema.slice(0, 256)}' does not exist.`, {
    reason: 'SCHEMA_DOES_NOT_EXIST',
  });

/**
 * Makes something under a name; that the name is taken by what the caller does not see is not told: whoever may not use
 * the name for any reason gets the same answer.
 */
export async function creating<Made>(
  access: Access,
  name: ModelName,
  create: () => Promise<Made>,
): Promise<Made> {
  try {
    return await create();
  } catch (error) {
    const taken = error instanceof AppError && error.code === 'AlreadyExists';
    if (!taken || access.decide('model.see', securableOf(name)) !== 'hidden') throw error;
    throw new AppError(
      'PermissionDenied',
      `Permission denied: ${access.principal.name} may not make a model of this name.`,
      { cause: error },
    );
  }
}
