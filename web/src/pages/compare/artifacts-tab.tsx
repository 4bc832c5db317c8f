import { Select, Skeleton, Slider } from '@mantine/core';
import type { ArtifactEntry, Run } from '@slipway/client';
import { useQueries } from '@tanstack/react-query';
import { CornerLeftUp, FolderOpen } from 'lucide-react';
import type { ReactNode } from 'react';
import { EmptyState } from '../../ui/states.tsx';
import { type ArtifactOwner, viewUrl } from '../../viewers/artifact-owner.ts';
import { folderQuery } from '../../viewers/artifact-queries.ts';
import { FileIcon } from '../../viewers/file-icon.tsx';
import { FileView } from '../../viewers/file-view.tsx';
import { folderOf, nameOf } from '../../viewers/kinds.ts';
import { type ImageSeries, imageSeries, type SteppedImage } from '../../viewers/stepped-names.ts';
import classes from './compare-page.module.css';

interface Place {
  readonly folder: string;
  readonly file: string | undefined;
  readonly step: number | undefined;
}

interface ArtifactsTabProps {
  readonly runs: readonly Run[];
  readonly place: Place;
  readonly onPlace: (place: Place) => void;
  readonly head: (run: Run) => ReactNode;
}

const STEPPED = 'step:';

/** The files of runs by the same path, side by side; pictures that were logged step by step at one step. */
export function ArtifactsTab({ runs, place, onPlace, head }: ArtifactsTabProps) {
  const { folder, file, step } = place;
  const folders = useQueries({ queries: runs.map(({ runId }) => folderQuery({ runId }, folder)) });
  const isPending = folders.some((one) => one.isPending);
  const entriesOf = folders.map(({ data }) => data?.entries ?? []);
  const series = entriesOf.map((entries) => imageSeries(entries.map(({ path }) => path)));
  const rows = mergeEntries(entriesOf, series);
  const go = (next: Partial<Place>) => onPlace({ ...place, ...next });
  return (
    <div className={classes.artifacts}>
      <nav className={classes.files} aria-label="Artifacts of the runs">
        {folder !== '' && (
          <button
            type="button"
            className={classes.file}
            onClick={() => go({ folder: folderOf(folder), file: undefined, step: undefined })}
          >
            <CornerLeftUp size={14} aria-hidden /> {folderOf(folder) || 'All artifacts'}
          </button>
        )}
        {isPending && <Skeleton height={160} />}
        {rows.map(({ id, label, path, isFolder, count }) => (
          <button
            key={id}
            type="button"
            className={classes.file}
            aria-current={id === file || undefined}
            onClick={() =>
              isFolder
                ? go({ folder: path, file: undefined, step: undefined })
                : go({ file: id, step: undefined })
            }
          >
            <FileIcon path={path} isFolder={isFolder} />
            <span className={classes.fileName} title={label} dir="auto">
              {label}
            </span>
            {!isPending && count < runs.length && (
              <span className={classes.fileCount} title={`${count} of ${runs.length} runs have it`}>
                {count}/{runs.length}
              </span>
            )}
          </button>
        ))}
        {!isPending && rows.length === 0 && <p className="dim">No artifacts</p>}
      </nav>
      {file === undefined ? (
        <EmptyState icon={FolderOpen} title="Choose a file to see it side by side">
          Files at the same path are shown next to each other, and pictures with a slider over their steps.
        </EmptyState>
      ) : file.startsWith(STEPPED) ? (
        <Stepped
          runs={runs}
          series={series.map((all) => all.find(({ key }) => key === file.slice(STEPPED.length)))}
          step={step}
          onStep={(next) => go({ step: next })}
          head={head}
        />
      ) : (
        <div
          className={classes.columns}
          style={{ gridTemplateColumns: `repeat(${runs.length}, minmax(320px, 1fr))` }}
        >
          {runs.map((run, i) => {
            const entry = entriesOf[i]!.find(({ path }) => path === file);
            return (
              <section
                key={run.runId}
                className={classes.column}
                aria-label={`${nameOf(file)} of ${run.name}`}
              >
                {head(run)}
                <div className={classes.viewer}>
                  {entry === undefined ? (
                    <p className={classes.nothing}>
                      {folders[i]!.isPending ? 'Reading…' : 'This run has no such file'}
                    </p>
                  ) : (
                    <FileView
                      owner={{ runId: run.runId }}
                      path={entry.path}
                      sizeBytes={entry.sizeBytes ?? 0}
                    />
                  )}
                </div>
              </section>
            );
          })}
        </div>
      )}
    </div>
  );
}

