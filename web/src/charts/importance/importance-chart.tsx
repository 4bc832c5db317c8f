import { useCallback, useImperativeHandle, useMemo, useState } from 'react';
import { renderNumber } from '../../ui/numbers.ts';
import { CanvasChart, type Point } from '../canvas-chart.tsx';
import classes from '../chart.module.css';
import { type ChartColors, useChartColors } from '../chart-colors.ts';
import type { Painter } from '../painting/painter.ts';
import type { SceneSize } from '../plot/plot-scene.ts';
import { walkByKey } from '../values/run-keys.ts';
import { Spoken } from '../values/spoken.tsx';
import valueClasses from '../values/value-chart.module.css';
import type { ValueChartProps } from '../values/value-chart.ts';
import { ValueTooltip } from '../values/value-tooltip.tsx';
import type { ImportanceConfig } from '../workbench/chart-config.ts';
import { FEWEST_RUNS, importanceOf, type ParamImportance } from './importance-table.ts';

const TOP = 22;
const MOST_ROW = 26;

/** How much each param says about a metric, and in which direction. */
export function ImportanceChart({ config, values, label, handleRef }: ValueChartProps<ImportanceConfig>) {
  const colors = useChartColors();
  const [pointed, setPointed] = useState<{ readonly param: ParamImportance; readonly at: Point }>();
  const result = useMemo(() => importanceOf(values, `metrics.${config.metric}`), [values, config.metric]);
  const params = result?.params ?? [];
  const paintWith = useCallback(
    (painter: Painter, size: SceneSize, theme: ChartColors) =>
      paintImportance(painter, size, { params, colors: theme }),
    [result],
  );
  const paint = useCallback(
    (painter: Painter, size: SceneSize) => paintWith(painter, size, colors),
    [paintWith, colors],
  );
  useImperativeHandle(handleRef, () => {
    const table = () => ({
      columns: ['Param', 'Share of importance', 'Rank correlation'],
      rows: params.map(({ key, share, correlation }) => [key, share, correlation]),
    });
    return { scene: () => ({ paint: paintWith }), table, file: table };
  }, [paintWith, result]);
  const at = (point: Point, { height }: SceneSize) =>
    params[Math.floor((point.y - TOP) / rowHeight(params.length, height))];
  return (
    <div className={valueClasses.frame}>
      <div className={valueClasses.plot}>
        <CanvasChart
          label={`${label}: ${params.map(({ key, share }) => `${key} ${Math.round(share * 100)} %`).join(', ')}`}
          paint={paint}
          paintOver={nothing}
          onKey={(event, { height }) =>
            walkByKey(event, {
              count: params.length,
              current: pointed && params.indexOf(pointed.param),
              go: (place) => {
                const param = place === undefined ? undefined : params[place];
                const y = TOP + rowHeight(params.length, height) * ((place ?? 0) + 0.5);
                setPointed(param && { param, at: { x: 160, y } });
              },
              pick: () => undefined,
            })
          }
          onPoint={(point, size) => {
            const param = point && at(point, size);
            setPointed(param && point && { param, at: point });
          }}
        >
          {({ width }) =>
            pointed && (
              <ValueTooltip
                at={pointed.at}
                width={width}
                title={pointed.param.key}
                rows={rowsOf(pointed.param)}
              />
            )
          }
        </CanvasChart>
        <Spoken title={pointed?.param.key} rows={pointed && rowsOf(pointed.param)} />
        {result === undefined && (
          <div className={classes.empty}>
            It takes {FEWEST_RUNS} runs with the metric, and a param that varies
          </div>
        )}
      </div>
      {result && (
        <div className={valueClasses.foot}>
          <span title="Permutation importance in a random forest of 80 trees, on runs that a tree has not seen (Breiman 2001). Rank correlation: Spearman.">
            Permutation importance in a random forest (Breiman 2001), {result.used.toLocaleString('en-US')}
            {result.used < result.known && ` of ${result.known.toLocaleString('en-US')}`} runs.{' '}
            {trustOf(result.explained)}
          </span>
        </div>
      )}
    </div>
  );
}

const nothing = () => undefined;

const rowsOf = ({ share, correlation }: ParamImportance): readonly (readonly [string, string])[] => [
  ['Share of importance', `${renderNumber(share * 100)} %`],
  ['Rank correlation', correlation === undefined ? 'none: words' : renderNumber(correlation)],
];

function trustOf(explained: number): string {
  const share = `explains ${Math.max(0, Math.round(explained * 100))} % of the differences`;
  return explained < 0.3 ? `It ${share}: do not rely on it.` : `It ${share}.`;
}

const rowHeight = (count: number, height: number) => Math.min(MOST_ROW, (height - TOP) / Math.max(1, count));

function paintImportance(
  painter: Painter,
  { width, height }: SceneSize,
  { params, colors }: { readonly params: readonly ParamImportance[]; readonly colors: ChartColors },
): void {
  if (params.length === 0) return;
  const names = Math.min(140, width * 0.3);
  const middle = width - Math.min(90, width * 0.22);
  const most = Math.max(...params.map(({ share }) => share), 1e-9);
  const bars = middle - names - 110;
  const each = rowHeight(params.length, height);
  const head = { color: colors.dim, size: 11 };
  painter.text(names + 8, 8, 'Importance', head);
  painter.text(middle, 8, 'Correlation', { ...head, align: 'middle' });
  painter.line([middle, middle], [TOP, TOP + each * params.length], { color: colors.border, width: 1 });
  const half = width - middle - 12;
  for (const [i, { key, share, correlation }] of params.entries()) {
    const y = TOP + each * (i + 0.5);
    const bar = Math.max(2, each - 8);
    const most_letters = Math.floor(names / 6);
    painter.text(names, y, key.length > most_letters ? `${key.slice(0, most_letters - 1)}…` : key, {
      color: colors.text,
      size: 11,
      align: 'end',
    });
    painter.rect(
      { x: names + 8, y: y - bar / 2, width: Math.max(1, (share / most) * bars), height: bar },
      { color: colors.accent },
    );
    painter.text(names + 14 + (share / most) * bars, y, `${renderNumber(share * 100)} %`, {
      color: colors.dim,
      size: 11,
    });
    if (correlation === undefined) painter.text(middle + 4, y, 'words', { color: colors.dim, size: 10 });
    else {
      const reach = correlation * half;
      painter.rect(
        {
          x: Math.min(middle, middle + reach),
          y: y - bar / 4,
          width: Math.max(1, Math.abs(reach)),
          height: bar / 2,
        },
        {
          color: correlation < 0 ? colors.series[1]! : colors.series[7]!,
        },
      );
    }
  }
}
