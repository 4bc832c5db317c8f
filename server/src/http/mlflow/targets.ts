import { artifactNotFound } from '../../artifacts/files.ts';
import type { Access } from '../../governance/access.ts';
import type { Action, Securable } from '../../governance/privileges.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Location } from '../../objects/location.ts';
import { securableOf } from '../../registry/model-names.ts';
import { parseSource } from '../../registry/source-rules.ts';
import { traceNotFound } from '../../traces/traces.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import { experimentNotFound } from '../../tracking/experiments.ts';
import { loggedModelNotFound } from '../../tracking/logged-models.ts';
import type { Owners } from '../../tracking/owners.ts';
import { runNotFound } from '../../tracking/run-writes.ts';
import { modelNotFound, type ReadModelName, readJudged } from '../model-access.ts';
import type { Need, Target } from '../route-access.ts';
import type { RawCall } from '../routes.ts';
import { objectList, optionalString, parseRunId, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { MlflowCall } from './routes.ts';

/** What a target is found by, whichever surface the call came over. */
export type Named = Pick<MlflowCall, 'message' | 'path' | 'caller'>;
export type TargetOf = (call: Named) => Target | readonly Target[] | Promise<Target | readonly Target[]>;

export interface TargetServices {
  readonly owners: Owners;
  /** The experiments of those of the traces that are there. */
  experimentsOfTraces(traceIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  readonly readModelName: ReadModelName;
  /** The stored names of the models whose versions a file belongs to. */
  modelsAt(path: string): Promise<readonly string[]>;
}

export const needs = (action: Action, target: TargetOf): readonly Need<Named>[] => [{ action, target }];

/** For routes that read streams: the fields are those of the query. */
export const ofStream = (rule: readonly Need<Named>[]): readonly Need<RawCall>[] =>
  rule.map(({ action, target }) => ({ action, target: (call) => target(namedIn(call)) }));

const namedIn = ({ request, caller }: RawCall): Named => ({
  message: request.query as JsonObject,
  path: request.params as Record<string, string>,
  caller,
});

export const workspace: TargetOf = () => ({
  on: { type: 'workspace' },
  missing: () => new AppError('PermissionDenied', 'Permission denied: you may not create experiments here.'),
});

export const experimentOn = (experimentNo: number): Securable => ({ type: 'experiment', experimentNo });

/** Of the experiment that a field names. `missing` where the operation says it in another way. */
export const ofExperiment =
  (field = 'experiment_id', missing = experimentNotFound): TargetOf =>
  ({ message }) =>
    experimentTarget(parseExperimentId(requiredString(message, field), field), missing);

export const experimentTarget = (experimentNo: number, missing = experimentNotFound): Target => ({
  on: experimentOn(experimentNo),
  missing: () => missing(experimentNo),
});

/** Those of the experiments that the caller may read; for none of them one that there never is. */
export function readableExperiments(access: Access, experimentNos: readonly number[]): readonly number[] {
  if (access.principal.isAdmin || experimentNos.length === 0) return experimentNos;
  const readable = experimentNos.filter(
    (experimentNo) => access.decide('experiment.read', experimentOn(experimentNo)) === 'allowed',
  );
  return readable.length === 0 ? [NO_EXPERIMENT] : readable;
}

const NO_EXPERIMENT = -1;
/** No run has the empty id. */
const NO_RUN = '';

/** What is known from memory is answered at once. */
function ownedBy(
  owner: number | undefined | Promise<number | undefined>,
  missing: () => AppError,
): Target | Promise<Target> {
  if (owner instanceof Promise) return owner.then((experimentNo) => ownedBy(experimentNo, missing));
  if (owner === undefined) throw missing();
  return { on: experimentOn(owner), missing };
}

export type Targets = ReturnType<typeof createTargets>;

/**
 * What calls are about. What there is not ends here, with the error that the operation would give, so that it is told in
 * the same words, and after as much work, as what is hidden.
 */
export function createTargets({ owners, experimentsOfTraces, readModelName, modelsAt }: TargetServices) {
  const runTarget = (runId: string): Target | Promise<Target> =>
    ownedBy(owners.ofRun(runId), () => runNotFound(runId));

  const loggedModelTarget = (modelId: string): Target | Promise<Target> =>
    ownedBy(owners.ofLoggedModel(modelId), () => loggedModelNotFound(modelId));

  async function traceTarget(traceId: string): Promise<Target> {
    const experimentNo = (await experimentsOfTraces([traceId])).get(traceId);
    const missing = () => traceNotFound(traceId);
    if (experimentNo === undefined) throw missing();
    return { on: experimentOn(experimentNo), missing };
  }

  async function pathTargets(path: string): Promise<readonly Target[]> {
    const missing = () => artifactNotFound(path);
    const experimentNos = await owners.ofPath(path);
    if (experimentNos.length === 0) throw missing();
    return experimentNos.map((experimentNo) => ({ on: experimentOn(experimentNo), missing }));
  }

  /** Whether the file belongs to a version of a model whose files the caller may read, wherever they lie. */
  async function readsThroughModel(path: string, access: Access): Promise<boolean> {
    for (const name of await modelsAt(path)) {
      const on = securableOf(await readJudged(readModelName, name, access));
      if (access.decide('model.read-files', on) === 'allowed') return true;
    }
    return false;
  }

  async function ofReadablePath(path: string, access: Access): Promise<readonly Target[]> {
    const experimentNos = await owners.ofPath(path);
    const isReadable = ({ on }: { readonly on: Securable }) =>
      access.decide('experiment.read', on) === 'allowed';
    if (experimentNos.length > 0 && experimentNos.map((no) => ({ on: experimentOn(no) })).every(isReadable))
      return [];
    if (await readsThroughModel(path, access)) return [];
    return pathTargets(path);
  }

  const modelTarget = async (name: string, access: Access): Promise<Target> => ({
    on: securableOf(await readJudged(readModelName, name, access)),
    missing: () => modelNotFound(name),
  });

  /** What a version would be made from: whoever registers it lets all who may read the model read the files. */
  async function sourceNeeds(
    source: string,
    access: Access,
  ): Promise<readonly (readonly [Action, readonly Target[]])[]> {
    let location: Location;
    try {
      location = parseSource(source);
    } catch (error) {
      // Prompts have a placeholder; of everything else the operation says what is wrong with it.
      if (error instanceof AppError) return [];
      throw error;
    }
    switch (location.kind) {
      case 'runs':
        return [['experiment.read', [await runTarget(location.runId)]]];
      case 'models':
        return location.model.by === 'id'
          ? [['experiment.read', [await loggedModelTarget(location.model.modelId)]]]
          : [['model.read-files', [await modelTarget(location.model.name, access)]]];
      case 'managed':
        return [['experiment.read', await pathTargets(location.path)]];
      default:
        return [];
    }
  }

  const sourceTargets =
    (wanted: Action): TargetOf =>
    async ({ message, caller }) => {
      const found = await sourceNeeds(requiredString(message, 'source'), caller.access);
      return found.flatMap(([action, targets]) => (action === wanted ? targets : []));
    };

  /** Which of the runs the caller may read; in the places of the others stands an id that no run has. */
  async function readableRuns(access: Access, runIds: readonly string[]): Promise<readonly string[]> {
    if (access.principal.isAdmin) return runIds;
    const experiments = await owners.ofRuns(runIds);
    return runIds.map((runId) => {
      const experimentNo = experiments.get(runId);
      return experimentNo !== undefined &&
        access.decide('experiment.read', experimentOn(experimentNo)) === 'allowed'
        ? runId
        : NO_RUN;
    });
  }

  return {
    readableRuns,

    /** Which registered models the caller may know of, by their stored names. */
    seesModel:
      (access: Access) =>
      (name: string): boolean =>
        access.principal.isAdmin ||
        access.decide('model.see', securableOf(readModelName(name))) === 'allowed',

    /** The traces without those that the caller may not change; those that are not there (yet) stay. */
    async withoutForeignTraces(access: Access, traceIds: readonly string[]): Promise<readonly string[]> {
      if (access.principal.isAdmin) return traceIds;
      const experiments = await experimentsOfTraces(traceIds);
      return traceIds.filter((traceId) => {
        const experimentNo = experiments.get(traceId);
        return (
          experimentNo === undefined ||
          access.decide('experiment.edit', experimentOn(experimentNo)) === 'allowed'
        );
      });
    },

    /** Of the run in `run_id`, or `run_uuid`. */
    ofRun: (({ message }) => runTarget(parseRunId(message))) satisfies TargetOf,

    /** Of every one of the runs. @throws AppError NotFound */
    async runTargets(runIds: readonly string[]): Promise<readonly Target[]> {
      const experiments = await owners.ofRuns(runIds);
      return [...new Set(runIds)].map((runId) => {
        const experimentNo = experiments.get(runId);
        if (experimentNo === undefined) throw runNotFound(runId);
        return { on: experimentOn(experimentNo), missing: () => runNotFound(runId) };
      });
    },

    /** Of the run that a field names, where it names one. */
    ofOptionalRun:
      (field: string): TargetOf =>
      async ({ message }) => {
        const runId = optionalString(message, field);
        return runId ? runTarget(runId) : [];
      },

    /** Whether the caller may change a logged model; that it is not there is for others to say. */
    async mayEditLoggedModel(modelId: string | undefined, access: Access): Promise<boolean> {
      if (!modelId || access.principal.isAdmin) return true;
      const experimentNo = await owners.ofLoggedModel(modelId);
      return (
        experimentNo !== undefined &&
        access.decide('experiment.edit', experimentOn(experimentNo)) === 'allowed'
      );
    },

    /**
     * Whether the caller may change the run or the logged model that a source names; true for what is none of theirs, such
     * as other versions and other stores.
     */
    async mayEditSource(source: string, access: Access): Promise<boolean> {
      if (access.principal.isAdmin) return true;
      const found = await sourceNeeds(source, access);
      return found.every(
        ([action, on]) =>
          action !== 'experiment.read' ||
          on.every((target) => access.decide('experiment.edit', target.on) === 'allowed'),
      );
    },

    ofLoggedModel: (({ path }) => loggedModelTarget(path.model_id!)) satisfies TargetOf,

    ofOptionalLoggedModel:
      (field: string): TargetOf =>
      async ({ message }) => {
        const modelId = optionalString(message, field);
        return modelId ? loggedModelTarget(modelId) : [];
      },

    /** Of the logged models in `models[].model_id`. */
    ofLinkedModels: (({ message }) =>
      Promise.all(
        objectList(message, 'models').map((model, i) =>
          loggedModelTarget(requiredString(model, 'model_id', `models[${i}].model_id`)),
        ),
      )) satisfies TargetOf,

    /** Of the trace that the path names, under its name of old or of now. */
    ofTrace: (({ path }) => traceTarget((path.trace_id ?? path.request_id)!)) satisfies TargetOf,

    /** Of the trace that a field names. */
    ofTraceIn:
      (field: string): TargetOf =>
      ({ message }) =>
        traceTarget(requiredString(message, field)),

    /** Of the experiments in which traces are, where they are anywhere. */
    async ofKnownTraces(traceIds: readonly string[]): Promise<readonly Target[]> {
      const experiments = await experimentsOfTraces(traceIds);
      return Array.from(experiments, ([traceId, experimentNo]) => ({
        on: experimentOn(experimentNo),
        missing: () => traceNotFound(traceId),
      }));
    },

    /** Of a path of the artifact proxy. */
    ofArtifactPath: pathTargets,

    readsThroughModel,

    /** Of a path to be read: who may read the files of a registered version needs nothing of the experiment. */
    ofReadablePath,

    /** The same for the path that ends the address. */
    ofReadablePathInUrl: (({ path, caller }) =>
      ofReadablePath(path['*'] ?? '', caller.access)) satisfies TargetOf,

    /** Of the path that ends the address of an artifact route. */
    ofPathInUrl: (({ path }) => pathTargets(path['*'] ?? '')) satisfies TargetOf,

    /** The needs of a version's source, its run and its logged model. */
    ofVersionSource: [
      { action: 'experiment.read', target: sourceTargets('experiment.read') },
      { action: 'model.read-files', target: sourceTargets('model.read-files') },
    ] satisfies readonly Need<Named>[],

    sourceNeeds,
    runTarget,
    loggedModelTarget,
  };
}
