import type { RunModel } from './run-attributes-repository.ts';

/** Whether a caller may know of a registered model, by its stored name. */
export type SeesModel = (name: string) => boolean;

/** The models of runs without the registered ones that the caller does not see. */
export function onlySeen(models: readonly RunModel[], sees: SeesModel): readonly RunModel[] {
  return models.flatMap((model) => {
    const versions = model.versions.filter(({ name }) => sees(name));
    return model.modelId === null && versions.length === 0 ? [] : [{ ...model, versions }];
  });
}
