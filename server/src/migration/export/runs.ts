import type { MetricPoint } from '../../tracking/metric-rules.ts';
import type {
  HistoryStretch,
  TransferredLoggedModel,
  TransferredRun,
} from '../../tracking/transfer-entities.ts';
import type { TrackerSource } from '../source.ts';
import type { RestClient } from '../sources/rest-client.ts';
import { object, text, type WireObject } from '../sources/rest-json.ts';
import { readRunPages } from '../sources/rest-runs.ts';
import { asWire, tagValue } from './experiments.ts';
import { type IdMap, mapTags, SOURCE_RUN_TAG, WHOLE_TAG } from './ids.ts';

const API = '/api/2.0/mlflow';
/** Limits of one `log-batch`. */
const BATCH_METRICS = 1000;
const BATCH_OTHERS = 100;
/** Requests at the same time: the real server's pool of connections is small. */
const AT_ONCE = 4;

/** Finds the runs that an earlier start made, and makes the others: empty, so that each can name its parent. */
export async function createRuns(client: RestClient, source: TrackerSource, ids: IdMap): Promise<number> {
  for (const { id } of ids.experiments.values()) {
    for await (const page of readRunPages(client, { experimentId: id, withModelInputs: false })) {
      for (const run of await page.load(page.runIds)) {
        const sourceId = tagValue(run.tags, SOURCE_RUN_TAG);
        if (sourceId === undefined) continue;
        const isWhole = tagValue(run.tags, WHOLE_TAG) !== undefined;
        ids.runs.set(sourceId, { id: run.runId, artifactLocation: run.artifactLocation, isWhole });
      }
    }
  }
  let created = 0;
  for await (const page of source.runs()) {
    const missing = await page.load(page.runIds.filter((runId) => !ids.runs.has(runId)));
    created += missing.length;
    await inGroups(missing, async (run) => {
      const answer = await client.create(`${API}/runs/create`, {
        experiment_id: ids.experiments.get(run.experimentId)!.id,
        user_id: run.userId ?? undefined,
        run_name: run.name || undefined,
        start_time: run.startTimeMs,
        tags: [{ key: SOURCE_RUN_TAG, value: run.runId }],
      });
      const info = object(object(answer.run).info);
      ids.runs.set(run.runId, {
        id: text(info.run_id) ?? '',
        artifactLocation: text(info.artifact_uri) ?? '',
        isWhole: false,
      });
    });
  }
  return created;
}

export interface RunContents {
  /** Puts the files of a run where they belong over there. */
  sendArtifacts(run: TransferredRun): Promise<void>;
  /** Metrics that were recorded on logged models, by the run that recorded them. */
  modelMetricsOf(
    runId: string,
  ): readonly (TransferredLoggedModel['metrics'][number] & { readonly modelId: string })[];
}

/** Fills the runs that are not whole yet; each is marked when it is. */
export async function fillRuns(
  client: RestClient,
  source: TrackerSource,
  { ids, contents }: { readonly ids: IdMap; readonly contents: RunContents },
): Promise<number> {
  let filled = 0;
  for await (const page of source.runs()) {
    const open = await page.load(page.runIds.filter((runId) => ids.runs.get(runId)?.isWhole === false));
    filled += open.length;
    await inGroups(open, (run) =>
      fillRun(client, run, { ids, contents, histories: page.histories([run.runId]) }),
    );
  }
  return filled;
}

interface FillOptions {
  readonly ids: IdMap;
  readonly contents: RunContents;
  readonly histories: AsyncIterable<HistoryStretch>;
}

