import { Button, Modal, MultiSelect, Select, Slider, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keysQuery, type RunKeys } from '../../data/run-table.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { X_CHOICES } from '../data/x-choices.ts';
import { type ChartConfig, type ChartKind, KIND_NAMES, type LinesConfig } from './chart-config.ts';
import classes from './chart-editor.module.css';
import type { LineDefaults } from './layout.ts';

interface ChartEditorProps {
  readonly config: ChartConfig;
  readonly isNew?: boolean;
  readonly experimentIds: readonly string[];
  readonly defaults: LineDefaults;
  readonly onSave: (config: ChartConfig) => void;
  readonly onClose: () => void;
}

const MOST_KEYS = 1000;

/** What a chart shows and how: changed here, taken over by a button. */
export function ChartEditor({
  config,
  isNew = false,
  experimentIds,
  defaults,
  onSave,
  onClose,
}: ChartEditorProps) {
  const [draft, setDraft] = useState(config);
  const keys = useQuery(keysQuery(experimentIds, '', MOST_KEYS)).data;
  const problem = problemOf(draft);
  return (
    <Modal
      opened
      onClose={onClose}
      title={isNew ? 'Add a chart' : 'Set up the chart'}
      size="lg"
      transitionProps={{ duration: 0 }}
    >
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (problem !== undefined) return;
          onSave(draft);
          onClose();
        }}
      >
        <Select
          label="Kind"
          data={Object.entries(KIND_NAMES).map(([value, label]) => ({ value, label }))}
          value={draft.kind}
          allowDeselect={false}
          onChange={(kind) => kind && setDraft(changeKind(draft, kind as ChartKind, keys))}
        />
        {keys && <Fields draft={draft} keys={keys} defaults={defaults} onChange={setDraft} />}
        <TextInput
          label="Title"
          placeholder="From what it shows"
          value={draft.title ?? ''}
          onChange={({ currentTarget }) => setDraft({ ...draft, title: currentTarget.value || undefined })}
        />
        <div className={classes.foot}>
          <span className="dim">{problem}</span>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={problem !== undefined}>
            {isNew ? 'Add chart' : 'Apply'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function problemOf(config: ChartConfig): string | undefined {
  switch (config.kind) {
    case 'lines':
      return config.metrics.length === 0 ? 'Choose a metric' : undefined;
    case 'bars':
    case 'importance':
      return config.metric === '' ? 'Choose a metric' : undefined;
    case 'scatter':
      return config.x === '' || config.y === '' ? 'Choose what stands along x and y' : undefined;
    case 'box':
      return config.y === '' || config.by === '' ? 'Choose a value and what groups it' : undefined;
    case 'parallel':
      return config.axes.length < 2 ? 'Choose two columns or more' : undefined;
    case 'contour':
      return config.x === '' || config.y === '' || config.z === '' ? 'Choose three columns' : undefined;
  }
}

/** Another kind of chart of the same things, as far as they fit. */
function changeKind(from: ChartConfig, kind: ChartKind, keys: RunKeys | undefined): ChartConfig {
  const { title, width, height } = from;
  const common = { title, width, height };
  const metric = metricOf(from) ?? keys?.metrics.keys[0]?.key ?? '';
  const y = metric === '' ? '' : `metrics.${metric}`;
  const varying = (keys?.params.keys ?? []).filter(({ varies }) => varies).map(({ key }) => `params.${key}`);
  switch (kind) {
    case 'lines':
      return { ...common, kind, metrics: metric === '' ? [] : [metric] };
    case 'bars':
    case 'importance':
      return { ...common, kind, metric };
    case 'scatter':
      return { ...common, kind, x: varying[0] ?? 'attributes.start_time', y };
    case 'box':
      return { ...common, kind, y, by: varying[0] ?? 'attributes.status' };
    case 'parallel':
      return { ...common, kind, axes: [...varying.slice(0, 5), ...(y === '' ? [] : [y])] };
    case 'contour':
      return { ...common, kind, x: varying[0] ?? '', y: varying[1] ?? '', z: y };
  }
}

function metricOf(config: ChartConfig): string | undefined {
  switch (config.kind) {
    case 'lines':
      return config.metrics[0];
    case 'bars':
    case 'importance':
      return config.metric;
    case 'parallel':
      return config.axes.find((axis) => axis.startsWith('metrics.'))?.slice('metrics.'.length);
    case 'contour':
      return config.z.startsWith('metrics.') ? config.z.slice('metrics.'.length) : undefined;
    default:
      return config.y.startsWith('metrics.') ? config.y.slice('metrics.'.length) : undefined;
  }
}

interface FieldsProps {
  readonly draft: ChartConfig;
  readonly keys: RunKeys;
  readonly defaults: LineDefaults;
  readonly onChange: (config: ChartConfig) => void;
}

const ATTRIBUTES = ['start_time', 'duration', 'status', 'run_name', 'user_id'];

function Fields({ draft, keys, defaults, onChange }: FieldsProps) {
  const metrics = keys.metrics.keys.map(({ key }) => key);
  const columns = [
    { group: 'Metrics', items: metrics.map((key) => ({ value: `metrics.${key}`, label: key })) },
    { group: 'Params', items: keys.params.keys.map(({ key }) => ({ value: `params.${key}`, label: key })) },
    {
      group: 'Run',
      items: ATTRIBUTES.map((name) => ({ value: `attributes.${name}`, label: name.replaceAll('_', ' ') })),
    },
  ];
  const column = (label: string, value: string, set: (value: string) => ChartConfig) => (
    <Select
      label={label}
      data={columns}
      value={value === '' ? null : value}
      searchable
      limit={200}
      allowDeselect={false}
      nothingFoundMessage="No such column"
      onChange={(chosen) => chosen && onChange(set(chosen))}
    />
  );
  const metric = (value: string, set: (value: string) => ChartConfig) => (
    <Select
      label="Metric"
      data={metrics}
      value={value === '' ? null : value}
      searchable
      limit={200}
      allowDeselect={false}
      nothingFoundMessage="No such metric"
      onChange={(chosen) => chosen && onChange(set(chosen))}
    />
  );
  const log = (label: string, isOn: boolean, set: (isOn: boolean) => ChartConfig) => (
    <Switch
      label={label}
      checked={isOn}
      onChange={({ currentTarget }) => onChange(set(currentTarget.checked))}
    />
  );
  switch (draft.kind) {
    case 'lines':
      return (
        <>
          <MultiSelect
            label="Metrics"
            data={metrics}
            value={[...draft.metrics]}
            searchable
            limit={200}
            maxValues={20}
            nothingFoundMessage="No such metric"
            onChange={(chosen) => onChange({ ...draft, metrics: chosen, zoomX: undefined, zoomY: undefined })}
          />
          <LineFields draft={draft} defaults={defaults} onChange={onChange} />
        </>
      );
    case 'bars':
      return (
        <>
          {metric(draft.metric, (value) => ({ ...draft, metric: value }))}
          <SegmentedControl
            aria-label="Order"
            data={[
              { value: 'value', label: 'Greatest first' },
              { value: 'runs', label: "The table's order" },
            ]}
            value={draft.order ?? 'value'}
            onChange={(order) => onChange({ ...draft, order: order === 'runs' ? 'runs' : undefined })}
          />
        </>
      );
    case 'importance':
      return metric(draft.metric, (value) => ({ ...draft, metric: value }));
    case 'scatter':
      return (
        <>
          {column('Along x', draft.x, (x) => ({ ...draft, x }))}
          {column('Along y', draft.y, (y) => ({ ...draft, y }))}
          <Select
            label="Colour"
            data={columns}
            value={draft.color ?? null}
            placeholder="The run's own"
            searchable
            clearable
            limit={200}
            onChange={(color) => onChange({ ...draft, color: color ?? undefined })}
          />
          {log('Log scale on x', draft.xLog ?? false, (xLog) => ({ ...draft, xLog }))}
          {log('Log scale on y', draft.yLog ?? false, (yLog) => ({ ...draft, yLog }))}
        </>
      );
    case 'box':
      return (
        <>
          {column('Value', draft.y, (y) => ({ ...draft, y }))}
          {column('A box for each', draft.by, (by) => ({ ...draft, by }))}
          {log('Log scale', draft.yLog ?? false, (yLog) => ({ ...draft, yLog }))}
        </>
      );
    case 'parallel':
      return (
        <>
          <MultiSelect
            label="Columns, from left to right"
            data={columns}
            value={[...draft.axes]}
            searchable
            limit={200}
            maxValues={20}
            nothingFoundMessage="No such column"
            onChange={(axes) => onChange({ ...draft, axes })}
          />
          <Select
            label="Colour"
            data={columns}
            value={draft.color ?? null}
            placeholder="By the last column"
            searchable
            clearable
            limit={200}
            onChange={(color) => onChange({ ...draft, color: color ?? undefined })}
          />
        </>
      );
    case 'contour':
      return (
        <>
          {column('Along x', draft.x, (x) => ({ ...draft, x }))}
          {column('Along y', draft.y, (y) => ({ ...draft, y }))}
          {column('Colour and level', draft.z, (z) => ({ ...draft, z }))}
          {log('Log scale on x', draft.xLog ?? false, (xLog) => ({ ...draft, xLog }))}
          {log('Log scale on y', draft.yLog ?? false, (yLog) => ({ ...draft, yLog }))}
        </>
      );
  }
}

interface LineFieldsProps {
  readonly draft: LinesConfig;
  readonly defaults: LineDefaults;
  readonly onChange: (config: LinesConfig) => void;
}

function LineFields({ draft, defaults, onChange }: LineFieldsProps) {
  const { x, xLog, yLog, smoothing } = { ...defaults, ...withoutUndefined(draft) };
  return (
    <>
      <SegmentedControl
        aria-label="Along x"
        data={X_CHOICES}
        value={x ?? 'step'}
        onChange={(value) => onChange({ ...draft, x: value as LinesConfig['x'], zoomX: undefined })}
      />
      <div>
        <span className={classes.label} id="smoothing-of-chart">
          Smoothing
        </span>
        <Slider
          min={0}
          max={0.99}
          step={0.01}
          value={smoothing ?? 0}
          thumbLabel="Smoothing"
          onChange={(value) => onChange({ ...draft, smoothing: value })}
        />
      </div>
      <Switch
        label="Log scale on y"
        checked={yLog ?? false}
        onChange={({ currentTarget }) =>
          onChange({ ...draft, yLog: currentTarget.checked, zoomY: undefined })
        }
      />
      <Switch
        label="Log scale on x"
        checked={xLog ?? false}
        onChange={({ currentTarget }) =>
          onChange({ ...draft, xLog: currentTarget.checked, zoomX: undefined })
        }
      />
    </>
  );
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;
}
