import { Select, Skeleton } from '@mantine/core';
import type { Run } from '@slipway/client';
import { diffLines } from 'diff';
import { type ReactNode, useMemo } from 'react';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { ErrorNotice } from '../../ui/states.tsx';
import classes from './compare-page.module.css';
import { useEnvironments } from './compare-queries.ts';
import { type CompareRow, compareRow } from './compare-rows.ts';
import { ENVIRONMENT_FILES } from './packages.ts';

interface CodeTabProps {
  readonly runs: readonly Run[];
  readonly base: number;
  readonly withEqual: boolean;
  readonly other: string | undefined;
  readonly onOther: (runId: string) => void;
  readonly head: (run: Run) => ReactNode;
}

const SOURCE_TAGS: readonly (readonly [tag: string, name: string])[] = [
  ['mlflow.source.git.repoURL', 'Repository'],
  ['mlflow.source.git.branch', 'Branch'],
  ['mlflow.source.git.commit', 'Commit'],
  ['mlflow.source.name', 'Started from'],
  ['mlflow.source.type', 'Kind of source'],
  ['mlflow.project.entryPoint', 'Entry point'],
];

/** Where the code came from and what it ran with: packages by version, and the files that say so, line by line. */
export function CodeTab({ runs, base, withEqual, other, onOther, head }: CodeTabProps) {
  const environments = useEnvironments(runs);
  const failed = environments.find(({ error }) => error);
  const isPending = environments.some((one) => one.isPending);
  const source = SOURCE_TAGS.map(([tag, name]) =>
    compareRow(
      name,
      runs.map(({ tags }) => tags[tag]),
      base,
    ),
  ).filter(({ cells }) => cells.some(({ text }) => text !== undefined));
  const found = environments.map(({ data }) => data?.packages ?? {});
  const names = [...new Set(found.flatMap((packages) => Object.keys(packages)))].sort();
  const packages = names
    .map((name) =>
      compareRow(
        name,
        found.map((one) => one[name]),
        base,
      ),
    )
    .filter(({ isDifferent }) => withEqual || isDifferent);
  const against = Math.max(0, other === undefined ? -1 : runs.findIndex(({ runId }) => runId === other));
  const right = against === base ? (base === 0 ? 1 : 0) : against;
  const [left, second] = [environments[base]?.data, environments[right]?.data];
  const files = ENVIRONMENT_FILES.filter(
    (name) => left?.files[name] !== undefined || second?.files[name] !== undefined,
  );
  return (
    <div className={classes.code}>
      <FactTable
        title="Source"
        runs={runs}
        rows={source}
        head={head}
        empty="None of these runs says where its code came from."
      />
      {failed && (
        <ErrorNotice
          error={failed.error}
          what="An environment could not be read"
          onRetry={() => void failed.refetch()}
        />
      )}
      {isPending ? (
        <Skeleton height={160} />
      ) : (
        <FactTable
          title={withEqual ? 'Packages' : 'Packages that differ'}
          runs={runs}
          rows={packages}
          head={head}
          empty={
            names.length === 0
              ? 'No run has a requirements.txt, conda.yaml or python_env.yaml.'
              : `All ${names.length} packages are the same.`
          }
        />
      )}
      {files.length > 0 && runs.length > 1 && (
        <section>
          <div className={classes.tools}>
            <h2>Files</h2>
            <span className="dim" dir="auto">
              {runs[base]?.name} against
            </span>
            <Select
              size="xs"
              aria-label="The run held against the baseline"
              data={runs
                .filter((_, i) => i !== base)
                .map(({ runId, name }) => ({ value: runId, label: name || runId }))}
              value={runs[right]?.runId ?? null}
              allowDeselect={false}
              onChange={(value) => value !== null && onOther(value)}
            />
          </div>
          {files.map((name) => (
            <FileDifference
              key={name}
              name={name}
              before={left?.files[name] ?? ''}
              after={second?.files[name] ?? ''}
            />
          ))}
        </section>
      )}
    </div>
  );
}

interface FactTableProps {
  readonly title: string;
  readonly runs: readonly Run[];
  readonly rows: readonly CompareRow[];
  readonly head: (run: Run) => ReactNode;
  readonly empty: string;
}

function FactTable({ title, runs, rows, head, empty }: FactTableProps) {
  return (
    <section>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className="dim">{empty}</p>
      ) : (
        <section className={classes.scroll} {...scrollRegion} aria-label={title}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col" className={classes.keyHead}>
                  <span className="visually-hidden">Name</span>
                </th>
                {runs.map((run) => (
                  <th key={run.runId} scope="col">
                    {head(run)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.key}>
                  <th scope="row">{row.key}</th>
                  {row.cells.map((cell, i) => (
                    <td key={i} className="mono" data-changed={cell.isChanged || undefined} title={cell.full}>
                      {cell.text ?? <span className="dim">–</span>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

const SIGNS = { added: '+', removed: '−', same: ' ' } as const;

/** A file of two runs, line by line. */
function FileDifference({
  name,
  before,
  after,
}: {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}) {
  const lines = useMemo(
    () =>
      diffLines(before, after).flatMap(({ value, added, removed }) => {
        const kind: keyof typeof SIGNS = added ? 'added' : removed ? 'removed' : 'same';
        return value
          .replace(/\n$/, '')
          .split('\n')
          .map((text) => ({ text, kind }));
      }),
    [before, after],
  );
  if (before === after) {
    return (
      <p className="dim">
        <span className="mono">{name}</span>: no difference
      </p>
    );
  }
  return (
    <figure className={classes.difference}>
      <figcaption className="mono">{name}</figcaption>
      <pre {...scrollRegion}>
        {lines.map(({ text, kind }, i) => (
          <span key={i} className={classes.line} data-kind={kind}>
            {SIGNS[kind]} {text}
            {'\n'}
          </span>
        ))}
      </pre>
    </figure>
  );
}