async function fillRun(client: RestClient, run: TransferredRun, { ids, contents, histories }: FillOptions) {
  const runId = ids.runs.get(run.runId)!.id;
  const log = (batch: WireObject) => client.post(`${API}/runs/log-batch`, { run_id: runId, ...batch });
  for (const params of chunks(run.params, BATCH_OTHERS)) await log({ params: params.map(asWire) });
  for (const tags of chunks(mapTags(run.tags, ids), BATCH_OTHERS)) await log({ tags: tags.map(asWire) });
  // Before the histories: the server drops a point that it has, with what it says of a model.
  for (const metrics of chunks(contents.modelMetricsOf(run.runId), BATCH_METRICS)) {
    await log({
      metrics: metrics.map((metric) => ({
        ...wirePoint(metric.key, metric),
        model_id: ids.models.get(metric.modelId)?.id,
        dataset_name: metric.datasetName ?? undefined,
        dataset_digest: metric.datasetDigest ?? undefined,
      })),
    });
  }
  for await (const { key, points } of gathered(histories)) {
    await log({ metrics: points.map((point, i) => wirePoint(key[i]!, point)) });
  }
  await logInputs(client, run, ids);
  await contents.sendArtifacts(run);
  await client.post(`${API}/runs/update`, {
    run_id: runId,
    status: run.status,
    end_time: run.endTimeMs ?? undefined,
    run_name: run.name || undefined,
  });
  await log({ tags: [{ key: WHOLE_TAG, value: 'true' }] });
  if (run.stage === 'deleted') await client.post(`${API}/runs/delete`, { run_id: runId });
}

async function logInputs(client: RestClient, run: TransferredRun, ids: IdMap): Promise<void> {
  const runId = ids.runs.get(run.runId)!.id;
  const links = (direction: 'input' | 'output') =>
    run.models.flatMap((link) => {
      const model = ids.models.get(link.modelId);
      return link.direction === direction && model !== undefined
        ? [{ model_id: model.id, step: link.step }]
        : [];
    });
  const inputs = links('input').map(({ model_id }) => ({ model_id }));
  if (run.datasets.length + inputs.length > 0) {
    await client.post(`${API}/runs/log-inputs`, {
      run_id: runId,
      datasets: run.datasets.map((dataset) => ({
        tags: dataset.tags.map(asWire),
        dataset: {
          name: dataset.name,
          digest: dataset.digest,
          source_type: dataset.sourceType,
          source: dataset.source,
          schema: dataset.schema ?? undefined,
          profile: dataset.profile ?? undefined,
        },
      })),
      ...(inputs.length > 0 && { models: inputs }),
    });
  }
  const outputs = links('output');
  if (outputs.length > 0) await logOutputs(client, runId, outputs);
}

/** The server refuses to be told an output twice, so those that it has are left out. */
async function logOutputs(
  client: RestClient,
  runId: string,
  outputs: readonly { readonly model_id: string; readonly step: number | bigint }[],
): Promise<void> {
  const answer = await client.get(`${API}/runs/get`, { run_id: runId });
  const known = new Set(
    (object(object(answer.run).outputs).model_outputs as readonly WireObject[] | undefined)?.map((output) =>
      text(output.model_id),
    ),
  );
  const missing = outputs.filter(({ model_id }) => !known.has(model_id));
  if (missing.length > 0) await client.post(`${API}/runs/outputs`, { run_id: runId, models: missing });
}

/** Points of several metrics together, as many as one batch takes. */
async function* gathered(
  histories: AsyncIterable<HistoryStretch>,
): AsyncGenerator<{ readonly key: string[]; readonly points: MetricPoint[] }> {
  let batch: { key: string[]; points: MetricPoint[] } = { key: [], points: [] };
  for await (const { key, points } of histories) {
    for (const point of points) {
      batch.key.push(key);
      batch.points.push(point);
      if (batch.points.length === BATCH_METRICS) {
        yield batch;
        batch = { key: [], points: [] };
      }
    }
  }
  if (batch.points.length > 0) yield batch;
}

function wirePoint(key: string, { value, timestampMs, step }: MetricPoint): WireObject {
  return { key, value: Number.isFinite(value) ? value : String(value), timestamp: timestampMs, step };
}

function* chunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < list.length; i += size) yield list.slice(i, i + size);
}

async function inGroups<T>(list: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  for (const group of chunks(list, AT_ONCE)) await Promise.all(group.map(action));
}
