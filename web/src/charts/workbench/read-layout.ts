import { type ChartConfig, KIND_NAMES } from './chart-config.ts';
import type { Layout, SectionLayout } from './layout.ts';

/** A layout from an address or an old view: what it does not understand of it is left out. Never throws. */
export function readLayout(value: unknown): Layout {
  if (!isObject(value)) return {};
  const { sections, charts, removed, lines, columns } = value;
  return {
    ...(Array.isArray(sections) && { sections: sections.flatMap(readSection) }),
    ...(isObject(charts) && { charts: readCharts(charts) }),
    ...(Array.isArray(removed) && { removed: removed.filter(isText) }),
    ...(isObject(lines) && {
      lines: {
        ...(isAxis(lines.x) && { x: lines.x }),
        ...(typeof lines.xLog === 'boolean' && { xLog: lines.xLog }),
        ...(typeof lines.yLog === 'boolean' && { yLog: lines.yLog }),
        ...(isSmoothing(lines.smoothing) && { smoothing: lines.smoothing }),
      },
    }),
    ...((columns === 1 || columns === 2 || columns === 3 || columns === 4) && { columns }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isAxis = (value: unknown) => value === 'step' || value === 'time' || value === 'relative';
const isSmoothing = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < 1;

function readSection(value: unknown): readonly SectionLayout[] {
  if (!isObject(value) || !isText(value.id)) return [];
  const { id, title, folded, charts } = value;
  return [
    {
      id,
      ...(isText(title) && { title }),
      ...(typeof folded === 'boolean' && { folded }),
      ...(Array.isArray(charts) && { charts: charts.filter(isText) }),
    },
  ];
}

function readCharts(value: Fields): Record<string, ChartConfig> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([id, config]) => {
      const read = readChart(config);
      return read === undefined ? [] : [[id, read]];
    }),
  );
}

function readChart(value: unknown): ChartConfig | undefined {
  if (!isObject(value) || !isText(value.kind) || !(value.kind in KIND_NAMES)) return undefined;
  const optionalText = (name: string) => (isText(value[name]) ? { [name]: value[name] } : {});
  const flag = (name: string) => (typeof value[name] === 'boolean' ? { [name]: value[name] } : {});
  const text = (name: string) => (isText(value[name]) ? value[name] : '');
  const texts = (name: string) => (Array.isArray(value[name]) ? value[name].filter(isText).slice(0, 20) : []);
  const common = {
    ...optionalText('title'),
    ...((value.width === 1 || value.width === 2 || value.width === 3) && { width: value.width as 1 | 2 | 3 }),
    ...((value.height === 'low' || value.height === 'high') && { height: value.height as 'low' | 'high' }),
  };
  const logs = { ...flag('xLog'), ...flag('yLog') };
  const kind = value.kind as ChartConfig['kind'];
  switch (kind) {
    case 'lines':
      return {
        ...common,
        ...logs,
        kind,
        metrics: texts('metrics'),
        ...(isAxis(value.x) && { x: value.x as 'step' }),
        ...(isSmoothing(value.smoothing) && { smoothing: value.smoothing }),
        ...(isRange(value.zoomX) && { zoomX: value.zoomX }),
        ...(isRange(value.zoomY) && { zoomY: value.zoomY }),
      };
    case 'bars':
      return { ...common, kind, metric: text('metric'), ...(value.order === 'runs' && { order: 'runs' }) };
    case 'importance':
      return { ...common, kind, metric: text('metric') };
    case 'scatter':
      return { ...common, ...logs, kind, x: text('x'), y: text('y'), ...optionalText('color') };
    case 'box':
      return { ...common, ...flag('yLog'), kind, y: text('y'), by: text('by') };
    case 'parallel':
      return { ...common, kind, axes: texts('axes'), ...optionalText('color') };
    case 'contour':
      return { ...common, ...logs, kind, x: text('x'), y: text('y'), z: text('z') };
  }
}

function isRange(value: unknown): value is readonly [number, number] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((end) => Number.isFinite(end)) &&
    value[0] < value[1]
  );
}
