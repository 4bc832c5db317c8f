import { useCallback, useImperativeHandle, useMemo, useState } from 'react';
import { useChartColors } from '../chart-colors.ts';
import type { Zoom } from '../lines/drawn-lines.ts';
import { useBrushedRuns } from '../linked-runs.ts';
import type { PlotHandlers } from '../plot/plot.ts';
import { plotScene } from '../plot/plot-scene.ts';
import { runPaint } from '../values/run-paint.ts';
import type { ValueChartProps } from '../values/value-chart.ts';
import { tableOfValues } from '../values/value-texts.ts';
import { columnsOf, type ScatterConfig } from '../workbench/chart-config.ts';
import { RunPlot } from './run-plot.tsx';
import { paintScatter, scatterModel } from './scatter-points.ts';

/** Runs as points between two of their values. */
export function ScatterChart({
  config,
  values,
  label,
  selectedRunIds,
  onPick,
  handleRef,
}: ValueChartProps<ScatterConfig>) {
  const colors = useChartColors();
  const [zoom, setZoom] = useState<Zoom>();
  const brushed = useBrushedRuns();
  const { x, y, xLog, yLog, color } = config;
  const model = useMemo(() => scatterModel(values, { x, y, xLog, yLog }), [values, x, y, xLog, yLog]);
  const ranges = useMemo(
    () => ({ x: zoom?.x ?? model.ranges.x, y: zoom?.y ?? model.ranges.y }),
    [model, zoom],
  );
  const paintOf = useMemo(() => runPaint(values, color, colors), [values, color, colors]);
  const foremost = brushed ?? (selectedRunIds.size > 0 ? selectedRunIds : undefined);
  const paint = useCallback<PlotHandlers['paint']>(
    (painter, area) => {
      const isForemost = foremost && ((run: number) => foremost.has(values.runIds[run]!));
      paintScatter(painter, area, model, { paint: paintOf, colors, isForemost });
    },
    [model, paintOf, colors, foremost, values],
  );
  const columns = useMemo(() => columnsOf(config, []), [config]);
  useImperativeHandle(handleRef, () => {
    const table = () => tableOfValues(values, columns);
    return { scene: () => plotScene(model.spec, ranges, paint), table, file: table };
  }, [model, ranges, paint, values, columns]);
  const all = values.runIds.length;
  return (
    <RunPlot
      label={`Scatter chart of ${label}, ${all} runs`}
      values={values}
      columns={columns}
      model={model}
      ranges={ranges}
      paint={paint}
      colorOf={(run) => paintOf.colors[paintOf.places[run] ?? -1] ?? colors.dim}
      fades
      legend={paintOf.legend}
      empty={all === model.without ? 'No run has both values' : undefined}
      foot={
        model.without > 0 &&
        model.without < all &&
        `${model.without.toLocaleString('en-US')} runs have no place here`
      }
      onPick={onPick}
      onZoom={(part) => setZoom({ x: part.x ?? zoom?.x, y: part.y ?? zoom?.y })}
      onReset={() => setZoom(undefined)}
    />
  );
}