interface MergedEntry {
  readonly id: string;
  readonly label: string;
  readonly path: string;
  readonly isFolder: boolean;
  /** Runs that have it. */
  readonly count: number;
}

/** What lies in the folders of several runs, each name once; the many files of a series of pictures are one entry. */
function mergeEntries(
  folders: readonly (readonly ArtifactEntry[])[],
  series: readonly (readonly ImageSeries[])[],
): readonly MergedEntry[] {
  const merged = new Map<string, MergedEntry>();
  const add = (id: string, entry: Omit<MergedEntry, 'id' | 'count'>) => {
    merged.set(id, { ...entry, id, count: (merged.get(id)?.count ?? 0) + 1 });
  };
  for (const [i, entries] of folders.entries()) {
    const inSeries = new Set(
      series[i]!.flatMap(({ images }) => images.flatMap(({ path, smallPath }) => [path, smallPath])),
    );
    for (const { key, images } of series[i]!) {
      add(`${STEPPED}${key}`, { label: `${key} (by step)`, path: images[0]!.path, isFolder: false });
    }
    for (const { path, isFolder } of entries) {
      if (!inSeries.has(path)) add(path, { label: nameOf(path), path, isFolder });
    }
  }
  return [...merged.values()].sort(
    (a, b) => Number(b.isFolder) - Number(a.isFolder) || compareNames(a.label, b.label),
  );
}

const compareNames = new Intl.Collator('en', { numeric: true }).compare;

interface SteppedProps {
  readonly runs: readonly Run[];
  readonly series: readonly (ImageSeries | undefined)[];
  readonly step: number | undefined;
  readonly onStep: (step: number) => void;
  readonly head: (run: Run) => ReactNode;
}

/** A picture of each run at a step: the run's latest one up to there. */
function Stepped({ runs, series, step, onStep, head }: SteppedProps) {
  const steps = [...new Set(series.flatMap((one) => one?.images.map((image) => image.step) ?? []))].sort(
    (a, b) => a - b,
  );
  const shown = step ?? steps.at(-1) ?? 0;
  const index = Math.max(
    0,
    steps.findLastIndex((one) => one <= shown),
  );
  return (
    <div className={classes.stepped}>
      <div className={classes.stepBar}>
        <span className="numeric">Step {shown.toLocaleString('en-US')}</span>
        <Slider
          className={classes.stepSlider}
          size="sm"
          min={0}
          max={Math.max(1, steps.length - 1)}
          step={1}
          value={index}
          disabled={steps.length < 2}
          // It stands beside the slider.
          label={null}
          thumbLabel="Step"
          thumbValueText={(place) => `Step ${steps[place]?.toLocaleString('en-US') ?? ''}`}
          onChange={(place) => steps[place] !== undefined && onStep(steps[place])}
        />
        <Select
          size="xs"
          w={110}
          aria-label="Step"
          data={steps.map(String)}
          value={String(steps[index] ?? '')}
          allowDeselect={false}
          searchable
          limit={200}
          onChange={(value) => value !== null && onStep(Number(value))}
        />
      </div>
      <div className={classes.pictures}>
        {runs.map((run, i) => {
          const image = series[i]?.images.findLast((one) => one.step <= shown);
          return (
            <figure key={run.runId} className={classes.picture}>
              {head(run)}
              <PictureAt
                owner={{ runId: run.runId }}
                image={image}
                wanted={shown}
                label={`${series[i]?.key ?? 'Picture'} of ${run.name}`}
              />
            </figure>
          );
        })}
      </div>
    </div>
  );
}

interface PictureAtProps {
  readonly owner: ArtifactOwner;
  readonly image: SteppedImage | undefined;
  readonly wanted: number;
  readonly label: string;
}

function PictureAt({ owner, image, wanted, label }: PictureAtProps) {
  if (image === undefined) return <p className={classes.nothing}>No picture up to this step</p>;
  return (
    <>
      <img
        className={classes.image}
        src={viewUrl(owner, image.path)}
        alt={`${label} at step ${image.step}`}
      />
      {image.step !== wanted && (
        <figcaption className="dim">Step {image.step.toLocaleString('en-US')}</figcaption>
      )}
    </>
  );
}
