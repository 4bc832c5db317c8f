import type { Run } from '@slipway/client';
import type { TableVersion } from '../../data/models.ts';
import { metricOf } from '../../registry/metric-deltas.ts';
import type { Requirements } from '../../registry/requirements.ts';
import type { Mlmodel, SignatureField } from '../../viewers/mlmodel.ts';

export interface ComparisonRow {
  readonly key: string;
  /** In the order of the versions; undefined where one has no such thing. */
  readonly values: readonly (string | number | undefined)[];
  readonly isDifferent: boolean;
}

export interface ComparisonGroup {
  readonly title: string;
  readonly kind: 'facts' | 'metrics' | 'params' | 'signature' | 'packages' | 'tags';
  readonly rows: readonly ComparisonRow[];
}

/** A version with what is known of where it came from and of its files; undefined while that is read, and where it is not. */
export interface ComparedVersion {
  readonly version: TableVersion;
  readonly run: Run | undefined;
  readonly mlmodel: Mlmodel | undefined;
  readonly requirements: Requirements | undefined;
}

/** What there is to compare of versions, of their runs and of their files. Groups with nothing in them are left out. */
export function comparisonGroups(compared: readonly ComparedVersion[]): readonly ComparisonGroup[] {
  const fact = (key: string, of: (version: ComparedVersion) => string | undefined): ComparisonRow =>
    row(key, compared.map(of));
  const groups: readonly ComparisonGroup[] = [
    {
      title: 'Version',
      kind: 'facts',
      rows: [
        fact('Aliases', ({ version }) => version.aliases?.join(', ')),
        fact('Stage', ({ version }) => version.current_stage),
        fact('Source run', ({ version }) => version.source_run?.run_name),
        fact('Registered by', ({ version }) => version.user_id || undefined),
        fact('Description', ({ version }) => version.description || undefined),
        fact('Flavors', ({ mlmodel }) =>
          mlmodel?.flavors.map(({ name, version }) => (version ? `${name} ${version}` : name)).join(', '),
        ),
        fact('Commit', ({ run }) => run?.tags['mlflow.source.git.commit']),
        fact('Code', ({ run }) => run?.tags['mlflow.source.name']),
      ].filter(({ values }) => values.some((value) => value !== undefined)),
    },
    { title: 'Metrics', kind: 'metrics', rows: keyed(compared.map(metricsOf)) },
    {
      title: 'Params',
      kind: 'params',
      rows: keyed(compared.map(({ run }) => new Map(Object.entries(run?.params ?? {})))),
    },
    { title: 'Signature', kind: 'signature', rows: keyed(compared.map(signatureOf), { isSorted: false }) },
    {
      title: 'Environment',
      kind: 'packages',
      rows: keyed(compared.map(packagesOf)),
    },
    {
      title: 'Tags',
      kind: 'tags',
      rows: keyed(
        compared.map(({ version }) => new Map((version.tags ?? []).map(({ key, value }) => [key, value]))),
      ),
    },
  ];
  return groups.filter(({ rows }) => rows.length > 0);
}

/** What was measured of the version, and whatever else its run has. */
function metricsOf({ version, run }: ComparedVersion): ReadonlyMap<string, number> {
  const ofRun = Object.entries(run?.metrics ?? {}).map(([key, { value }]) => [key, value] as const);
  const own = Object.keys(version.metrics ?? {}).flatMap((key) => {
    const value = metricOf(version, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return new Map([...ofRun, ...own]);
}

function signatureOf({ mlmodel }: ComparedVersion): ReadonlyMap<string, string> {
  const { inputs = [], outputs = [], params = [] } = mlmodel?.signature ?? {};
  const named = (word: string, fields: readonly SignatureField[]) =>
    fields.map(({ name, type, isRequired }, i) => {
      const key = `${word} ${name ?? (fields.length > 1 ? i + 1 : '')}`.trim();
      return [key, isRequired ? type : `${type}, optional`] as const;
    });
  return new Map([...named('input', inputs), ...named('output', outputs), ...named('param', params)]);
}

function packagesOf({ mlmodel, requirements }: ComparedVersion): ReadonlyMap<string, string> {
  return new Map([
    ...(mlmodel?.pythonVersion === undefined ? [] : [['python', mlmodel.pythonVersion] as const]),
    ...[...(requirements ?? [])].map(([name, wanted]) => [name, wanted || 'any'] as const),
  ]);
}

function keyed(
  maps: readonly ReadonlyMap<string, string | number>[],
  { isSorted = true }: { readonly isSorted?: boolean } = {},
): readonly ComparisonRow[] {
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  if (isSorted) keys.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return keys.map((key) =>
    row(
      key,
      maps.map((map) => map.get(key)),
    ),
  );
}

function row(key: string, values: readonly (string | number | undefined)[]): ComparisonRow {
  return { key, values, isDifferent: values.some((value) => !Object.is(value, values[0])) };
}
