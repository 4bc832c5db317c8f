import type { LineX } from '../../tracking/chart-lines.ts';
import type { ChartLine, Charts } from '../../tracking/charts.ts';
import {
  invalid,
  missing,
  optionalBoolean,
  optionalInt32,
  optionalInt64,
  optionalString,
  stringList,
} from '../mlflow/fields.ts';
import { type JsonObject, renderInt64 } from '../mlflow/json.ts';
import { JsonText, type MlflowRoute } from '../mlflow/routes.ts';
import type { Targets } from '../mlflow/targets.ts';
import { renderIntegers, renderNumber, renderNumbers } from './columns.ts';

const DEFAULT_POINTS = 1000;
const AXES: readonly LineX[] = ['step', 'time', 'relative'];

/** Histories of metrics as charts draw them: columns of real points, thinned so that no extreme is lost. */
export function chartLineRoutes(charts: Charts, targets: Targets): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: 'slipway/v1/charts/lines',
      access: 'filtered',
      compressed: true,
      request: [
        { name: 'run_ids', type: 'string', required: true, repeated: true },
        { name: 'keys', type: 'string', required: true, repeated: true },
        { name: 'x', type: 'string' },
        { name: 'from', type: 'int64' },
        { name: 'to', type: 'int64' },
        { name: 'max_points', type: 'int32' },
        { name: 'with_means', type: 'boolean' },
        { name: 'unless_single', type: 'boolean' },
      ],
      async handle({ message, caller }) {
        const runIds = stringList(message, 'run_ids');
        const keys = stringList(message, 'keys');
        if (runIds.length === 0) throw missing('run_ids');
        if (keys.length === 0) throw missing('keys');
        const { lines, singles } = await charts.lines({
          runIds: await targets.readableRuns(caller.access, runIds),
          keys,
          x: readAxis(message),
          from: optionalInt64(message, 'from'),
          to: optionalInt64(message, 'to'),
          maxPoints: optionalInt32(message, 'max_points') ?? DEFAULT_POINTS,
          withMeans: optionalBoolean(message, 'with_means'),
          unlessSingle: optionalBoolean(message, 'unless_single'),
        });
        return singles === undefined ? new JsonText(renderLines(lines)) : { lines: [], singles };
      },
    },
  ];
}

function readAxis(message: JsonObject): LineX {
  const name = optionalString(message, 'x') ?? 'step';
  const axis = AXES.find((one) => one === name);
  if (axis === undefined) throw invalid('x', name, `expected one of ${AXES.join(', ')}.`);
  return axis;
}

async function* renderLines(lines: AsyncIterable<ChartLine>): AsyncGenerator<string> {
  let before = '{"lines":[';
  for await (const line of lines) {
    yield before + JSON.stringify(renderLine(line));
    before = ',';
  }
  yield before === ',' ? ']}' : `${before}]}`;
}

function renderLine(line: ChartLine): object {
  const { summary, x, steps, values, means } = line;
  const { latest } = summary;
  const orNull = (value: number | null) => (value === null ? null : renderNumber(value));
  const stepOrNull = (step: ChartLine['minStep']) => (step === undefined ? null : renderInt64(step));
  return {
    run_id: line.runId,
    key: line.key,
    count: summary.count,
    x: renderIntegers(x),
    y: renderNumbers(values),
    ...(x !== steps && { steps: renderIntegers(steps) }),
    ...(means && { mean: { x: means.x, y: renderNumbers(means.y) } }),
    summary: {
      last: renderNumber(latest.value),
      last_step: renderInt64(latest.step),
      last_time: renderInt64(latest.timestampMs),
      first_time: stepOrNull(line.firstTimeMs),
      min: orNull(summary.min),
      max: orNull(summary.max),
      min_step: stepOrNull(line.minStep),
      max_step: stepOrNull(line.maxStep),
    },
  };
}
