import type { Access } from '../governance/access.ts';
import { isNameClash } from '../governance/container-rules.ts';
import type { Action, Securable } from '../governance/privileges.ts';
import type { AppError } from '../kernel/errors.ts';
import { type ModelName, mayNameCatalog, securableOf } from '../registry/model-names.ts';
import { catalogNotFound, modelNotFound, schemaNotFound } from '../registry/model-places.ts';
import { checkModelName } from '../registry/model-rules.ts';
import { deniedAction, type Need, type Target } from './route-access.ts';

/** Reads a model's name as a caller wrote it. */
export type ReadModelName = (text: string) => ModelName;

/** A call and who makes it. */
interface OfCaller {
  readonly caller: { readonly access: Access };
}

/**
 * The name as it is to be judged: one that would lie in a catalog, were it there, is read again once this process knows
 * of the catalogs that others have made or renamed. Else it would be judged as a plain name, and found in the catalog.
 */
export function readJudged(
  read: ReadModelName,
  text: string,
  access: Access,
): ModelName | Promise<ModelName> {
  const name = read(text);
  if (access.catchUp === undefined || !mayNameCatalog(name)) return name;
  return access.catchUp().then(() => read(text));
}

/** A model's name as it stands in an error: as its caller wrote it, so that the answer spells no hidden catalog. */
const shownName = (name: ModelName, text: string): string =>
  (name.stored === name.model ? name.stored : text).slice(0, 256);

/**
 * An action on the model that the call names.
 * @param missing the error of a call about no model, or about no version, where that is what the call asks for.
 */
export function onModel<Call extends OfCaller>(
  action: Action,
  read: ReadModelName,
  call: {
    nameOf(call: Call): string;
    /** @param name as it is to be shown */
    readonly missing?: (name: string, call: Call) => AppError;
    /** Where what the call takes depends on what it says. */
    readonly actionOf?: (call: Call) => Action;
  },
): Need<Call> {
  const { nameOf, missing = modelNotFound, actionOf } = call;
  return {
    action,
    target(of) {
      const text = nameOf(of);
      checkModelName(text);
      const targetOf = (name: ModelName): Target => ({
        on: securableOf(name),
        missing: () => missing(shownName(name, text), of),
        ...(actionOf !== undefined && { action: actionOf(of) }),
      });
      const name = readJudged(read, text, of.caller.access);
      return name instanceof Promise ? name.then(targetOf) : targetOf(name);
    },
  };
}

export { modelNotFound };

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

/** See `creatingUnseen`. */
export const creating = <Made>(access: Access, name: ModelName, create: () => Promise<Made>): Promise<Made> =>
  creatingUnseen(
    access,
    { on: securableOf(name), action: 'model.see', creates: 'schema.create-model' },
    create,
  );

/**
 * Makes something under a name. Where what the caller does not see has it already, the answer is, to the letter, that to
 * whoever may make nothing there (decision 16).
 */
export async function creatingUnseen<Made>(
  access: Access,
  { on, action, creates }: { readonly on: Securable; readonly action: Action; readonly creates: Action },
  create: () => Promise<Made>,
): Promise<Made> {
  try {
    return await create();
  } catch (error) {
    if (!isNameClash(error) || access.decide(action, on) !== 'hidden') throw error;
    await access.catchUp?.();
    if (access.decide(action, on) !== 'hidden') throw error;
    // What the audit log calls denied is not only what a rule denied.
    access.trail?.judged(creates, on, 'denied');
    throw deniedAction(access, creates);
  }
}
