import { Button } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { Box, Download, FlaskConical } from 'lucide-react';
import { useState } from 'react';
import { ErrorNotice } from '../ui/states.tsx';
import classes from './artifact-browser.module.css';
import { type ArtifactOwner, folderZipUrl, ownerKey } from './artifact-owner.ts';
import { folderQuery } from './artifact-queries.ts';
import { ArtifactTree } from './artifact-tree.tsx';
import { ArtifactView } from './artifact-view.tsx';
import { foldersAbove, type TreeRow, treeRows } from './tree-rows.ts';

/** What of the artifacts is shown; the address of the page holds it. */
export interface ArtifactPlace {
  /** Of a file or a folder; empty for the root. */
  readonly path: string;
  /** In a folder of pictures that were logged step by step: the key of the series. */
  readonly series?: string | undefined;
}

export interface ArtifactSection {
  readonly id: string;
  readonly label: string;
  readonly owner: ArtifactOwner;
}

interface ArtifactBrowserProps {
  /** Whose files; more than one where a run's logged models stand beside its own files. */
  readonly sections: readonly ArtifactSection[];
  readonly section: string;
  readonly place: ArtifactPlace;
  readonly linkTo: (section: string, place: ArtifactPlace) => LinkProps;
  /** Python that would fill the place, for when it is empty. */
  readonly emptyCode: string;
}

/** Files at the left, the chosen one at the right. */
export function ArtifactBrowser({ sections, section, place, linkTo, emptyCode }: ArtifactBrowserProps) {
  const current = sections.find(({ id }) => id === section) ?? sections[0]!;
  return (
    <div className={classes.browser}>
      <aside className={classes.side} aria-label="Files">
        {sections.length > 1 && <SectionList sections={sections} current={current} linkTo={linkTo} />}
        <FileTree
          key={ownerKey(current.owner)}
          section={current}
          place={place}
          linkTo={(target) => linkTo(current.id, target)}
        />
      </aside>
      <section className={classes.main} aria-label="File">
        <ArtifactView
          key={`${ownerKey(current.owner)} ${place.path}`}
          owner={current.owner}
          place={place}
          linkTo={(target) => linkTo(current.id, target)}
          emptyCode={emptyCode}
        />
      </section>
    </div>
  );
}

interface SectionListProps extends Pick<ArtifactBrowserProps, 'sections' | 'linkTo'> {
  readonly current: ArtifactSection;
}

function SectionList({ sections, current, linkTo }: SectionListProps) {
  return (
    <nav className={classes.sections} aria-label="Whose files">
      {sections.map(({ id, label, owner }) => {
        const Icon = 'runId' in owner ? FlaskConical : Box;
        return (
          <Link
            key={id}
            {...linkTo(id, { path: '' })}
            className={classes.section}
            activeOptions={{ exact: true }}
            data-current={id === current.id || undefined}
            aria-current={id === current.id ? 'true' : undefined}
          >
            <Icon size={15} aria-hidden />
            <span dir="auto">{label}</span>
          </Link>
        );
      })}
    </nav>
  );
}

interface FileTreeProps {
  readonly section: ArtifactSection;
  readonly place: ArtifactPlace;
  readonly linkTo: (place: ArtifactPlace) => LinkProps;
}

function FileTree({ section: { owner, label }, place, linkTo }: FileTreeProps) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const onTheWay = new Set([...foldersAbove(place.path), place.path]);
  const isOpen = (path: string) => toggled.get(path) ?? onTheWay.has(path);
  const open = [
    '',
    ...new Set([...onTheWay, ...toggled.keys()].filter((path) => path !== '' && isOpen(path))),
  ];
  const folders = useQueries({
    queries: open.map((path) => folderQuery(owner, path)),
  });
  const byPath = new Map(open.map((path, i) => [path, folders[i]!]));
  const rows = treeRows((path) => {
    const folder = byPath.get(path);
    return (
      folder && {
        entries: folder.data?.entries,
        isCut: folder.data?.isCut ?? false,
        hasFailed: folder.isError,
      }
    );
  }, isOpen);
  const root = byPath.get('')!;
  if (root.isError)
    return (
      <div className={classes.failure}>
        <ErrorNotice
          error={root.error}
          what="The files could not be listed"
          onRetry={() => void root.refetch()}
        />
      </div>
    );
  if (root.data?.entries.length === 0) return <p className={classes.nothing}>No files</p>;
  const selected = place.series === undefined ? place.path : `${place.path}?${place.series}`;
  return (
    <>
      <ArtifactTree
        label={label}
        rows={rows}
        selected={selected}
        linkTo={(row) => linkTo(placeOf(row))}
        onToggle={(path, isNowOpen) => setToggled(new Map(toggled).set(path, isNowOpen))}
      />
      <div className={classes.foot}>
        <Button
          component="a"
          className={classes.link}
          href={folderZipUrl(owner)}
          download
          size="compact-sm"
          variant="subtle"
          color="gray"
          leftSection={<Download size={14} aria-hidden />}
        >
          Download all as zip
        </Button>
      </div>
    </>
  );
}

function placeOf({ kind, path, name }: TreeRow): ArtifactPlace {
  // A series stands in its folder: `images?samples`.
  if (kind === 'series') return { path: path.slice(0, path.length - name.length - 1), series: name };
  return { path };
}
