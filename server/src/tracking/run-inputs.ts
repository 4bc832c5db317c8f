import type { Database } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { Int64 } from '../kernel/int64.ts';
import { codePoints } from './key-rules.ts';
import type { DatasetInput, DatasetSummary, ModelLink } from './run-inputs-repository.ts';
import * as repository from './run-inputs-repository.ts';
import { holdWritableRun } from './runs.ts';

export interface InputDataset extends Omit<DatasetInput, 'schema' | 'profile'> {
  readonly schema: string | undefined;
  readonly profile: string | undefined;
}

const MAX_DATASETS = 1000;
const MAX_SUMMARIES = 1000;
/** Characters; the source of each is the real server's table (contract, section 8). */
const LIMITS = { name: 500, digest: 36, source: 65_535, schema: 1_048_575, profile: 16_777_215 } as const;
const MAX_TAG_KEY = 255;
const MAX_TAG_VALUE = 500;

/** What runs took in and put out: datasets and logged models. */
export function createRunInputs({ db }: { readonly db: Database }) {
  return {
    /**
     * Links datasets and models that the run used. A dataset that is linked already stays with the tags it has.
     * @throws AppError NotFound; InvalidArgument for over-long fields or a run in the trash.
     */
    async logInputs(
      runId: string,
      inputs: { readonly datasets: readonly InputDataset[]; readonly modelIds: readonly string[] },
    ): Promise<void> {
      if (inputs.datasets.length > MAX_DATASETS) {
        throw invalidArgument(
          `A request can hold at most ${MAX_DATASETS} datasets. Got ${inputs.datasets.length}.`,
          {
            field: 'datasets',
          },
        );
      }
      for (const [i, dataset] of inputs.datasets.entries()) checkDataset(dataset, `datasets[${i}]`);
      await db.write(async (tx) => {
        const run = await holdWritableRun(tx, runId);
        const { experimentNo, runNo } = run;
        const numbers = new Map<InputDataset, number>();
        // Written in one order by all, so that two runs with the same datasets never wait for each other.
        for (const dataset of inputs.datasets.toSorted(byIdentity))
          numbers.set(dataset, await repository.upsertDataset(tx, { ...dataset, experimentNo }));
        for (const dataset of inputs.datasets) {
          const datasetNo = numbers.get(dataset)!;
          await repository.linkDataset(tx, { runNo, datasetNo, tags: dataset.tags });
        }
        const links = [...new Set(inputs.modelIds)].map((modelId) =>
          link(run.runNo, 'input', { modelId, step: 0 }),
        );
        await repository.linkModels(tx, links);
      });
    },

    /** Links models that the run made; linking one again changes nothing. @throws AppError NotFound, InvalidArgument */
    async logOutputs(runId: string, models: readonly ModelLink[]): Promise<void> {
      await db.write(async (tx) => {
        const run = await holdWritableRun(tx, runId);
        const steps = new Map<string, Int64>();
        for (const { modelId, step } of models) if (!steps.has(modelId)) steps.set(modelId, step);
        const links = Array.from(steps, ([modelId, step]) => link(run.runNo, 'output', { modelId, step }));
        await repository.linkModels(tx, links);
      });
    },

    /** The datasets that runs of the experiments used, at most 1,000. */
    async searchDatasets(experimentNos: readonly number[]): Promise<readonly DatasetSummary[]> {
      return db.read((sql) => repository.listDatasetSummaries(sql, experimentNos, MAX_SUMMARIES));
    },
  };
}

export type RunInputs = ReturnType<typeof createRunInputs>;

const identityOf = ({ name, digest }: InputDataset): string => `${name}\0${digest}`;
const byIdentity = (a: InputDataset, b: InputDataset): number => (identityOf(a) < identityOf(b) ? -1 : 1);

function link(runNo: number, direction: 'input' | 'output', model: ModelLink): repository.RunModelRow {
  return { runNo, direction, modelId: model.modelId, step: model.step };
}

function checkDataset(dataset: InputDataset, path: string): void {
  for (const name of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
    const text = dataset[name];
    if (text !== undefined && text.length > LIMITS[name] && codePoints(text) > LIMITS[name]) {
      throw invalidArgument(
        `'${path}.dataset.${name}' exceeds the maximum length of ${LIMITS[name]} characters.`,
        {
          field: `${path}.dataset.${name}`,
        },
      );
    }
  }
  for (const [i, tag] of dataset.tags.entries()) {
    if (codePoints(tag.key) > MAX_TAG_KEY) {
      throw invalidArgument(
        `'${path}.tags[${i}].key' exceeds the maximum length of ${MAX_TAG_KEY} characters.`,
        {
          field: `${path}.tags[${i}].key`,
        },
      );
    }
    if (codePoints(tag.value) > MAX_TAG_VALUE) {
      throw invalidArgument(
        `'${path}.tags[${i}].value' exceeds the maximum length of ${MAX_TAG_VALUE} characters.`,
        {
          field: `${path}.tags[${i}].value`,
        },
      );
    }
  }
}
