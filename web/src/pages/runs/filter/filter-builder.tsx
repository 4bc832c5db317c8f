import { Autocomplete, Button, Modal, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { askTextValues, keysQuery } from '../../../data/run-table.ts';
import { useReturnedFocus } from '../../../ui/returned-focus.ts';
import {
  type ColumnCode,
  groupOfColumn,
  type HistoryFunction,
  historyColumn,
  labelOfColumn,
  parseColumnCode,
  serverColumn,
} from '../column-codes.ts';
import { type Comparison, writeCondition } from './conditions.ts';
import classes from './filter-builder.module.css';

interface FilterBuilderProps {
  readonly experimentIds: readonly string[];
  readonly onCondition: (condition: string) => void;
  readonly onClose: () => void;
}

const NUMBER_SIGNS: readonly (readonly [Comparison, string])[] = [
  ['>', 'is greater than'],
  ['>=', 'is at least'],
  ['<', 'is less than'],
  ['<=', 'is at most'],
  ['=', 'is'],
  ['!=', 'is not'],
];
const TEXT_SIGNS: readonly (readonly [Comparison, string])[] = [
  ['=', 'is'],
  ['!=', 'is not'],
  ['ILIKE', 'contains'],
  ['IS NULL', 'is not set'],
  ['IS NOT NULL', 'is set'],
];
/** Which number of a metric's history is compared. */
const POINTS: readonly { readonly value: HistoryFunction | 'last'; readonly label: string }[] = [
  { value: 'last', label: 'latest value' },
  { value: 'min', label: 'lowest value' },
  { value: 'max', label: 'highest value' },
  { value: 'first', label: 'first value' },
  { value: 'at', label: 'value at step' },
  { value: 'count', label: 'number of points' },
];
const ATTRIBUTES = ['a.run_name', 'a.status', 'a.user_id'];
const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];
const TYPING_MS = 150;

/** A condition from a few fields, for those who do not know the language; it stands in the box afterwards. */
export function FilterBuilder({ experimentIds, onCondition, onClose }: FilterBuilderProps) {
  useReturnedFocus();
  const [code, setCode] = useState<string | null>(null);
  const [point, setPoint] = useState<HistoryFunction | 'last'>('last');
  const [step, setStep] = useState('');
  const [sought, setSought] = useState('');
  const [sign, setSign] = useState<Comparison>('=');
  const [value, setValue] = useState('');
  const [contains] = useDebouncedValue(sought, TYPING_MS);
  const keys = useQuery(keysQuery(experimentIds, contains, 40));
  const column = code === null ? undefined : columnOf(code);
  const isNumber = column?.kind === 'm';
  const signs = isNumber ? NUMBER_SIGNS : TEXT_SIGNS;
  const needsValue = sign !== 'IS NULL' && sign !== 'IS NOT NULL';
  const values = useQuery({
    queryKey: ['runs', 'suggested', experimentIds, column],
    queryFn: ({ signal }) =>
      column?.key === 'status'
        ? STATUSES
        : askTextValues(
            { experimentIds, filter: '', orderBy: [], viewType: 'ALL' },
            serverColumn(column!),
            signal,
          ),
    enabled: column !== undefined && !isNumber,
    placeholderData: undefined,
  });
  const written = sign === 'ILIKE' ? `%${value}%` : value;
  const compared = column && isNumber ? pointOf(column, point, step.trim()) : column;
  const condition =
    compared === undefined || (needsValue && value === '')
      ? undefined
      : writeCondition(compared, sign, isNumber ? value : written);

  const options = [
    ...(keys.data === undefined
      ? []
      : (['metrics', 'params', 'tags'] as const).map((kind) => ({
          group: { metrics: 'Metrics', params: 'Params', tags: 'Tags' }[kind],
          items: keys.data[kind].keys.map(({ key }) => ({ value: `${kind[0]}.${key}`, label: key })),
        }))),
    {
      group: 'Run',
      items: ATTRIBUTES.map((value) => ({ value, label: labelOf(value) })).filter(({ label }) =>
        label.toLowerCase().includes(sought.toLowerCase()),
      ),
    },
  ].filter(({ items }) => items.length > 0);

  const choose = (next: string | null) => {
    setCode(next);
    setValue('');
    setPoint('last');
    setSign(next?.startsWith('m.') ? '>' : '=');
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (condition === undefined) return;
    onCondition(condition);
    onClose();
  };

  return (
    <Modal opened onClose={onClose} title="Add a condition" size="lg">
      <form className={classes.form} onSubmit={submit}>
        <div className={classes.row}>
          <Select
            className={classes.what}
            label="What"
            placeholder="Search by name"
            searchable
            openOnFocus={false}
            data-autofocus
            data={options}
            filter={({ options: all }) => all}
            nothingFoundMessage="Nothing has that in its name"
            value={code}
            onChange={choose}
            searchValue={sought}
            onSearchChange={setSought}
            maxDropdownHeight={320}
          />
          {isNumber && (
            <Select
              className={classes.point}
              label="Which of its values"
              allowDeselect={false}
              data={POINTS}
              value={point}
              onChange={(next) => next !== null && setPoint(next as HistoryFunction | 'last')}
            />
          )}
          {isNumber && point === 'at' && (
            <TextInput
              className={classes.step}
              label="Step"
              inputMode="numeric"
              value={step}
              onChange={(event) => setStep(event.currentTarget.value)}
            />
          )}
          <Select
            className={classes.sign}
            label="How"
            allowDeselect={false}
            data={signs.map(([value, label]) => ({ value, label }))}
            value={sign}
            onChange={(next) => next !== null && setSign(next as Comparison)}
          />
          {needsValue && (
            <Autocomplete
              className={classes.value}
              label="Value"
              openOnFocus={false}
              inputMode={isNumber ? 'decimal' : 'text'}
              dir="auto"
              data={isNumber ? [] : [...new Set(values.data ?? [])].slice(0, 200)}
              limit={50}
              value={value}
              onChange={setValue}
            />
          )}
        </div>
        <p className={classes.preview}>
          {condition === undefined ? (
            <span className="dim">
              {isNumber && value !== ''
                ? point === 'at' && compared === undefined
                  ? 'A step is a whole number.'
                  : 'A metric is compared with a number.'
                : 'The condition will stand here.'}
            </span>
          ) : (
            <code dir="auto">{condition}</code>
          )}
        </p>
        {column !== undefined && (
          <p className={classes.kind}>
            {groupOfColumn(column)}: <span dir="auto">{labelOf(code!)}</span>
          </p>
        )}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={condition === undefined}>
            Add to the filter
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** The metric itself or what is drawn from its history; undefined while the step is no whole number. */
function pointOf(metric: ColumnCode, fn: HistoryFunction | 'last', step: string): ColumnCode | undefined {
  if (fn === 'last') return metric;
  if (fn === 'at' && !/^-?\d{1,18}$/.test(step)) return undefined;
  return historyColumn({ fn, key: metric.key, step: fn === 'at' ? step : undefined });
}

/** The names of runs are no column of the chooser, but filters know them. */
const columnOf = (code: string): ColumnCode | undefined =>
  code === 'a.run_name' ? { kind: 'a', key: 'run_name' } : parseColumnCode(code);

function labelOf(code: string): string {
  if (code === 'a.run_name') return 'Run name';
  const column = parseColumnCode(code);
  return column === undefined ? code : labelOfColumn(column);
}
