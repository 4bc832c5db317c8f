import { Button } from '@mantine/core';
import type { ArtifactEntry } from '@slipway/client';
import { Link, type LinkProps } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Download } from 'lucide-react';
import { useRef } from 'react';
import { renderBytes, renderCount } from '../ui/numbers.ts';
import type { ArtifactPlace } from './artifact-browser.tsx';
import { type ArtifactOwner, folderZipUrl } from './artifact-owner.ts';
import classes from './artifact-view.module.css';
import { FileIcon } from './file-icon.tsx';
import listClasses from './folder-view.module.css';
import { nameOf } from './kinds.ts';

interface FolderViewProps {
  readonly owner: ArtifactOwner;
  readonly path: string;
  readonly entries: readonly ArtifactEntry[];
  readonly linkTo: (place: ArtifactPlace) => LinkProps;
}

const ROW_HEIGHT = 32;

/** What lies in a folder, when no file is chosen. */
export function FolderView({ owner, path, entries, linkTo }: FolderViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  const files = entries.filter(({ isFolder }) => !isFolder);
  const bytes = files.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
  const folderCount = entries.length - files.length;
  const facts = [
    ...(folderCount > 0 ? [`${renderCount(folderCount)} ${folderCount === 1 ? 'folder' : 'folders'}`] : []),
    ...(files.length > 0
      ? [`${renderCount(files.length)} ${files.length === 1 ? 'file' : 'files'}, ${renderBytes(bytes)}`]
      : []),
  ];
  return (
    <>
      <header className={classes.head}>
        <h2 className={classes.title} dir="auto">
          {path === '' ? 'All files' : nameOf(path)}
        </h2>
        <span className={classes.facts}>{facts.join(' · ')}</span>
        <Button
          component="a"
          className={classes.link}
          href={folderZipUrl(owner, path)}
          download
          size="compact-sm"
          variant="default"
          leftSection={<Download size={14} aria-hidden />}
        >
          {path === '' ? 'Download all as zip' : 'Download as zip'}
        </Button>
      </header>
      <div ref={scroller} className={classes.scroll}>
        <ul className={listClasses.list} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const entry = entries[index]!;
            return (
              <li key={entry.path} className={listClasses.row} style={{ top: start }}>
                <FileIcon path={entry.path} isFolder={entry.isFolder} />
                <Link {...linkTo({ path: entry.path })} className={listClasses.name} dir="auto">
                  {nameOf(entry.path)}
                </Link>
                <span className={listClasses.size}>
                  {entry.sizeBytes === undefined ? '' : renderBytes(entry.sizeBytes)}
                </span>
              </li>
            );
          })}
        </ul>
      </div>
    </>
  );
}
