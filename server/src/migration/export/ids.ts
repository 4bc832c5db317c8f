import { createLocationMap, type LocationMap } from '../location-map.ts';

/** Tags that tell what an exported thing was, so that a second start finds what the first one made. */
export const SOURCE_EXPERIMENT_TAG = 'slipway.source_experiment_id';
export const SOURCE_RUN_TAG = 'slipway.source_run_id';
export const SOURCE_MODEL_TAG = 'slipway.source_model_id';
export const SOURCE_NAME_TAG = 'slipway.source_model_name';
/** On runs and logged models that are there whole. */
export const WHOLE_TAG = 'slipway.exported';
/** On registered models: the last version number that was given. */
export const VERSIONS_TAG = 'slipway.exported_versions';
export const PLACEHOLDER_TAG = 'slipway.placeholder';

export const isOwnTag = (key: string): boolean => key.startsWith('slipway.');

export interface TargetThing {
  readonly id: string;
  readonly artifactLocation: string;
  readonly isWhole: boolean;
}

/** What became of experiments, runs and logged models: the other server gives ids of its own. */
export interface IdMap {
  readonly experiments: Map<string, { readonly id: string; readonly isDeleted: boolean }>;
  readonly runs: Map<string, TargetThing>;
  readonly models: Map<string, TargetThing>;
}

export const createIdMap = (): IdMap => ({ experiments: new Map(), runs: new Map(), models: new Map() });

const PARENT_TAG = 'mlflow.parentRunId';

/** Tags of a run as the other server is to have them; a parent that was not exported keeps its id. */
export function mapTags<T extends { readonly key: string; readonly value: string }>(
  tags: readonly T[],
  ids: IdMap,
) {
  return tags.map(({ key, value }) => ({
    key,
    value: key === PARENT_TAG ? (ids.runs.get(value)?.id ?? value) : value,
  }));
}

/** Sources of versions: places of runs and models move, and so do references by id. */
export function createSourceMap(
  ids: IdMap,
  locations: Iterable<readonly [from: string, to: string]>,
): LocationMap {
  const places = createLocationMap(locations);
  return {
    place(uri) {
      const [, scheme, id = '', rest = ''] = /^(runs|models):\/+([^/]+)(\/.*)?$/.exec(uri) ?? [];
      if (scheme === undefined) return places.place(uri);
      const mapped = scheme === 'runs' ? ids.runs.get(id) : ids.models.get(id);
      return mapped === undefined ? uri : `${scheme}:/${mapped.id}${rest}`;
    },
  };
}
