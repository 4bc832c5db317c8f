import { useQuery } from '@tanstack/react-query';
import type { LinkProps } from '@tanstack/react-router';
import { FileQuestion, FolderOpen } from 'lucide-react';
import { EmptyState, ErrorNotice } from '../ui/states.tsx';
import type { ArtifactPlace } from './artifact-browser.tsx';
import type { ArtifactOwner } from './artifact-owner.ts';
import { folderQuery, useEntry } from './artifact-queries.ts';
import classes from './artifact-view.module.css';
import { FileView } from './file-view.tsx';
import { FolderView } from './folder-view.tsx';
import { SteppedImagesView } from './stepped-images-view.tsx';
import { imageSeries } from './stepped-names.ts';
import { Waiting } from './waiting.tsx';

interface ArtifactViewProps {
  readonly owner: ArtifactOwner;
  readonly place: ArtifactPlace;
  readonly linkTo: (place: ArtifactPlace) => LinkProps;
  readonly emptyCode: string;
}

/** The chosen file, folder or series of pictures. */
export function ArtifactView(props: ArtifactViewProps) {
  const { owner, place, linkTo } = props;
  if (place.path === '') return <ChosenFolder {...props} />;
  return <ChosenEntry owner={owner} place={place} linkTo={linkTo} />;
}

function ChosenEntry({ owner, place, linkTo }: Omit<ArtifactViewProps, 'emptyCode'>) {
  const entry = useEntry(owner, place.path);
  if (entry.isError) {
    return (
      <div className={classes.padded}>
        <ErrorNotice
          error={entry.error}
          what="The file could not be read"
          onRetry={() => void entry.refetch()}
        />
      </div>
    );
  }
  if (entry.data === undefined) return <Waiting />;
  if (entry.data === null) {
    return (
      <EmptyState icon={FileQuestion} title="There is no such file">
        <p>
          <span className="mono" dir="auto">
            {place.path}
          </span>{' '}
          is not among the artifacts: it may have been deleted, or was not logged yet.
        </p>
      </EmptyState>
    );
  }
  if (entry.data.isFolder) return <ChosenFolder owner={owner} place={place} linkTo={linkTo} emptyCode="" />;
  return <FileView owner={owner} path={place.path} sizeBytes={entry.data.sizeBytes ?? 0} />;
}

function ChosenFolder({ owner, place, linkTo, emptyCode }: ArtifactViewProps) {
  const folder = useQuery(folderQuery(owner, place.path));
  if (folder.data === undefined) return folder.isError ? null : <Waiting />;
  const { entries } = folder.data;
  if (entries.length === 0) {
    return (
      <EmptyState icon={FolderOpen} title="No artifacts yet" code={emptyCode}>
        <p>Files, pictures, tables and models that are logged appear here.</p>
      </EmptyState>
    );
  }
  const series = imageSeries(entries.filter(({ isFolder }) => !isFolder).map(({ path }) => path));
  const isSeriesChosen = series.some(({ key }) => key === place.series);
  if (isSeriesChosen || (series.length > 0 && place.path !== '')) {
    return <SteppedImagesView owner={owner} folder={place.path} series={series} chosen={place.series} />;
  }
  return <FolderView owner={owner} path={place.path} entries={entries} linkTo={linkTo} />;
}
