import type { MetricPoint } from '../../tracking/metric-rules.ts';
import type { HistoryStretch, TransferredRun } from '../../tracking/transfer-entities.ts';
import { PAGE_RUNS, type RunPage } from '../source.ts';
import { withoutRepeats } from './file-store-runs.ts';
import type { RestClient } from './rest-client.ts';
import { double, integer, keyed, object, objects, text, time, type WireObject } from './rest-json.ts';

const API = '/api/2.0/mlflow';
/** The most points that the server gives in one answer. */
const PAGE_POINTS = 25_000;
/** Histories that are asked for at the same time: the protocol has one call for each. */
const AT_ONCE = 8;

export interface RunReading {
  readonly experimentId: string;
  /** Whether runs may have logged models as inputs: a search leaves these out, so each run is asked for singly. */
  readonly withModelInputs: boolean;
}

/** The runs of one experiment, in the trash or not, in the order in which the server lists them. */
export async function* readRunPages(
  client: RestClient,
  { experimentId, withModelInputs }: RunReading,
): AsyncGenerator<RunPage> {
  let token: string | undefined;
  do {
    const answer = await client.post(`${API}/runs/search`, {
      experiment_ids: [experimentId],
      run_view_type: 'ALL',
      max_results: PAGE_RUNS,
      order_by: ['attributes.start_time ASC', 'attributes.run_id ASC'],
      page_token: token,
    });
    const found = objects(answer.runs);
    if (found.length > 0) yield pageOf(client, found, withModelInputs);
    token = text(answer.next_page_token);
  } while (token !== undefined);
}

function pageOf(client: RestClient, found: readonly WireObject[], withModelInputs: boolean): RunPage {
  const runs = found.map((run) => ({ run: readRun(run), metrics: keysOf(run) }));
  return {
    runIds: runs.map(({ run }) => run.runId),
    async load(runIds) {
      const wanted = new Set(runIds);
      const loaded = runs.flatMap(({ run }) => (wanted.has(run.runId) ? [run] : []));
      if (!withModelInputs) return loaded;
      const whole: TransferredRun[] = [];
      for (let i = 0; i < loaded.length; i += AT_ONCE) {
        whole.push(
          ...(await Promise.all(loaded.slice(i, i + AT_ONCE).map(({ runId }) => getRun(client, runId)))),
        );
      }
      return whole;
    },
    async *histories(runIds) {
      const wanted = new Set(runIds);
      const orders = runs.flatMap(({ run, metrics }) =>
        wanted.has(run.runId) ? metrics.map((key) => ({ runId: run.runId, key })) : [],
      );
      for (let i = 0; i < orders.length; i += AT_ONCE) {
        yield* await Promise.all(orders.slice(i, i + AT_ONCE).map((order) => readHistory(client, order)));
      }
    },
  };
}

async function getRun(client: RestClient, runId: string): Promise<TransferredRun> {
  const answer = await client.get(`${API}/runs/get`, { run_id: runId });
  return readRun(object(answer.run));
}

const keysOf = (run: WireObject): string[] =>
  objects(object(run.data).metrics).map((metric) => String(metric.key ?? ''));

async function readHistory(
  client: RestClient,
  { runId, key }: { readonly runId: string; readonly key: string },
): Promise<HistoryStretch> {
  const points: MetricPoint[] = [];
  let token: string | undefined;
  do {
    const answer = await client.get(`${API}/metrics/get-history`, {
      run_id: runId,
      metric_key: key,
      max_results: PAGE_POINTS,
      page_token: token,
    });
    for (const metric of objects(answer.metrics)) {
      points.push({
        step: integer(metric.step) ?? 0,
        timestampMs: integer(metric.timestamp) ?? 0,
        value: double(metric.value),
      });
    }
    token = text(answer.next_page_token);
  } while (token !== undefined);
  return { runId, key, points: withoutRepeats(points) };
}

function readRun(run: WireObject): TransferredRun {
  const info = object(run.info);
  const data = object(run.data);
  const inputs = object(run.inputs);
  const tags = keyed(data.tags);
  const name = text(info.run_name) ?? tags.find(({ key }) => key === 'mlflow.runName')?.value ?? '';
  return {
    runId: text(info.run_id) ?? text(info.run_uuid) ?? '',
    experimentId: text(info.experiment_id) ?? '',
    name,
    userId: text(info.user_id) ?? null,
    status: (text(info.status) ?? 'SCHEDULED') as TransferredRun['status'],
    startTimeMs: integer(info.start_time) ?? 0,
    endTimeMs: time(info.end_time) === 0 ? null : (integer(info.end_time) ?? null),
    stage: text(info.lifecycle_stage) === 'deleted' ? 'deleted' : 'active',
    artifactLocation: text(info.artifact_uri) ?? '',
    params: keyed(data.params),
    tags,
    datasets: objects(inputs.dataset_inputs).map((input) => {
      const dataset = object(input.dataset);
      return {
        name: text(dataset.name) ?? '',
        digest: text(dataset.digest) ?? '',
        sourceType: text(dataset.source_type) ?? '',
        source: text(dataset.source) ?? '',
        schema: text(dataset.schema) ?? null,
        profile: text(dataset.profile) ?? null,
        tags: keyed(input.tags),
      };
    }),
    models: [
      ...objects(inputs.model_inputs).map((input) => ({
        direction: 'input' as const,
        modelId: text(input.model_id) ?? '',
        step: 0,
      })),
      ...objects(object(run.outputs).model_outputs).map((output) => ({
        direction: 'output' as const,
        modelId: text(output.model_id) ?? '',
        step: integer(output.step) ?? 0,
      })),
    ],
  };
}
