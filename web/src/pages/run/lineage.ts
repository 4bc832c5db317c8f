import type { LoggedModel, ModelVersion, Run } from '@slipway/client';

/** Something before or behind a run, with what came of it. */
export interface LineageNode {
  readonly key: string;
  readonly kind: 'dataset' | 'model' | 'version';
  readonly label: string;
  /** What for, or under which alias. */
  readonly note: string;
  readonly target:
    | { readonly experimentId: string; readonly modelId: string }
    | { readonly name: string; readonly version: string }
    | undefined;
  readonly results: readonly LineageNode[];
}

export interface Lineage {
  readonly sources: readonly LineageNode[];
  readonly results: readonly LineageNode[];
}

interface LineageFacts {
  readonly run: Run;
  readonly models: readonly LoggedModel[];
  readonly versions: readonly ModelVersion[];
}

/** Versions stand behind the model that they were made of; those of the run's own files directly behind the run. */
export function lineageOf({ run, models, versions }: LineageFacts): Lineage {
  const versionsOf = (modelId: string) => versions.filter(({ source }) => isMadeOf(source, modelId));
  const ofModels = new Set(models.flatMap(({ modelId }) => versionsOf(modelId)));
  return {
    sources: [
      ...run.datasets.map(({ name, digest, tags }) =>
        leaf({
          key: `dataset ${name} ${digest}`,
          kind: 'dataset',
          label: name,
          note: [tags['mlflow.data.context'], digest.slice(0, 8)].filter(Boolean).join(' · '),
        }),
      ),
      ...run.modelInputs.map((modelId) =>
        leaf({
          key: `model ${modelId}`,
          kind: 'model',
          label: modelId,
          note: 'model',
          target: { experimentId: run.experimentId, modelId },
        }),
      ),
    ],
    results: [
      ...models.map(({ modelId, name, experimentId }) => ({
        ...leaf({ key: `model ${modelId}`, kind: 'model', label: name, note: 'model' }),
        target: { experimentId, modelId },
        results: versionsOf(modelId).map(versionNode),
      })),
      ...versions.filter((version) => !ofModels.has(version)).map(versionNode),
    ],
  };
}

/** `models:/ID`, or a place among the model's files. */
const isMadeOf = (source: string | undefined, modelId: string): boolean =>
  source?.split('/').includes(modelId) ?? false;

const versionNode = ({ name, version, aliases }: ModelVersion): LineageNode =>
  leaf({
    key: `version ${name} ${version}`,
    kind: 'version',
    label: `${name} v${version}`,
    note: aliases.map((alias) => `@${alias}`).join(', '),
    target: { name, version },
  });

const leaf = (
  node: Omit<LineageNode, 'results' | 'target'> & Partial<Pick<LineageNode, 'target'>>,
): LineageNode => ({ target: undefined, ...node, results: [] });
