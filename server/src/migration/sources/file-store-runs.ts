import { join } from 'node:path';
import { invalidArgument } from '../../kernel/errors.ts';
import { parseInt64Text } from '../../kernel/int64.ts';
import { comparePoints, type MetricPoint } from '../../tracking/metric-rules.ts';
import type { HistoryStretch, TransferredRun } from '../../tracking/transfer-entities.ts';
import { fieldsOf } from './file-store-fields.ts';
import { isFolder, listFiles, listFolders, readKeyed, readLines, readMeta } from './file-store-files.ts';

/** Where the folder of a run lies, and in which experiment. */
export interface RunPlace {
  readonly runId: string;
  readonly experimentId: string;
  readonly experimentFolder: string;
}

const RUN_NAME_TAG = 'mlflow.runName';
/** Beside the runs in the folder of an experiment. */
const NO_RUNS = new Set(['tags', 'datasets', 'traces', 'models']);
/** The numbers of MLflow's message definition. */
const STATUSES: readonly (TransferredRun['status'] | undefined)[] = [
  undefined,
  'RUNNING',
  'SCHEDULED',
  'FINISHED',
  'FAILED',
  'KILLED',
];

/** Folders without a `meta.yaml` are no runs: a deletion that was cut short leaves such. */
export async function listRuns(experimentId: string, experimentFolder: string): Promise<RunPlace[]> {
  const names = (await listFolders(experimentFolder)).filter((name) => !NO_RUNS.has(name));
  const places: RunPlace[] = [];
  for (const runId of names) {
    if ((await readMeta(join(experimentFolder, runId))) === undefined) continue;
    places.push({ runId, experimentId, experimentFolder });
  }
  return places;
}

export async function readRun({ runId, experimentId, experimentFolder }: RunPlace): Promise<TransferredRun> {
  const folder = join(experimentFolder, runId);
  const meta = fieldsOf((await readMeta(folder)) ?? {}, folder);
  const tags = await readKeyed(join(folder, 'tags'));
  const status = STATUSES[Number(meta.int64('status') ?? 1)];
  if (status === undefined) throw invalidArgument(`${folder}/meta.yaml: 'status' is not known.`);
  return {
    runId,
    experimentId,
    name: meta.text('run_name') || (tags.find(({ key }) => key === RUN_NAME_TAG)?.value ?? ''),
    userId: meta.text('user_id') ?? null,
    status,
    startTimeMs: meta.int64('start_time') ?? 0,
    endTimeMs: meta.int64('end_time') ?? null,
    stage: meta.stage(),
    artifactLocation: meta.text('artifact_uri') ?? '',
    params: await readKeyed(join(folder, 'params')),
    tags,
    ...(await readLinks(folder, experimentFolder)),
  };
}

async function readLinks(
  folder: string,
  experimentFolder: string,
): Promise<Pick<TransferredRun, 'datasets' | 'models'>> {
  const datasets: TransferredRun['datasets'][number][] = [];
  const models: TransferredRun['models'][number][] = [];
  for (const id of await listFolders(join(folder, 'inputs'))) {
    const where = join(folder, 'inputs', id);
    const input = fieldsOf((await readMeta(where)) ?? {}, where);
    const sourceId = input.required('source_id');
    if (input.text('source_type') === 'MODEL') {
      models.push({ direction: 'input', modelId: sourceId, step: 0 });
      continue;
    }
    const datasetFolder = join(experimentFolder, 'datasets', sourceId);
    const found = await readMeta(datasetFolder);
    // MLflow itself leaves out an input whose dataset is gone.
    if (found === undefined) continue;
    const dataset = fieldsOf(found, datasetFolder);
    datasets.push({
      name: dataset.required('name'),
      digest: dataset.required('digest'),
      sourceType: dataset.text('source_type') ?? '',
      source: dataset.text('source') ?? '',
      schema: dataset.text('schema') ?? null,
      profile: dataset.text('profile') ?? null,
      tags: input.pairs('tags'),
    });
  }
  for (const modelId of await listFolders(join(folder, 'outputs'))) {
    const where = join(folder, 'outputs', modelId);
    const output = fieldsOf((await readMeta(where)) ?? {}, where);
    models.push({ direction: 'output', modelId, step: output.int64('step') ?? 0 });
  }
  return { datasets, models };
}

/** The histories of a run; one at a time is in memory, since its lines come in the order in which they were logged. */
export async function* readHistories(place: RunPlace): AsyncGenerator<HistoryStretch> {
  const folder = join(place.experimentFolder, place.runId, 'metrics');
  if (!(await isFolder(folder))) return;
  for (const key of await listFiles(folder)) {
    const points: MetricPoint[] = [];
    for await (const text of readLines(join(folder, key))) points.push(parsePoint(text, join(folder, key)));
    if (points.length > 0) yield { runId: place.runId, key, points: withoutRepeats(points) };
  }
}

/** By (step, timestamp, value), each once: the file holds a point as often as it was sent. */
export function withoutRepeats(points: readonly MetricPoint[]): MetricPoint[] {
  const sorted = points.toSorted(
    (a, b) => comparePoints(a, b) || Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)),
  );
  return sorted.filter((point, i) => {
    const before = sorted[i - 1];
    return (
      before === undefined ||
      before.step !== point.step ||
      before.timestampMs !== point.timestampMs ||
      !(before.value === point.value || (Number.isNaN(before.value) && Number.isNaN(point.value)))
    );
  });
}

/** `time value step`, and behind it, where a dataset was named, what else is known; the oldest releases wrote no step. */
export function parsePoint(text: string, file: string): MetricPoint {
  const [time = '', value = '', step = '0'] = text.trim().split(' ');
  const timestampMs = parseInt64Text(time);
  const atStep = parseInt64Text(step);
  const number = parseValue(value);
  if (timestampMs === undefined || atStep === undefined || number === undefined) {
    throw invalidArgument(`${file} holds a line that is no point of a metric: '${text.slice(0, 100)}'.`);
  }
  return { timestampMs, step: atStep, value: number };
}

/** A number as Python writes it. */
function parseValue(text: string): number | undefined {
  const word = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  if (word !== null) {
    if (word[2]!.toLowerCase() === 'nan') return Number.NaN;
    return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (/^true$/i.test(text)) return 1;
  if (/^false$/i.test(text)) return 0;
  return /^[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)
    ? Number(text.replaceAll('_', ''))
    : undefined;
}
