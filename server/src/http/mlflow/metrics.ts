import type { MetricPoint } from '../../tracking/metric-rules.ts';
import type { Metrics } from '../../tracking/metrics.ts';
import {
  optionalInt32,
  optionalInt64,
  optionalString,
  parseRunId,
  requiredString,
  stringList,
} from './fields.ts';
import { renderDouble, renderInt64 } from './json.ts';
import { JsonText, type MlflowCall, type MlflowRoute } from './routes.ts';
import type { Targets } from './targets.ts';

/** Most points are plain numbers: those are written without going through JSON.stringify. */
function renderPoint(keyJson: string, runIdJson: string | undefined, point: MetricPoint): string {
  const value = Number.isFinite(point.value)
    ? String(point.value)
    : JSON.stringify(renderDouble(point.value));
  const run = runIdJson === undefined ? '' : `,"run_id":${runIdJson}`;
  return `{"key":${keyJson},"value":${value},"timestamp":${point.timestampMs},"step":${point.step}${run}}`;
}

export function metricRoutes(metrics: Metrics, targets: Targets): readonly MlflowRoute[] {
  async function* wholeHistory(runId: string, key: string): AsyncGenerator<string> {
    let open = '{"metrics":[';
    for await (const json of metrics.renderedHistory(runId, key)) {
      yield open + json.slice(1, -1);
      open = ',';
    }
    yield open === ',' ? ']}' : '{}';
  }

  async function history({ message, caller }: MlflowCall): Promise<object | JsonText> {
    // As the real server has it, a run that is not there has no points; so has one that the caller may not know of.
    const [runId = ''] = await targets.readableRuns(caller.access, [parseRunId(message)]);
    const key = requiredString(message, 'metric_key');
    const maxResults = optionalInt32(message, 'max_results');
    const pageToken = optionalString(message, 'page_token') || undefined;
    if (maxResults === undefined && pageToken === undefined) return new JsonText(wholeHistory(runId, key));
    const page = await metrics.historyPage(runId, key, { maxResults: maxResults ?? 25_000, pageToken });
    if (page.json === '[]') return {};
    const token =
      page.nextPageToken === undefined ? '' : `,"next_page_token":${JSON.stringify(page.nextPageToken)}`;
    return new JsonText([`{"metrics":${page.json}${token}}`]);
  }

  async function bulkHistory({ message, caller }: MlflowCall): Promise<object> {
    const runIds = await targets.readableRuns(caller.access, stringList(message, 'run_id'));
    const key = requiredString(message, 'metric_key');
    const maxResults = Math.min(optionalInt32(message, 'max_results') ?? 25_000, 25_000);
    const rendered: object[] = [];
    for (const runId of [...new Set(runIds)].sort()) {
      for await (const points of metrics.history(runId, key)) {
        for (const point of points.slice(0, maxResults - rendered.length)) {
          rendered.push({
            key,
            value: renderDouble(point.value),
            timestamp: renderInt64(point.timestampMs),
            step: renderInt64(point.step),
            run_id: runId,
          });
        }
        if (rendered.length >= maxResults) break;
      }
    }
    return { metrics: rendered };
  }

  async function bulkInterval({ message, caller }: MlflowCall): Promise<object | JsonText> {
    const key = requiredString(message, 'metric_key');
    const runs = await metrics.bulkInterval({
      runIds: await targets.readableRuns(caller.access, stringList(message, 'run_ids')),
      key,
      startStep: optionalInt64(message, 'start_step'),
      endStep: optionalInt64(message, 'end_step'),
      maxResults: optionalInt32(message, 'max_results') ?? 2500,
    });
    const keyJson = JSON.stringify(key);
    const points = runs.flatMap(({ runId, points: ofRun }) =>
      ofRun.map((point) => renderPoint(keyJson, JSON.stringify(runId), point)),
    );
    return points.length === 0 ? {} : new JsonText([`{"metrics":[${points.join(',')}]}`]);
  }

  return [
    {
      method: 'GET',
      path: '2.0/mlflow/metrics/get-history',
      access: 'filtered',
      handle: history,
    },
    {
      method: 'GET',
      path: '2.0/mlflow/metrics/get-history-bulk',
      prefixes: 'ajax',
      access: 'filtered',
      request: [
        { name: 'run_id', type: 'string', repeated: true },
        { name: 'metric_key', type: 'string', required: true },
        { name: 'max_results', type: 'int32' },
      ],
      handle: bulkHistory,
    },
    {
      method: 'GET',
      path: '2.0/mlflow/metrics/get-history-bulk-interval',
      access: 'filtered',
      handle: bulkInterval,
    },
  ];
}
